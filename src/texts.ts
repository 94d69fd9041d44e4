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
import { composeNoticeText, countSegments } from "./domain/text-message.ts";
import { countTemplate } from "./domain/text-template.ts";
import type { Instant } from "./domain/time.ts";
import { type BreakerEvent, createBreaker } from "./flow/breaker.ts";
import type { TextDeliveryDeps } from "./flow/deliver-texts.ts";
import { createMessageSender, type SendMessage } from "./flow/send-text.ts";
import type { FlowDeps } from "./flow/sign-in.ts";
import type { Languages } from "./http/language.ts";
import type { Logger } from "./log.ts";
import type { SmsProvider } from "./ports/sms.ts";
import type { ReceiptReader } from "./ports/sms-receipts.ts";
import type { Storage } from "./ports/storage.ts";
import { namedProviders, type SmsProviderName } from "./sms-settings.ts";
import { readChangeTemplates, readOwnTemplates, textFrameOf } from "./text-catalog.ts";

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

// What a text that carries a code costs.
export function createQuote(config: Config): FlowDeps["priceOf"] {
  const [frame, price] = [textFrameOf(config), createPrice(config)];
  return ({ country, template }) => price(country, countTemplate(template, frame).segments);
}

// What a text costs that carries none.
export function createNoticeQuote(config: Config): TextDeliveryDeps["priceOf"] {
  const price = createPrice(config);
  return ({ country, text }) => price(country, countSegments(text).segments);
}

// By the price table: the outbox costs nothing.
function createPrice(config: Config): (country: string, segments: number) => number {
  if (namedProviders(config).every((name) => name === "outbox")) return () => 0;
  return (country, segments) => priceMicros(config.smsPrices, country, segments);
}

// A text that carries no code, in the language of whom it is for.
export function createNoticeComposer(
  languages: Languages,
  support: string,
): TextDeliveryDeps["compose"] {
  return ({ notice, language }) => {
    const { template } = languages.chooseLanguage({ uiLocales: language });
    return composeNoticeText({ brand: BRAND, template: template(`sms.${notice.kind}`), support });
  };
}

// The template of a text: the application's own in this language, else ours; and always ours for what replaces a phone.
export function createTemplates(storage: Storage): FlowDeps["codeTemplate"] {
  const ours = readOwnTemplates();
  const changes = readChangeTemplates();
  return async ({ applicationId, language, changesPhone }) => {
    if (changesPhone) return changes[language] ?? changes.en ?? "";
    const application = await storage.applications.find(applicationId);
    return application?.texts?.[language] ?? ours[language] ?? ours.en ?? "";
  };
}

// The way out for all texts of a process.
export function createMessageSending(config: Config, log: Logger, now: () => Instant): SendMessage {
  return createMessageSender({
    ...smsProviders(config, log, now),
    timeoutSeconds: config.limits.smsTimeoutSeconds,
    onOutcome: ({ outcome, ...event }) => log.info({ event: "text-sent", ...event, ...outcome }),
    now,
  });
}

// Each provider once, behind a breaker of its own, in whatever order it is asked.
function smsProviders(config: Config, log: Logger, now: () => Instant) {
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
