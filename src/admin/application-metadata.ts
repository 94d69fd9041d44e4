// The metadata of an application (RFC 7591) that an administrator's settings make, checked as a whole.
import { type ApplicationMetadata, DEFAULT_SCOPE } from "../domain/application.ts";
import type { ApplicationSettings } from "./application-options.ts";
import { AdminError } from "./errors.ts";
import { refuseUri, type UriPurpose } from "./redirect-uris.ts";

// What this provider knows to release; it answers other scopes with invalid_scope.
const SCOPES = new Set(["openid", "profile", "email", "phone", "address", "offline_access"]);

// The metadata of an application about which nothing has been said yet.
export function blankMetadata(id: string, issuedAtSeconds: number): ApplicationMetadata {
  return {
    client_id: id,
    client_name: id,
    client_id_issued_at: issuedAtSeconds,
    application_type: "web",
    redirect_uris: [],
    post_logout_redirect_uris: [],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "client_secret_basic",
    subject_type: "public",
    scope: DEFAULT_SCOPE,
  };
}

// The metadata with the settings that were given, checked as a whole; but for the secret, which is not
// a setting. Throws AdminError "usage".
export function applySettings(
  before: ApplicationMetadata,
  settings: ApplicationSettings,
): ApplicationMetadata {
  const given = (name: keyof ApplicationSettings) => settings[name] !== undefined;
  const after: ApplicationMetadata = {
    ...before,
    client_name: settings.name ?? before.client_name,
    application_type: settings.applicationType ?? before.application_type,
    redirect_uris: settings.redirectUris ?? before.redirect_uris,
    post_logout_redirect_uris: settings.postLogoutRedirectUris ?? before.post_logout_redirect_uris,
    grant_types: settings.grantTypes ?? before.grant_types,
    token_endpoint_auth_method: authMethodOf(before, settings),
    subject_type: settings.subjectType ?? before.subject_type,
    scope: normalScope(settings.scope ?? before.scope),
    ...(given("backchannelLogoutUri") && backchannelLogout(settings.backchannelLogoutUri)),
    ...(given("idTokenAlg") && { id_token_signed_response_alg: settings.idTokenAlg }),
    ...(given("idTokenClaims") && { id_token_claims: settings.idTokenClaims || undefined }),
    ...(given("defaultAcrValues") && { default_acr_values: settings.defaultAcrValues }),
    ...(given("defaultMaxAgeSeconds") && {
      default_max_age: settings.defaultMaxAgeSeconds ?? undefined,
    }),
    ...(given("requirePushedAuthorizationRequests") && {
      require_pushed_authorization_requests: settings.requirePushedAuthorizationRequests,
    }),
    ...(given("resourceServer") && { resource_server: settings.resourceServer ?? undefined }),
    ...(given("jwks") && { jwks: settings.jwks }),
  };
  const checked = signsNobodyIn(after) ? { ...after, grant_types: [], response_types: [] } : after;
  const problem = problemOf(checked);
  if (problem !== null) throw new AdminError("usage", problem);
  return checked;
}

// A resource server without a redirect URI: it asks about tokens, and gets none.
function signsNobodyIn(metadata: ApplicationMetadata): boolean {
  return metadata.resource_server !== undefined && metadata.redirect_uris.length === 0;
}

function authMethodOf(before: ApplicationMetadata, settings: ApplicationSettings) {
  const { public: isPublic, authMethod } = settings;
  if (isPublic === undefined) return authMethod ?? before.token_endpoint_auth_method;
  if (authMethod !== undefined && isPublic !== (authMethod === "none")) {
    throw new AdminError("usage", "A public application's authentication method is none.");
  }
  if (isPublic) return "none";
  const was = before.token_endpoint_auth_method;
  return authMethod ?? (was === "none" ? "client_secret_basic" : was);
}

function backchannelLogout(uri: string | null | undefined) {
  return {
    backchannel_logout_uri: uri ?? undefined,
    backchannel_logout_session_required: uri ? true : undefined,
  };
}

function normalScope(scope: string): string {
  const scopes = new Set(scope.split(" ").filter(Boolean));
  for (const each of scopes) {
    if (!SCOPES.has(each)) {
      throw new AdminError("usage", `There is no such scope: ${JSON.stringify(each)}.`);
    }
  }
  if (!scopes.has("openid")) throw new AdminError("usage", "The scope must contain openid.");
  return [...scopes].join(" ");
}

function problemOf(metadata: ApplicationMetadata): string | null {
  const uriProblem = uriProblemOf(metadata);
  if (uriProblem !== null) return uriProblem;
  if (metadata.resource_server !== undefined && metadata.token_endpoint_auth_method === "none") {
    return "A resource server must authenticate: it cannot be public.";
  }
  if (signsNobodyIn(metadata)) return jwksProblemOf(metadata);
  if (metadata.redirect_uris.length === 0) return "There must be at least one redirect URI.";
  if (!metadata.grant_types.includes("authorization_code")) {
    return "The grant types must contain authorization_code.";
  }
  // OpenID Connect Core, 8.1: without a sector_identifier_uri the host is the sector, so there is one.
  const hosts = new Set(metadata.redirect_uris.map((uri) => URL.parse(uri)?.host));
  if (metadata.subject_type === "pairwise" && hosts.size > 1) {
    return "With pairwise subjects all redirect URIs must be on one host.";
  }
  return jwksProblemOf(metadata);
}

function uriProblemOf(metadata: ApplicationMetadata): string | null {
  const { backchannel_logout_uri: backchannel } = metadata;
  const named: [UriPurpose, string, readonly string[]][] = [
    ["redirect", "redirect URI", metadata.redirect_uris],
    ["post-logout", "post-logout redirect URI", metadata.post_logout_redirect_uris],
    ["backchannel-logout", "back-channel logout URI", backchannel ? [backchannel] : []],
  ];
  for (const [purpose, name, all] of named) {
    for (const uri of all) {
      const refusal = refuseUri(uri, purpose, metadata.application_type);
      if (refusal !== null) return `The ${name} ${JSON.stringify(uri)} ${refusal}.`;
    }
  }
  return null;
}

function jwksProblemOf(metadata: ApplicationMetadata): string | null {
  const signs = metadata.token_endpoint_auth_method === "private_key_jwt";
  if (metadata.jwks === undefined) {
    return signs ? "The authentication method private_key_jwt needs the client's keys." : null;
  }
  const shared = metadata.jwks.keys.some(
    (key) => key.kty !== "RSA" && key.kty !== "EC" && key.kty !== "OKP",
  );
  if (shared) return "The client's keys must be RSA, EC or OKP keys.";
  return metadata.jwks.keys.some((key) => Object.hasOwn(key, "d"))
    ? "The client's keys must be public ones; these hold a private key."
    : null;
}
