// The metadata of an application (RFC 7591) that an administrator's settings make, checked as a whole.
import { type ApplicationMetadata, DEFAULT_SCOPE, GRANT_TYPES } from "../domain/application.ts";
import type { ApplicationSettings } from "./application-options.ts";
import { securityOf, securityProblemOf, withProfile } from "./client-security.ts";
import { AdminError } from "./errors.ts";
import { refuseUri, type UriPurpose } from "./redirect-uris.ts";

// What this provider knows to release of users; other scopes are those of APIs.
export const STANDARD_SCOPES: ReadonlySet<string> = new Set([
  ...["openid", "profile", "email", "phone", "address", "offline_access"],
]);

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
// a setting. `apiScopes`: those of the APIs that it may ask tokens for. Throws AdminError "usage".
export function applySettings(
  before: ApplicationMetadata,
  said: ApplicationSettings,
  apiScopes: ReadonlySet<string>,
): ApplicationMetadata {
  const settings = withProfile(said);
  const grantTypes = settings.grantTypes?.map((each) => GRANT_TYPES[each]) ?? before.grant_types;
  const given = (name: keyof ApplicationSettings) => settings[name] !== undefined;
  const after: ApplicationMetadata = {
    ...before,
    client_name: settings.name ?? before.client_name,
    application_type: settings.applicationType ?? before.application_type,
    redirect_uris: settings.redirectUris ?? before.redirect_uris,
    post_logout_redirect_uris: settings.postLogoutRedirectUris ?? before.post_logout_redirect_uris,
    grant_types: grantTypes,
    response_types: grantTypes.includes("authorization_code") ? ["code"] : [],
    token_endpoint_auth_method: authMethodOf(before, settings),
    subject_type: settings.subjectType ?? before.subject_type,
    scope: scopeOf(before, settings, { apiScopes, hasUsers: hasUsers(grantTypes) }),
    ...(given("backchannelLogoutUri") && backchannelLogout(settings.backchannelLogoutUri)),
    ...shownUris(settings),
    ...(given("idTokenAlg") && { id_token_signed_response_alg: settings.idTokenAlg }),
    ...(given("idTokenClaims") && { id_token_claims: settings.idTokenClaims || undefined }),
    ...(given("defaultAcrValues") && { default_acr_values: settings.defaultAcrValues }),
    ...(given("defaultMaxAgeSeconds") && {
      default_max_age: settings.defaultMaxAgeSeconds ?? undefined,
    }),
    ...(given("resourceServer") && { resource_server: settings.resourceServer ?? undefined }),
    ...securityOf(settings),
  };
  const checked = signsNobodyIn(after) ? { ...after, grant_types: [], response_types: [] } : after;
  const problem = problemOf(checked);
  if (problem !== null) throw new AdminError("usage", problem);
  return checked;
}

