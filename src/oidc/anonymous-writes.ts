// What somebody who has proved nothing has us store: an interaction, a pushed request of a public client, a session
// that nobody is signed in with. Its size is capped, and http counts how often a network does it.
import { type AdapterPayload, errors, type KoaContextWithOIDC, Provider } from "oidc-provider";
import type { Limits } from "../domain/limits.ts";

// Whether what is to be saved is such a thing.
export function isAnonymousWrite(model: string, payload: AdapterPayload): boolean {
  const oidc = Provider.ctx?.oidc;
  switch (model) {
    case "Interaction":
      return oidc?.route === "authorization";
    case "DeviceCode":
      return oidc?.route === "device_authorization" && oidc.client?.clientAuthMethod === "none";
    case "PushedAuthorizationRequest":
      return oidc?.client?.clientAuthMethod === "none";
    // Of the DPoP proof that comes with a pushed request; elsewhere a grant or a token comes first.
    case "ReplayDetection":
      return (
        oidc?.route === "pushed_authorization_request" && oidc.client?.clientAuthMethod === "none"
      );
    // The engine makes one where it draws a form, and for a cookie whose session is over.
    case "Session":
      return payload.accountId === undefined;
    default:
      return false;
  }
}

// Refuses an authorization request, pushed or not, that is larger than anybody needs.
export function refuseLargeRequest(
  ctx: KoaContextWithOIDC,
  limits: Pick<Limits, "authorizationRequestBytes">,
): void {
  // As it came, and with what a pushed request or a request object says.
  const bytes = Math.max(sizeOf(ctx.oidc.body ?? ctx.query), sizeOf(ctx.oidc.params));
  if (bytes <= limits.authorizationRequestBytes) return;
  throw new errors.InvalidRequest("the authorization request is too large");
}

function sizeOf(fields: object | undefined): number {
  return Object.entries(fields ?? {})
    .flatMap(([name, value]) => [value].flat().map((each) => [name, each] as const))
    .reduce((bytes, [name, value]) => {
      return typeof value === "string" ? bytes + Buffer.byteLength(name + value) : bytes;
    }, 0);
}
