// What the engine asks about the security of a client: whether it is one of FAPI 2.0, and what it must do.
import { type Client, errors, type KoaContextWithOIDC } from "oidc-provider";

// For the engine's own rules of that profile.
export function fapiProfileOf(_ctx: unknown, client: Client | undefined): "2.0" | undefined {
  return client?.security_profile === "fapi2" ? "2.0" : undefined;
}

// Public clients always (RFC 9700, 2.1.1), others where they were registered so.
export function mustUsePkce(_ctx: unknown, client: Client): boolean {
  return client.clientAuthMethod === "none" || client.require_pkce === true;
}

// FAPI 2.0 Security Profile, 5.3.2.1 and 5.4: the issuer as the only audience, as a string, and no RS256.
export async function checkClientAssertion(
  ctx: KoaContextWithOIDC,
  claims: Readonly<Record<string, unknown>>,
  header: Readonly<Record<string, unknown>>,
  client: Client,
): Promise<void> {
  if (fapiProfileOf(ctx, client) === undefined) return;
  if (claims.aud !== ctx.oidc.issuer) {
    throw new errors.InvalidClientAuth("the audience must be the issuer alone");
  }
  if (header.alg === "RS256") throw new errors.InvalidClientAuth("RS256 is not for this profile");
}
