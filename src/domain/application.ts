// An application: an OAuth client as it was registered, in the names of RFC 7591, and what is ours.
import type { Instant } from "./time.ts";

export interface ApplicationMetadata {
  readonly client_id: string;
  readonly client_name: string;
  readonly client_secret?: string | undefined;
  readonly client_id_issued_at: number;
  readonly application_type: "web" | "native";
  readonly redirect_uris: readonly string[];
  readonly post_logout_redirect_uris: readonly string[];
  // Shown to users, as addresses of the application's own; the logo is fetched by browsers alone.
  readonly logo_uri?: string | undefined;
  readonly client_uri?: string | undefined;
  readonly policy_uri?: string | undefined;
  readonly tos_uri?: string | undefined;
  readonly backchannel_logout_uri?: string | undefined;
  readonly backchannel_logout_session_required?: boolean | undefined;
  readonly grant_types: readonly string[];
  readonly response_types: readonly "code"[];
  readonly token_endpoint_auth_method: AuthMethod;
  readonly subject_type: "public" | "pairwise";
  readonly sector_identifier_uri?: string | undefined;
  readonly scope: string;
  readonly id_token_signed_response_alg?: "RS256" | "ES256" | undefined;
  readonly default_acr_values?: readonly string[] | undefined;
  readonly default_max_age?: number | undefined;
  readonly require_auth_time?: boolean | undefined;
  readonly require_pushed_authorization_requests?: boolean | undefined;
  // Ours: it is this resource server, and may introspect the tokens that are issued for it.
  readonly resource_server?: string | undefined;
  // Ours: the claims of the granted scopes are in the ID token as well.
  readonly id_token_claims?: boolean | undefined;
  readonly require_signed_request_object?: boolean | undefined;
  readonly dpop_bound_access_tokens?: boolean | undefined;
  // Ours: PKCE although it is confidential.
  readonly require_pkce?: boolean | undefined;
  // Ours: what is held to FAPI 2.0 (Security Profile).
  readonly security_profile?: "fapi2" | undefined;
  readonly jwks_uri?: string | undefined;
  readonly jwks?: { readonly keys: readonly Record<string, unknown>[] } | undefined;
}

export const AUTH_METHODS = [
  "none",
  "client_secret_basic",
  "client_secret_post",
  "private_key_jwt",
] as const;
export type AuthMethod = (typeof AUTH_METHODS)[number];

// How an application may get tokens. The device flow has a long name (RFC 8628, 3.4).
export const GRANT_TYPES = {
  authorization_code: "authorization_code",
  refresh_token: "refresh_token",
  client_credentials: "client_credentials",
  device_code: "urn:ietf:params:oauth:grant-type:device_code",
} as const;
export type GrantName = keyof typeof GRANT_TYPES;

export interface Application {
  readonly id: string;
  readonly metadata: ApplicationMetadata;
  // Whether users are asked for consent; applications that an administrator registers are trusted.
  readonly consent: boolean;
  // The resource servers it may ask tokens for (RFC 8707); their access tokens are JWTs (RFC 9068).
  readonly resources: readonly string[];
  // Its own sentences for texts, by language, with the placeholders of ours.
  readonly texts?: Readonly<Record<string, string>> | undefined;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

export const DEFAULT_SCOPE = "openid profile email phone offline_access";

// The web origins from which this application's scripts may call us: those of its redirect URIs.
export function originsOf(metadata: Pick<ApplicationMetadata, "redirect_uris">): Set<string> {
  const origins = new Set<string>();
  for (const uri of metadata.redirect_uris) {
    const parsed = URL.parse(uri);
    // Custom schemes have the origin "null", which any sandboxed page shares.
    if (parsed !== null && /^https?:$/.test(parsed.protocol)) origins.add(parsed.origin);
  }
  return origins;
}
