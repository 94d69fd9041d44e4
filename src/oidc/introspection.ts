// Introspection (RFC 7662): a client asks about its own tokens, a resource server about those that were issued for it.
import type { Context, Next } from "koa";
import type { Client, KoaContextWithOIDC } from "oidc-provider";
import type { Storage } from "../ports/storage.ts";
import { findAccount, userOf } from "./accounts.ts";
import { claimsOf } from "./claims.ts";
import type { EngineEvents } from "./events.ts";

interface IntrospectionDeps {
  readonly storage: Pick<Storage, "resources" | "users">;
  readonly events: EngineEvents;
}

// What of a token is looked at here.
interface TokenLike {
  readonly clientId?: string | undefined;
  readonly accountId?: unknown;
  readonly aud?: unknown;
}

// Whether a client is told of a token: one of its own, or for the resource server that it is, and only while its user is
// active and it is younger than the user's last change of credentials.
export async function mayIntrospect(
  { storage, events }: IntrospectionDeps,
  ctx: KoaContextWithOIDC,
  client: Client,
  token: TokenLike,
): Promise<boolean> {
  const refuse = (because: string) => {
    refused(events, client.clientId, because);
    return false;
  };
  if (token.clientId !== client.clientId && !(await isFor(storage, client, token))) {
    return refuse("not-for-this-client");
  }
  if (typeof token.accountId !== "string") return true;
  const account = await findAccount(storage, ctx, token.accountId, token);
  if (account === undefined) return refuse("user-gone-or-changed");
  ctx.oidc.entity("Account", account);
  return true;
}

// Around the engine's answer: names the user in it, as far as the scope allows, and logs a token that is nobody's.
export function completeIntrospection({ events }: Pick<IntrospectionDeps, "events">) {
  return async (ctx: Context, next: Next): Promise<void> => {
    await next();
    const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>;
    if (oidc?.route !== "introspection" || ctx.status !== 200 || oidc.client === undefined) return;
    const { AccessToken, RefreshToken, ClientCredentials } = oidc.entities;
    const token = AccessToken ?? RefreshToken ?? ClientCredentials;
    if (token === undefined) return refused(events, oidc.client.clientId, "unknown-or-expired");
    const body: unknown = ctx.body;
    if (typeof body === "object" && body !== null && "active" in body && body.active === true) {
      ctx.body = { ...body, ...namesOf(oidc, oidc.client, token.scope ?? "") };
    }
  };
}

// An API that is registered may have another audience than its URI.
async function isFor(
  { resources }: Pick<Storage, "resources">,
  { resource_server: resource }: Client,
  { aud }: TokenLike,
): Promise<boolean> {
  if (typeof resource !== "string") return false;
  const api = await resources.find(resource);
  return [aud].flat().includes(api?.audience ?? resource);
}

// `username` is a member of RFC 7662 (2.2): for people to read, as `sub` is not.
function namesOf(oidc: KoaContextWithOIDC["oidc"], client: Client, granted: string): object {
  const user = userOf(oidc.account);
  if (user === null) return {};
  const asker = (client.scope ?? "").split(" ");
  const allowed = granted.split(" ").filter((scope) => asker.includes(scope));
  const claims = claimsOf(user, { allowed: allowed.join(" "), granted });
  const { preferred_username: username = claims.email, email, email_verified } = claims;
  return { username, email, email_verified };
}

function refused(events: EngineEvents, clientId: string, because: string): void {
  events.happened({ event: "introspection.refused", clientId, userId: null, because });
}
