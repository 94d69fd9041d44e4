// The options that client add and client update share, and what they say of an application.
import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import type { AddApplication, ChangeApplication } from "../src/admin/application-options.ts";
import { AdminError } from "../src/admin/errors.ts";
import { AUTH_METHODS, GRANT_TYPES } from "../src/domain/application.ts";
import { collect, parseCount } from "./run.ts";

// As commander names them.
export interface Flags {
  name?: string;
  redirectUri?: string[];
  public?: boolean;
  postLogoutRedirectUri?: string[];
  backchannelLogoutUri?: string;
  authMethod?: AddApplication["authMethod"];
  subjectType?: AddApplication["subjectType"];
  scope?: string;
  consent?: boolean;
  idTokenClaims?: boolean;
  idTokenAlg?: AddApplication["idTokenAlg"];
  grantType?: AddApplication["grantTypes"];
  logoUri?: string;
  clientUri?: string;
  policyUri?: string;
  tosUri?: string;
  applicationType?: AddApplication["applicationType"];
  defaultAcrValues?: string;
  defaultMaxAge?: number;
  requirePar?: boolean;
  requirePkce?: boolean;
  requireSignedRequest?: boolean;
  dpop?: boolean;
  profile?: AddApplication["profile"];
  jwksFile?: string;
  jwksUri?: string;
  resource?: string[];
  resourceServer?: string;
}

export function addSettings(command: Command): Command {
  return command
    .option("--post-logout-redirect-uri <uri>", "may be given several times", collect)
    .option("--backchannel-logout-uri <uri>", "told when a session ends")
    .option("--logo-uri <uri>", "its logo, shown when a user signs in; https, as the next three")
    .option("--client-uri <uri>", "its website, a link there")
    .option("--policy-uri <uri>", "its privacy policy, a link there")
    .option("--tos-uri <uri>", "its terms of service, a link there")
    .addOption(new Option("--auth-method <method>", "at the token endpoint").choices(AUTH_METHODS))
    .addOption(
      new Option("--subject-type <type>", "who sub is the same for").choices([
        "public",
        "pairwise",
      ]),
    )
    .option("--scope <scopes>", "what it may ask for, with spaces between")
    .addOption(
      new Option("--id-token-alg <alg>", "how ID tokens are signed").choices(["RS256", "ES256"]),
    )
    .option("--id-token-claims", "profile and e-mail in the ID token too, for who asks no userinfo")
    .addOption(
      new Option("--grant, --grant-type <type>", "may be given several times")
        .choices(Object.keys(GRANT_TYPES))
        .argParser(collect),
    )
    .addOption(
      new Option("--application-type <type>", "native: custom schemes (RFC 8252)").choices([
        "web",
        "native",
      ]),
    )
    .option("--default-acr-values <values>", "when a request says none, with spaces between")
    .option("--default-max-age <seconds>", "when a request says none", parseCount)
    .option(
      "--jwks-file <file>",
      "the client's public keys, for private_key_jwt and signed requests",
    )
    .option("--jwks-uri <uri>", "where they are instead")
    .option("--require-par", "only pushed authorization requests (RFC 9126)")
    .option("--require-pkce", "PKCE also for a confidential client (RFC 7636)")
    .option("--require-signed-request", "only signed authorization requests (RFC 9101)")
    .option("--dpop", "tokens bound to a key of the client (RFC 9449)")
    .addOption(
      new Option("--profile <profile>", "fapi2: FAPI 2.0, with all that it asks for").choices([
        "fapi2",
        "none",
      ]),
    )
    .option("--resource-server <uri>", "it is this one, and may introspect the tokens for it")
    .option("--resource <uri>", "an API it may ask tokens for (RFC 8707)", collect);
}

export function settingsOf(flags: Flags): ChangeApplication {
  return {
    name: flags.name,
    redirectUris: listOf(flags.redirectUri),
    postLogoutRedirectUris: listOf(flags.postLogoutRedirectUri),
    backchannelLogoutUri: uriOf(flags.backchannelLogoutUri),
    logoUri: uriOf(flags.logoUri),
    clientUri: uriOf(flags.clientUri),
    policyUri: uriOf(flags.policyUri),
    tosUri: uriOf(flags.tosUri),
    applicationType: flags.applicationType,
    public: flags.public,
    authMethod: flags.authMethod,
    subjectType: flags.subjectType,
    scope: flags.scope,
    grantTypes: flags.grantType,
    idTokenClaims: flags.idTokenClaims,
    idTokenAlg: flags.idTokenAlg,
    defaultAcrValues: flags.defaultAcrValues?.split(" ").filter(Boolean),
    defaultMaxAgeSeconds: flags.defaultMaxAge,
    requirePushedAuthorizationRequests: flags.requirePar,
    requirePkce: flags.requirePkce,
    requireSignedRequest: flags.requireSignedRequest,
    dpop: flags.dpop,
    profile: flags.profile,
    jwksUri: flags.jwksUri === "" ? null : flags.jwksUri,
    jwks: flags.jwksFile === undefined ? undefined : readJwks(flags.jwksFile),
    consent: flags.consent,
    resources: listOf(flags.resource),
    resourceServer: flags.resourceServer === "" ? null : flags.resourceServer,
  };
}

// An empty text takes it away.
function uriOf(given: string | undefined): string | null | undefined {
  return given === "" ? null : given;
}

function listOf(given: string[] | undefined): string[] | undefined {
  return given?.filter((each) => each !== "");
}

// Its shape is admin's to check.
function readJwks(file: string): ChangeApplication["jwks"] {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new AdminError("usage", `${file} cannot be read as JSON.`, { cause });
  }
}
