// The engine drops offline_access from a request whose prompt does not contain consent. Our rule is
// another one: an application that registered the grant and asks for it gets a refresh token.
import type { Client, KoaContextWithOIDC } from "oidc-provider";

const OFFLINE = "offline_access";

// Puts the scope back that the request asked for. Runs after the engine has dropped it.
export function restoreOfflineAccess(ctx: KoaContextWithOIDC, client: Client): void {
  const { params } = ctx.oidc;
  if (params === undefined || !client.grantTypeAllowed("refresh_token")) return;
  if (client.scope !== undefined && !client.scope.split(" ").includes(OFFLINE)) return;

  const scopes = typeof params.scope === "string" ? params.scope.split(" ") : [];
  if (scopes.includes(OFFLINE) || !askedScope(ctx).split(" ").includes(OFFLINE)) return;
  params.scope = [...scopes, OFFLINE].join(" ");
}

// The scope as the application wrote it: in the pushed request, the request object, the form, or the query.
function askedScope(ctx: KoaContextWithOIDC): string {
  const sent = ctx.method === "POST" ? (ctx.oidc.body ?? {}) : ctx.query;
  const pushed = ctx.oidc.entities.PushedAuthorizationRequest?.request;
  const request = pushed ?? stringOf(sent.request);
  return request === "" ? stringOf(sent.scope) : scopeOfRequest(request);
}

// A request object (RFC 9101), which is checked by now, and holds all of the request; or a pushed request, which the engine
// keeps as an unsigned JWT (RFC 7519, 6) of its own making.
function scopeOfRequest(request: string): string {
  const payload: unknown = JSON.parse(
    Buffer.from(request.split(".")[1] ?? "", "base64url").toString(),
  );
  const named = typeof payload === "object" && payload !== null && "scope" in payload;
  return named ? stringOf(payload.scope) : "";
}

function stringOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
