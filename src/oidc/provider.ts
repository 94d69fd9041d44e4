// The engine, configured. One visible list of what is on, what is off, and what is ours.
import { createHmac } from "node:crypto";
import {
  type Client,
  type Configuration,
  type ErrorOut,
  errors,
  type KoaContextWithOIDC,
  Provider,
} from "oidc-provider";
import { originsOf } from "../domain/application.ts";
import type { AcrValues } from "../domain/factors.ts";
import type { Limits } from "../domain/limits.ts";
import type { SigningKey } from "../domain/signing-key.ts";
import type { Instant } from "../domain/time.ts";
import type { Storage } from "../ports/storage.ts";
import { dropForeignPurpose, PURPOSE_PARAM } from "./account-client.ts";
import { findAccount } from "./accounts.ts";
import { refuseLargeRequest } from "./anonymous-writes.ts";
import type { BegunInteractions } from "./begun-interactions.ts";
import { CLAIMS, dropForbiddenClaims, SCOPES } from "./claims.ts";
import { type QueueLogout, queueLogouts } from "./client-logouts.ts";
import { OWN_METADATA } from "./client-metadata.ts";
import { checkClientAssertion, fapiProfileOf, mustUsePkce } from "./client-security.ts";
import { discoverDefaults } from "./discovery.ts";
import { type EngineEvents, listen } from "./events.ts";
import { loadExistingGrant } from "./grants.ts";
import { completeIntrospection, mayIntrospect } from "./introspection.ts";
import { restoreOfflineAccess } from "./offline-access.ts";
import { signInPolicy } from "./policy.ts";
import { createRecordAdapter } from "./record-adapter.ts";
import { requireRulesMet } from "./refresh-rules.ts";
import { defaultResourceOf, resourceServerOf, tokenClaims } from "./resources.ts";
import { joinProvedIntoSession, keepProvedInSessions } from "./session-facts.ts";

// The pages that the engine leaves to us; http draws them.
export interface EnginePages {
  error(ctx: KoaContextWithOIDC, out: ErrorOut, cause: Error): void;
  logout(ctx: KoaContextWithOIDC, form: string): void;
  loggedOut(ctx: KoaContextWithOIDC): void;
  // Where the code is typed that a device shows; again, with what was wrong.
  userCode(ctx: KoaContextWithOIDC, error: Error | null): void;
  userCodeConfirmation(ctx: KoaContextWithOIDC, userCode: string): void;
  deviceConnected(ctx: KoaContextWithOIDC): void;
}

export interface EngineDeps {
  readonly storage: Storage;
  readonly limits: Limits;
  readonly acr: AcrValues;
  readonly issuer: string;
  // Cookie keys: the first signs, all verify.
  readonly cookieKeys: readonly string[];
  // Every connection to an address that an application named.
  readonly fetch: (url: string | URL, options?: RequestInit) => Promise<Response>;
  readonly queueLogout: QueueLogout;
  readonly pages: EnginePages;
  readonly begunInteractions: BegunInteractions;
  // Called before what somebody who has proved nothing has us store; throws when it is too often.
  readonly countAnonymousWrite: (ctx: KoaContextWithOIDC) => void;
  readonly events: EngineEvents;
  readonly now: () => Instant;
}

// Prefix of our cookies' names. With https the session's also has __Host- (RFC 6265bis, 4.1.3.2).
export const INTERACTION_COOKIE = "latchkey_interaction";

// A provider that signs with these keys, the first of each algorithm above all.
export function createProvider(deps: EngineDeps, keys: readonly SigningKey[]): Provider {
  const provider = new Provider(deps.issuer, configurationOf(deps, keys));
  // The door has replaced these headers by what the issuer says (http/front-door.ts).
  provider.proxy = true;
  keepProvedInSessions(provider);
  queueLogouts(provider, deps.queueLogout);
  provider.on("interaction.ended", (ctx) => joinProvedIntoSession(ctx, deps));
  provider.on("interaction.started", (ctx) => {
    const uid = ctx.oidc.entities.Interaction?.uid;
    if (uid !== undefined) deps.begunInteractions.begin(ctx, uid);
  });
  provider.use(completeIntrospection(deps));
  provider.use(discoverDefaults);
  listen(provider, deps.events);
  return provider;
}

