// What the discovery document says (OpenID Connect Discovery, 3; RFC 8414): the scopes and claims that an application
// can get which an administrator registered without saying anything about them, and not all that there are.
import type { Context, Next } from "koa";
import type { KoaContextWithOIDC } from "oidc-provider";
import { DEFAULT_SCOPE } from "../domain/application.ts";
import { isAllowed } from "./claims.ts";

// Around the engine's answer.
export async function discoverDefaults(ctx: Context, next: Next): Promise<void> {
  await next();
  const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>;
  if (oidc?.route !== "discovery" || ctx.status !== 200) return;
  const scopes = DEFAULT_SCOPE.split(" ");
  ctx.body = {
    ...(ctx.body as object),
    scopes_supported: scopes,
    claims_supported: claimsIn(ctx.body).filter((claim) => isAllowed(claim, DEFAULT_SCOPE)),
  };
}

function claimsIn(body: unknown): string[] {
  const { claims_supported: claims } = body as { claims_supported?: unknown };
  return Array.isArray(claims) ? claims.map(String) : [];
}
