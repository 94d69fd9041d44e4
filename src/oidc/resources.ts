// Resource servers (RFC 8707): an application may ask for tokens for those that it was registered with,
// and gets JWT access tokens (RFC 9068) that say how the user signed in (RFC 9470).

import type { ResourceServer } from "oidc-provider";
import { type AccessToken, type Client, errors, type KoaContextWithOIDC } from "oidc-provider";
import type { Limits } from "../domain/limits.ts";
import type { Storage } from "../ports/storage.ts";
import { userOf } from "./accounts.ts";
import { claimsOf } from "./claims.ts";

// What a token for this resource looks like; throws invalid_target for one that is not the client's. Of an API that is
// registered the application gets the scopes that both have.
export async function resourceServerOf(
  storage: Pick<Storage, "applications" | "resources">,
  limits: Pick<Limits, "accessTokenLifeSeconds">,
  resource: string,
  client: Client,
): Promise<ResourceServer> {
  const application = await storage.applications.find(client.clientId);
  if (!application?.resources.includes(resource)) throw new errors.InvalidTarget();
  const { scope, id_token_signed_response_alg: alg = "RS256" } = application.metadata;
  const api = await storage.resources.find(resource);
  const known = scope.split(" ").filter((each) => api?.scopes.includes(each));
  return {
    scope: api === null ? scope : known.join(" "),
    audience: api?.audience ?? resource,
    accessTokenFormat: (await asksHere(storage, resource)) ? "opaque" : "jwt",
    accessTokenTTL: limits.accessTokenLifeSeconds,
    jwt: { sign: { alg } },
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

// The resource of a request that names none.
export async function defaultResourceOf(
  storage: Pick<Storage, "applications">,
  {
    ctx,
    client,
    granted,
  }: {
    readonly ctx: KoaContextWithOIDC;
    readonly client: Client;
    readonly granted: readonly string[] | undefined;
  },
): Promise<string | string[] | undefined> {
  if (granted !== undefined) return singleOf(granted);
  return ctx.oidc.params?.grant_type === "client_credentials"
    ? onlyResourceOf(storage, client)
    : undefined;
}

// The resource that was granted, where it is one, even if it was named twice: a token request need not repeat it. Of
// several the client names the one that it wants a token for.
function singleOf(granted: readonly string[]): string | string[] | undefined {
  const different = [...new Set(granted)];
  return different.length === 1 ? different[0] : different;
}

// Without a user: the only API that the application has. There is no such token for nothing at all.
async function onlyResourceOf(
  storage: Pick<Storage, "applications">,
  client: Client,
): Promise<string | undefined> {
  const [only, another] = (await storage.applications.find(client.clientId))?.resources ?? [];
  if (only === undefined || another !== undefined) {
    throw new errors.InvalidTarget("the request must name a resource");
  }
  return only;
}

// What access tokens say beyond the standard: how the user signed in, and what the API wants to know of them.
export async function tokenClaims(
  storage: Pick<Storage, "resources">,
  ctx: KoaContextWithOIDC | undefined,
  token: AccessToken | object,
): Promise<Record<string, unknown> | undefined> {
  if (ctx === undefined || !("accountId" in token)) return undefined;
  const { entities } = ctx.oidc;
  // The code or refresh token that it is issued for.
  const source = entities.RotatedRefreshToken
    ? entities.RefreshToken
    : (entities.AuthorizationCode ?? entities.DeviceCode ?? entities.RefreshToken);
  if (source === undefined) return undefined;
  return {
    ...(await userClaims(storage, ctx, token, source.scope ?? "")),
    acr: source.acr,
    amr: source.amr,
    auth_time: source.authTime,
  };
}

async function userClaims(
  storage: Pick<Storage, "resources">,
  ctx: KoaContextWithOIDC,
  token: object,
  granted: string,
): Promise<object> {
  const user = userOf(ctx.oidc.account);
  const server = "resourceServer" in token ? token.resourceServer : undefined;
  if (user === null || !isNamed(server)) return {};
  const api = await storage.resources.find(server.identifier());
  const claims = claimsOf(user, { allowed: ctx.oidc.client?.scope ?? "", granted });
  return Object.fromEntries((api?.claims ?? []).map((claim) => [claim, claims[claim]]));
}

// As the engine keeps it in a token.
function isNamed(server: unknown): server is { identifier(): string } {
  return typeof server === "object" && server !== null && "identifier" in server;
}
