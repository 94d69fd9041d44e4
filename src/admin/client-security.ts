// How an application proves who it is and what its requests must be: its keys, PKCE, pushed and signed requests, tokens
// bound to a key; and FAPI 2.0 (Security Profile, 5.3), which is all that matters of these at once.
import type { ApplicationMetadata } from "../domain/application.ts";
import type { ApplicationSettings } from "./application-options.ts";

const FAPI2 = {
  authMethod: "private_key_jwt",
  requirePushedAuthorizationRequests: true,
  requirePkce: true,
  dpop: true,
  idTokenAlg: "ES256",
} as const;

// The settings with what a profile adds to them; what was said otherwise stays, and is refused as a whole.
export function withProfile(settings: ApplicationSettings): ApplicationSettings {
  if (settings.profile !== "fapi2") return settings;
  const said = Object.entries(settings).filter(([, value]) => value !== undefined);
  return { ...FAPI2, ...Object.fromEntries(said) };
}

// The metadata that these settings change.
export function securityOf(settings: ApplicationSettings): Partial<ApplicationMetadata> {
  const { profile, dpop, requirePkce, requireSignedRequest, jwks, jwksUri } = settings;
  const pushed = settings.requirePushedAuthorizationRequests;
  return {
    ...(profile !== undefined && { security_profile: profile === "none" ? undefined : profile }),
    ...(dpop !== undefined && { dpop_bound_access_tokens: dpop || undefined }),
    ...(requirePkce !== undefined && { require_pkce: requirePkce || undefined }),
    ...(requireSignedRequest !== undefined && {
      require_signed_request_object: requireSignedRequest || undefined,
    }),
    ...(pushed !== undefined && { require_pushed_authorization_requests: pushed }),
    // One of the two: the other one goes, unless both are given, which is refused.
    ...((jwks ?? jwksUri) !== undefined && { jwks, jwks_uri: jwksUri ?? undefined }),
  };
}

// What is wrong with it, as a whole; null: nothing.
export function securityProblemOf(metadata: ApplicationMetadata): string | null {
  return keysProblemOf(metadata) ?? profileProblemOf(metadata);
}

function keysProblemOf(metadata: ApplicationMetadata): string | null {
  const { jwks, jwks_uri: uri } = metadata;
  if (jwks !== undefined && uri !== undefined) return "Either the client's keys or their address.";
  if (jwks === undefined && uri === undefined) {
    if (metadata.token_endpoint_auth_method === "private_key_jwt") {
      return "The authentication method private_key_jwt needs the client's keys.";
    }
    return metadata.require_signed_request_object
      ? "Signed requests need the client's keys."
      : null;
  }
  const keys = jwks?.keys ?? [];
  if (keys.some(({ kty }) => kty !== "RSA" && kty !== "EC" && kty !== "OKP")) {
    return "The client's keys must be RSA, EC or OKP keys.";
  }
  return keys.some((key) => Object.hasOwn(key, "d"))
    ? "The client's keys must be public ones; these hold a private key."
    : null;
}

function profileProblemOf(metadata: ApplicationMetadata): string | null {
  if (metadata.security_profile !== "fapi2") return null;
  const held = {
    "the authentication method private_key_jwt":
      metadata.token_endpoint_auth_method === FAPI2.authMethod,
    "pushed requests": metadata.require_pushed_authorization_requests === true,
    PKCE: metadata.require_pkce === true,
    "tokens bound by DPoP": metadata.dpop_bound_access_tokens === true,
    "ID tokens signed with ES256": metadata.id_token_signed_response_alg === FAPI2.idTokenAlg,
  };
  const missing = Object.entries(held).find(([, isHeld]) => !isHeld)?.[0];
  return missing === undefined ? null : `The profile fapi2 needs ${missing}.`;
}
