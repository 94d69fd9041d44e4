// The wiring, in one list: the only file that sees everything.
import { randomBytes, randomUUID } from "node:crypto";
import path from "node:path";
import type Koa from "koa";
import { createGuardedFetch } from "./adapters/fetch/guarded-fetch.ts";
import { loadBlocklist } from "./adapters/password/blocklist.ts";
import { readOutbox } from "./adapters/sms/outbox.ts";
import { lintTexts } from "./admin/application-texts.ts";
import { DEMO_CLIENT_ID, DEMO_USERNAME, demoUris } from "./admin/first-start.ts";
import { BRAND } from "./brand.ts";
import { type Config, isLoopback } from "./config.ts";
import { createDeliveries, type Deliveries } from "./deliveries.ts";
import { type DerivedKeys, deriveKeys } from "./derived-keys.ts";
import { accountApplication } from "./domain/account-application.ts";
import { isLoopbackAddress } from "./domain/network.ts";
import { countriesWithCallingCodes, isCountryAllowed } from "./domain/phone.ts";
import { supportLinkOf } from "./domain/support-contact.ts";
import type { Instant } from "./domain/time.ts";
import { createTextSender, type SendMessage } from "./flow/send-text.ts";
import type { FlowDeps } from "./flow/sign-in.ts";
import { createAnonymousWriteCount } from "./http/anonymous-writes.ts";
import { createAssets } from "./http/assets.ts";
import { createCsrf } from "./http/csrf.ts";
import { createDemo } from "./http/demo.ts";
import { createEngineEvents, createEnginePages } from "./http/engine-pages.ts";
import { createInteractionCookies } from "./http/interaction-cookies.ts";
import { createCountryLists, createLanguages } from "./http/language.ts";
import { createServer } from "./http/server.ts";
import { createView } from "./http/view.ts";
import type { Web } from "./http/web.ts";
import type { Logger } from "./log.ts";
import { mayMail, recoveryPolicyOf } from "./mail-sender.ts";
import { withBuiltIn } from "./oidc/account-client.ts";
import { createEngine, type Engine } from "./oidc/engine.ts";
import { withResult } from "./oidc/engine-record.ts";
import { basePathOf } from "./oidc/provider.ts";
import type { PasswordHasher } from "./ports/password-hasher.ts";
import type { Storage } from "./ports/storage.ts";
import { readAllTemplates, textFrameOf } from "./text-catalog.ts";
import { createMessageSending, createQuote, createTemplates, receiptReaders } from "./texts.ts";

const ROOT = path.resolve(import.meta.dirname, "..");
const VIEWS = path.join(ROOT, "views");

export interface Parts {
  readonly config: Config;
  readonly storage: Storage;
  readonly hasher: PasswordHasher;
  readonly log: Logger;
  readonly now: () => Instant;
  readonly isStopping: () => boolean;
}

export interface App extends Deliveries {
  readonly koa: Koa;
  readonly engine: Engine;
}

// Puts the parts together. The store must hold signing keys.
export async function createApp(given: Parts): Promise<App> {
  const { config, log, now } = given;
  const storage = withBuiltIn(given.storage, accountApplication(config.issuer));
  const parts = { ...given, storage };
  const keys = deriveKeys(config.secrets);
  const supportLink = supportLinkOf(config.support);
  const languages = createLanguages(path.join(ROOT, "config", "languages"), {
    namesSupport: supportLink !== null,
  });
  for (const problem of await lintTexts({
    storage,
    frame: textFrameOf(config),
    ...readAllTemplates(),
  })) {
    log.warn({ event: "text-not-as-it-should-be", ...problem });
  }
  const base = basePathOf(config.issuer);
  const readers = receiptReaders(config);
  const send = createMessageSending(config, log, now);

  const csrf = createCsrf(keys.csrfKeys);
  let engine: Engine | null = null;
  const web: Web = {
    flow: flowDeps(parts, keys, send),
    engine: () => {
      if (engine === null) throw new Error("the engine is not there yet");
      return engine;
    },
    view: createView({ viewsDir: VIEWS, support: supportLink }),
    languages,
    assets: createAssets(path.join(VIEWS, "assets")),
    csrf,
    begunInteractions: createInteractionCookies(csrf, config.limits),
    log,
    brand: BRAND,
    issuer: config.issuer,
    hasReceipts: readers.length > 0,
    base,
    countriesIn: createCountryLists(countriesOf(config)),
  };

  engine = await createEngine({
    storage,
    limits: config.limits,
    acr: config.acr,
    issuer: config.issuer,
    cookieKeys: keys.cookieKeys,
    fetch: createGuardedFetch(config.privateFetchHosts),
    queueLogout: (logout) =>
      storage.mails.enqueue([{ channel: "logout", id: randomUUID(), at: now(), ...logout }]),
    pages: createEnginePages(web),
    begunInteractions: web.begunInteractions,
    countAnonymousWrite: createAnonymousWriteCount(web.flow),
    events: createEngineEvents(web),
    now,
  });
  const koa = createServer({
    web,
    storage,
    cookieKeys: keys.cookieKeys,
    trustProxy: config.trustProxy,
    isStopping: parts.isStopping,
    receiptReaders: readers,
    demo: mayDemo(config) ? demoOf(config, web) : null,
  });
  const deliveries = await createDeliveries(parts, { web, keys, send, engine });
  return { koa, engine, ...deliveries };
}

// Whether this installation may offer its demo: outside production, on loopback.
export function mayDemo(config: Config): boolean {
  return !config.production && isLoopback(new URL(config.issuer).hostname);
}

function flowDeps(
  { config, storage, hasher, log, now }: Parts,
  { codeKeys, linkKeys }: DerivedKeys,
  send: SendMessage,
): FlowDeps {
  const { limits } = config;
  return {
    storage,
    hasher,
    sendText: createTextSender({
      send,
      brand: BRAND,
      domain: new URL(config.issuer).hostname,
      codeLifeSeconds: limits.codeLifeSeconds,
    }),
    codeKeys,
    linkKeys,
    mailsGoOut: mayMail(config),
    recovery: recoveryPolicyOf(config),
    blocklist: loadBlocklist,
    limits,
    acr: config.acr,
    smsCountries: config.smsCountries,
    priceOf: createQuote(config),
    codeTemplate: createTemplates(storage),
    fraudGuard: config.fraudGuard,
    // Outside production, a developer's own machine is no network that somebody could send from.
    isOwnAddress: (address) => !config.production && isLoopbackAddress(address),
    alarm: (event) => log.error({ event: "alarm", ...event }),
    withResult,
    now,
    newId: () => randomBytes(18).toString("base64url"),
  };
}

function countriesOf({ smsCountries }: Config): { code: string; callingCode: string }[] {
  return countriesWithCallingCodes().filter(({ code }) => isCountryAllowed(code, smsCountries));
}

function demoOf(config: Config, web: Web) {
  return createDemo({
    web,
    clientId: DEMO_CLIENT_ID,
    redirectUri: demoUris(config.issuer).redirectUri,
    postLogoutRedirectUri: demoUris(config.issuer).postLogoutRedirectUri,
    login: DEMO_USERNAME,
    acrMulti: config.acr.multi,
    readTexts: async () =>
      (await readOutbox(config.outboxFile, { limit: 20 })).filter(
        ({ channel }) => channel === "sms",
      ),
  });
}