// A resource server with no way to tokens: it asks about those of others.
function signsNobodyIn(metadata: ApplicationMetadata): boolean {
  const { resource_server: server, redirect_uris: uris, grant_types: grants } = metadata;
  if (server === undefined || uris.length > 0) return false;
  return (
    !grants.includes(GRANT_TYPES.client_credentials) && !grants.includes(GRANT_TYPES.device_code)
  );
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

function shownUris(settings: ApplicationSettings): Partial<ApplicationMetadata> {
  const { logoUri, clientUri, policyUri, tosUri } = settings;
  const uris = { logo_uri: logoUri, client_uri: clientUri, policy_uri: policyUri, tos_uri: tosUri };
  const given = Object.entries(uris).filter(([, uri]) => uri !== undefined);
  return Object.fromEntries(given.map(([name, uri]) => [name, uri ?? undefined]));
}

function scopeOf(
  before: ApplicationMetadata,
  settings: ApplicationSettings,
  known: { readonly apiScopes: ReadonlySet<string>; readonly hasUsers: boolean },
): string {
  const { scope, resources, grantTypes } = settings;
  // What an API has given up since is no reason to refuse another change.
  if ((scope ?? resources ?? grantTypes) === undefined) return before.scope;
  const isDefault = scope === undefined && before.scope === DEFAULT_SCOPE;
  return normalScope(isDefault && !known.hasUsers ? "" : (scope ?? before.scope), known);
}

function normalScope(
  scope: string,
  known: { readonly apiScopes: ReadonlySet<string>; readonly hasUsers: boolean },
): string {
  const scopes = new Set(scope.split(" ").filter(Boolean));
  for (const each of scopes) {
    if (STANDARD_SCOPES.has(each)) {
      if (known.hasUsers) continue;
      throw new AdminError("usage", `Without users the scope must not contain ${each}.`);
    }
    if (!known.apiScopes.has(each)) {
      const named = JSON.stringify(each);
      const hint = "Those of an API need its --resource.";
      throw new AdminError("usage", `There is no such scope: ${named}. ${hint}`);
    }
  }
  if (known.hasUsers && !scopes.has("openid")) {
    throw new AdminError("usage", "The scope must contain openid.");
  }
  return [...scopes].join(" ");
}

// With client_credentials alone nobody signs in.
function hasUsers(grantTypes: readonly string[]): boolean {
  return (
    grantTypes.includes(GRANT_TYPES.authorization_code) ||
    grantTypes.includes(GRANT_TYPES.device_code)
  );
}

function problemOf(metadata: ApplicationMetadata): string | null {
  const uriProblem = uriProblemOf(metadata);
  if (uriProblem !== null) return uriProblem;
  if (metadata.resource_server !== undefined && metadata.token_endpoint_auth_method === "none") {
    return "A resource server must authenticate: it cannot be public.";
  }
  if (signsNobodyIn(metadata)) return securityProblemOf(metadata);
  const grantProblem = grantProblemOf(metadata);
  if (grantProblem !== null) return grantProblem;
  // OpenID Connect Core, 8.1: without a sector_identifier_uri the host is the sector, so there is one.
  const hosts = new Set(metadata.redirect_uris.map((uri) => URL.parse(uri)?.host));
  if (metadata.subject_type === "pairwise" && hosts.size !== 1) {
    return "With pairwise subjects all redirect URIs must be on one host.";
  }
  return securityProblemOf(metadata);
}

function grantProblemOf(metadata: ApplicationMetadata): string | null {
  const { grant_types: grants, redirect_uris: uris, token_endpoint_auth_method: method } = metadata;
  const machine = grants.includes(GRANT_TYPES.client_credentials);
  if (!hasUsers(grants) && !machine) {
    return "The grant types must contain authorization_code, device_code or client_credentials.";
  }
  // RFC 6749, 4.4: for confidential clients alone.
  if (machine && method === "none") return "A public application cannot have client_credentials.";
  const redirects = grants.includes(GRANT_TYPES.authorization_code);
  if (redirects && uris.length === 0) return "There must be at least one redirect URI.";
  if (!redirects && uris.length > 0) {
    return "Without the grant type authorization_code there must be no redirect URI.";
  }
  return null;
}

function uriProblemOf(metadata: ApplicationMetadata): string | null {
  const { backchannel_logout_uri: backchannel, jwks_uri: jwks } = metadata;
  const named: [UriPurpose, string, readonly string[]][] = [
    ["redirect", "redirect URI", metadata.redirect_uris],
    ["post-logout", "post-logout redirect URI", metadata.post_logout_redirect_uris],
    ["backchannel-logout", "back-channel logout URI", backchannel ? [backchannel] : []],
    // Fetched by us as well.
    ["backchannel-logout", "address of the keys", jwks ? [jwks] : []],
    ["shown", "logo URI", [metadata.logo_uri ?? []].flat()],
    ["shown", "client URI", [metadata.client_uri ?? []].flat()],
    ["shown", "policy URI", [metadata.policy_uri ?? []].flat()],
    ["shown", "terms of service URI", [metadata.tos_uri ?? []].flat()],
  ];
  for (const [purpose, name, all] of named) {
    for (const uri of all) {
      const refusal = refuseUri(uri, purpose, metadata.application_type);
      if (refusal !== null) return `The ${name} ${JSON.stringify(uri)} ${refusal}.`;
    }
  }
  return null;
}
