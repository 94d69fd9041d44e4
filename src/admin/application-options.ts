// What an administrator says about an application, checked one by one; as a whole in application-metadata.ts.
import { z } from "zod";
import { ACCOUNT_CLIENT_ID } from "../domain/account-application.ts";
import { AUTH_METHODS, GRANT_TYPES, type GrantName } from "../domain/application.ts";

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

export const resourceUri = z
  .string()
  .refine((uri) => uri.length <= 2048 && URL.canParse(uri) && !/[#\s]/.test(uri), {
    message: "must be an absolute URI without a fragment (RFC 8707, 2)",
  });

const settings = {
  name: shownName,
  redirectUris: uris,
  postLogoutRedirectUris: uris,
  // Null takes it away.
  backchannelLogoutUri: z.string().nullable(),
  logoUri: z.string().nullable(),
  clientUri: z.string().nullable(),
  policyUri: z.string().nullable(),
  tosUri: z.string().nullable(),
  applicationType: z.enum(["web", "native"]),
  // A public client has no secret (RFC 6749, 2.1); the same as authMethod "none".
  public: z.boolean(),
  authMethod: z.enum(AUTH_METHODS),
  subjectType: z.enum(["public", "pairwise"]),
  scope: z.string(),
  grantTypes: z.array(z.enum(Object.keys(GRANT_TYPES) as GrantName[])).min(1),
  idTokenAlg: z.enum(["RS256", "ES256"]),
  idTokenClaims: z.boolean(),
  defaultAcrValues: z.array(z.string().regex(/^[!-~]+$/)).max(10),
  defaultMaxAgeSeconds: z.int().min(0).nullable(),
  requirePushedAuthorizationRequests: z.boolean(),
  // The public keys of a client that signs its requests for tokens (RFC 7517).
  jwks: z.strictObject({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(20) }),
  // Where they are instead; null takes it away.
  jwksUri: z.string().nullable(),
  requirePkce: z.boolean(),
  requireSignedRequest: z.boolean(),
  // Its tokens are bound to a key (RFC 9449).
  dpop: z.boolean(),
  profile: z.enum(["fapi2", "none"]),
  consent: z.boolean(),
  resources: z.array(resourceUri).max(20),
  // The resource server that it is; null takes it away.
  resourceServer: resourceUri.nullable(),
};

export const changeApplicationSchema = z.strictObject(settings).partial();

export const addApplicationSchema = changeApplicationSchema
  .extend({ id: clientId })
  .partial()
  .required({ name: true });

export type AddApplication = z.input<typeof addApplicationSchema>;
export type ChangeApplication = z.input<typeof changeApplicationSchema>;
export type ApplicationSettings = z.output<typeof changeApplicationSchema>;
