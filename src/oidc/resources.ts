// Resource servers (RFC 8707): an application may ask for tokens for those that it was registered with,
// and gets JWT access tokens (RFC 9068) that say how the user signed in (RFC 9470).

import type { ResourceServer } from "oidc-provider";
import { type AccessToken, type Client, errors, type KoaContextWithOIDC } from "oidc-provider";
import type { Limits } from "../domain/limits.ts";
import type { Storage } from "../ports/storage.ts";

// What a token for this resource looks like; throws invalid_target for one that is not the client's.
export async function resourceServerOf(
  storage: Pick<Storage, "applications">,
  limits: Pick<Limits, "accessTokenLifeSeconds">,
  resource: string,
  client: Client,
): Promise<ResourceServer> {
  const application = await storage.applications.find(client.clientId);
  if (!application?.resources.includes(resource)) throw new errors.InvalidTarget();
  return {
    scope: application.metadata.scope,
    audience: resource,
    accessTokenFormat: (await asksHere(storage, resource)) ? "opaque" : "jwt",
    accessTokenTTL: limits.accessTokenLifeSeconds,
    jwt: { sign: { alg: application.metadata.id_token_signed_response_alg ?? "RS256" } },
  };
}

// Whether there is an application that is this resource server: it asks about its tokens here, and so they are opaque, and
// dead as soon as they are revoked.
async function asksHere(
  { applications }: Pick<Storage, "applications">,
  resource: string,
): Promise<boolean> {
  const all = await applications.list();
  return all.some(({ metadata }) => metadata.resource_server === resource);
}

// The resource that was granted, where it is one, even if it was named twice: a token request need not repeat it. Of
// several the client names the one that it wants a token for.
export function singleOf(granted: readonly string[] | undefined): string | string[] | undefined {
  if (granted === undefined) return undefined;
  const different = [...new Set(granted)];
  return different.length === 1 ? different[0] : different;
}

// acr, amr and auth_time for access tokens, from the code or refresh token that they are issued for.
export function authenticationClaims(
  ctx: KoaContextWithOIDC | undefined,
  token: AccessToken | object,
): Record<string, unknown> | undefined {
  if (ctx === undefined || !("accountId" in token)) return undefined;
  const source = ctx.oidc.entities.RotatedRefreshToken
    ? ctx.oidc.entities.RefreshToken
    : (ctx.oidc.entities.AuthorizationCode ?? ctx.oidc.entities.RefreshToken);
  if (source === undefined) return undefined;
  return { acr: source.acr, amr: source.amr, auth_time: source.authTime };
}
