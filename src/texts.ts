// The wiring of texts: providers behind their breakers, readers of their receipts, prices.
import { createOutbox } from "./adapters/sms/outbox.ts";
import { createTwilio } from "./adapters/sms/twilio.ts";
import { createTwilioReceipts } from "./adapters/sms/twilio-receipts.ts";
import { createVonage } from "./adapters/sms/vonage.ts";
import { createVonageReceipts } from "./adapters/sms/vonage-receipts.ts";
import { createWebhook } from "./adapters/sms/webhook.ts";
import { createWebhookReceipts } from "./adapters/sms/webhook-receipts.ts";
import { BRAND } from "./brand.ts";
import type { Config } from "./config.ts";
import { priceMicros } from "./domain/sms-price.ts";
import { composeCodeText, countSegments } from "./domain/text-message.ts";
import type { Instant } from "./domain/time.ts";
import { type BreakerEvent, createBreaker } from "./flow/breaker.ts";
import type { FlowDeps } from "./flow/sign-in.ts";
import type { Languages } from "./http/language.ts";
import type { Logger } from "./log.ts";
import type { SmsProvider } from "./ports/sms.ts";
import type { ReceiptReader } from "./ports/sms-receipts.ts";
import { namedProviders, type SmsProviderName } from "./sms-settings.ts";

// Those whose receipts can be told from forged ones.
export function receiptReaders({ vonage, twilio, webhook }: Config): ReceiptReader[] {
  const readers: ReceiptReader[] = [];
  if (vonage?.signatureSecret) {
    const { apiKey, signatureSecret } = vonage;
    readers.push(createVonageReceipts({ apiKey, signatureSecret }));
  }
  if (twilio !== null) readers.push(createTwilioReceipts(twilio));
  if (webhook !== null) readers.push(createWebhookReceipts(webhook));
  return readers;
}

// What a code costs by the price table: the outbox costs nothing.
export function createQuote(config: Config, languages: Languages): FlowDeps["priceOf"] {
  if (namedProviders(config).every((name) => name === "outbox")) return () => 0;
  return ({ country, language }) => {
    const { segments } = countSegments(sampleText(config, languages, language));
    return priceMicros(config.smsPrices, country, segments);
  };
}

export interface TextProblem {
  readonly language: string;
  readonly segments: number;
  // The characters that make a text of fewer letters to the segment of it.
  readonly foreign: readonly string[];
}

// The languages in which a code takes more than one segment, which costs as much again, and why.
export function lintTexts(config: Config, languages: Languages): TextProblem[] {
  return languages.tags.flatMap((language) => {
    const { segments, foreign } = countSegments(sampleText(config, languages, language));
    return segments > 1 ? [{ language, segments, foreign }] : [];
  });
}

// What would be sent in this language; every code is as long.
function sampleText(config: Config, languages: Languages, language: string): string {
  return composeCodeText({
    brand: BRAND,
    code: "000000",
    lifeMinutes: Math.ceil(config.limits.codeLifeSeconds / 60),
    domain: new URL(config.issuer).hostname,
    template: languages.chooseLanguage({ uiLocales: language }).template("sms.code"),
  });
}

// Each provider once, behind a breaker of its own, in whatever order it is asked.
export function smsProviders(config: Config, log: Logger, now: () => Instant) {
  const { smsFailuresUntilOpen: failuresUntilOpen, smsOpenSeconds: openSeconds } = config.limits;
  const tell = (event: BreakerEvent) => logBreaker(log, event);
  const made = new Map<SmsProviderName, SmsProvider>();
  const find = (name: SmsProviderName) => {
    const provider =
      made.get(name) ??
      createBreaker(providerOf(config, name, now), { now, failuresUntilOpen, openSeconds, tell });
    made.set(name, provider);
    return provider;
  };
  return {
    providers: config.smsProviders.map(find),
    providersByCountry: new Map(
      Object.entries(config.smsProvidersByCountry).map(([country, names]) => [
        country,
        names.map(find),
      ]),
    ),
  };
}

function logBreaker(log: Logger, { happened, ...event }: BreakerEvent): void {
  switch (happened) {
    case "alarm":
      log.error({ event: "sms-alarm", ...event });
      return;
    case "opened":
      log.warn({ event: "sms-circuit-opened", ...event });
      return;
    case "closed":
      log.info({ event: "sms-circuit-closed", ...event });
      return;
  }
}

function providerOf(config: Config, name: SmsProviderName, now: () => Instant): SmsProvider {
  const { vonage, twilio, webhook } = config;
  switch (name) {
    case "outbox":
      return createOutbox({ file: config.outboxFile });
    case "vonage":
      return createVonage(configured(name, vonage));
    case "twilio":
      return createTwilio({
        ...configured(name, twilio),
        receiptsUrl: config.issuer.startsWith("https:")
          ? `${config.issuer}/sms/receipts/twilio`
          : null,
      });
    case "webhook":
      return createWebhook({ ...configured(name, webhook), now });
  }
}

function configured<Settings>(name: string, settings: Settings | null): Settings {
  if (settings === null) throw new Error(`${name} is named but not configured`);
  return settings;
}