function configurationOf(deps: EngineDeps, keys: readonly SigningKey[]): Configuration {
  const { storage, limits, acr } = deps;
  const salt = storage.vault.derive("pairwise");
  return {
    adapter: createRecordAdapter(deps),
    jwks: { keys: keys.map((key) => ({ ...key.jwk, kid: key.kid, alg: key.alg, use: "sig" })) },
    acrValues: [acr.single, acr.multi],
    claims: CLAIMS,
    // Which claims an ID token has is said by our accounts, by client.
    conformIdTokenClaims: false,
    extraClientMetadata: { properties: OWN_METADATA },
    scopes: SCOPES,
    responseTypes: ["code"],
    subjectTypes: ["public", "pairwise"],
    clientAuthMethods: ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"],
    enabledJWA: {
      idTokenSigningAlgValues: ["RS256", "ES256"],
      clientAuthSigningAlgValues: ["RS256", "PS256", "ES256", "EdDSA"],
      requestObjectSigningAlgValues: ["PS256", "ES256", "EdDSA"],
    },
    pkce: { required: mustUsePkce },
    assertJwtClientAuthClaimsAndHeader: checkClientAssertion,
    clientBasedCORS: (_ctx, origin, client) =>
      originsOf({ redirect_uris: client.redirectUris ?? [] }).has(origin),
    findAccount: (ctx, id, token) => findAccount(storage, ctx, id, token),
    loadExistingGrant: (ctx) => loadExistingGrant(storage, ctx),
    pairwiseIdentifier: async (_ctx, accountId, client) =>
      createHmac("sha256", salt)
        .update(`${client.sectorIdentifier}\0${accountId}`)
        .digest("base64url"),
    extraTokenClaims: (ctx, token) => tokenClaims(storage, ctx, token),
    // Runs for every request, whether the parameter is there or not.
    extraParams: {
      offline_access(ctx, _value, client) {
        refuseLargeRequest(ctx, limits);
        return restoreOfflineAccess(ctx, client);
      },
      [PURPOSE_PARAM]: (ctx, _value, client) => dropForeignPurpose(ctx, client),
    },
    // OpenID Connect Core, 3.1.2.1: required; and so the token endpoint compares it, always.
    allowOmittingSingleRegisteredRedirectUri: false,
    rotateRefreshToken: async (ctx) => {
      await requireRulesMet(deps, ctx);
      return true;
    },
    interactions: {
      policy: signInPolicy(deps),
      url: (_ctx, interaction) => `${basePathOf(deps.issuer)}/interaction/${interaction.uid}`,
    },
    renderError: (ctx, out, error) => deps.pages.error(ctx, out, error),
    fetch: (url, options) => deps.fetch(url instanceof Request ? url.url : url, options),
    cookies: cookiesOf(deps),
    ttl: lives(deps, limits),
    features: {
      devInteractions: { enabled: false },
      introspection: {
        enabled: true,
        allowedPolicy: (ctx, client, token) => mayIntrospect(deps, ctx, client, token),
      },
      revocation: { enabled: true, allowedPolicy: async (_ctx, ...asked) => mayRevoke(...asked) },
      backchannelLogout: { enabled: true },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: (ctx, _form, _out, error) => deps.pages.userCode(ctx, error ?? null),
        userCodeConfirmSource: (ctx, _form, _client, _device, userCode) =>
          deps.pages.userCodeConfirmation(ctx, userCode),
        successSource: (ctx) => deps.pages.deviceConnected(ctx),
      },
      clientCredentials: { enabled: true },
      claimsParameter: { enabled: true, assertClaimsParameter: dropForbiddenClaims },
      pushedAuthorizationRequests: { enabled: true },
      requestObjects: { enabled: true },
      fapi: { enabled: true, profile: fapiProfileOf },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx, resource, client) =>
          resourceServerOf(storage, limits, resource, client),
        useGrantedResource: async (_ctx, { resource }) => new Set([resource].flat()).size === 1,
        defaultResource: (ctx, client, granted) =>
          defaultResourceOf(storage, { ctx, client, granted }),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => deps.pages.logout(ctx, form),
        postLogoutSuccessSource: (ctx) => deps.pages.loggedOut(ctx),
      },
    },
  };
}

// The path that an issuer has, without a slash at its end.
export function basePathOf(issuer: string): string {
  return new URL(issuer).pathname.replace(/\/$/, "");
}

function cookiesOf(deps: EngineDeps): Configuration["cookies"] {
  const secure = deps.issuer.startsWith("https:");
  const common = { httpOnly: true, sameSite: "lax", signed: true, secure } as const;
  return {
    keys: [...deps.cookieKeys],
    long: { ...common, path: "/" },
    short: common,
    names: {
      session: secure ? "__Host-latchkey_session" : "latchkey_session",
      interaction: INTERACTION_COOKIE,
      resume: "latchkey_resume",
    },
  };
}

function lives(deps: EngineDeps, limits: Limits): Configuration["ttl"] {
  return {
    AccessToken: limits.accessTokenLifeSeconds,
    AuthorizationCode: limits.authorizationCodeLifeSeconds,
    DeviceCode: limits.deviceCodeLifeSeconds,
    IdToken: limits.idTokenLifeSeconds,
    RefreshToken: limits.refreshTokenIdleSeconds,
    Interaction: limits.interactionLifeSeconds,
    Grant: limits.grantLifeSeconds,
    // Rolling while it is used, but never past the absolute end.
    Session: (_ctx, session) => {
      const now = Math.floor(deps.now() / 1000);
      const left = (session.loginTs ?? now) + limits.sessionAbsoluteSeconds - now;
      return Math.max(1, Math.min(limits.sessionIdleSeconds, left));
    },
  };
}

// Its own tokens alone. A public client, who may be anybody, is not told that there is another's.
function mayRevoke(client: Client, token: { readonly clientId?: string | undefined }): boolean {
  if (token.clientId === client.clientId) return true;
  if (client.clientAuthMethod === "none") return false;
  throw new errors.InvalidRequest("client is not authorized to revoke the presented token");
}
