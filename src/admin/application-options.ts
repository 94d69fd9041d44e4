// What an administrator says about an application, checked, and the metadata (RFC 7591) that it makes.
import { z } from "zod";
import { ACCOUNT_CLIENT_ID } from "../domain/account-application.ts";
import { type ApplicationMetadata, AUTH_METHODS, DEFAULT_SCOPE } from "../domain/application.ts";
import { AdminError } from "./errors.ts";
import { refuseUri, type UriPurpose } from "./redirect-uris.ts";

// What this provider knows to release; it answers other scopes with invalid_scope.
const SCOPES = new Set(["openid", "profile", "email", "phone", "address", "offline_access"]);

const URIS_MAX = 100;

// Also part of the engine's own records, where a name such as "constructor" would be found without
// having been put there.
const clientId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$/, "must be letters, digits, dots, hyphens, _ and ~")
  .refine((id) => !(id in {}), "is not allowed")
  .refine((id) => id !== ACCOUNT_CLIENT_ID, "is reserved for the user's own page");

// Names are shown to people, so they may hold anything that can be shown, on one line.
export const shownName = z
  .string()
  .refine((name) => name.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name), {
    message: "must be one line without control characters",
  })
  .trim()
  .min(1, "must not be empty")
  .max(200, "must have at most 200 characters");

const uris = z.array(z.string()).max(URIS_MAX, `must be at most ${URIS_MAX}`);

const resource = z
  .string()
  .refine((uri) => uri.length <= 2048 && URL.canParse(uri) && !/[#\s]/.test(uri), {
    message: "must be an absolute URI without a fragment (RFC 8707, 2)",
  });

const settings = {
  name: shownName,
  redirectUris: uris.min(1, "must be at least one"),
  postLogoutRedirectUris: uris,
  // Null takes it away.
  backchannelLogoutUri: z.string().nullable(),
  applicationType: z.enum(["web", "native"]),
  // A public client has no secret (RFC 6749, 2.1); the same as authMethod "none".
  public: z.boolean(),
  authMethod: z.enum(AUTH_METHODS),
  subjectType: z.enum(["public", "pairwise"]),
  scope: z.string(),
  grantTypes: z.array(z.enum(["authorization_code", "refresh_token"])),
  idTokenAlg: z.enum(["RS256", "ES256"]),
  defaultAcrValues: z.array(z.string().regex(/^[!-~]+$/)).max(10),
  defaultMaxAgeSeconds: z.int().min(0).nullable(),
  requirePushedAuthorizationRequests: z.boolean(),
  // The public keys of a client that signs its requests for tokens (RFC 7517).
  jwks: z.strictObject({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(20) }),
  consent: z.boolean(),
  resources: z.array(resource).max(20),
};

export const changeApplicationSchema = z.strictObject(settings).partial();

export const addApplicationSchema = changeApplicationSchema
  .extend({ id: clientId })
  .partial()
  .required({ name: true, redirectUris: true });

export type AddApplication = z.input<typeof addApplicationSchema>;
export type ChangeApplication = z.input<typeof changeApplicationSchema>;
export type ApplicationSettings = z.output<typeof changeApplicationSchema>;

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
    ...(given("defaultAcrValues") && { default_acr_values: settings.defaultAcrValues }),
    ...(given("defaultMaxAgeSeconds") && {
      default_max_age: settings.defaultMaxAgeSeconds ?? undefined,
    }),
    ...(given("requirePushedAuthorizationRequests") && {
      require_pushed_authorization_requests: settings.requirePushedAuthorizationRequests,
    }),
    ...(given("jwks") && { jwks: settings.jwks }),
  };
  const problem = problemOf(after);
  if (problem !== null) throw new AdminError("usage", problem);
  return after;
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
