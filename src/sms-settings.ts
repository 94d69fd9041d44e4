// The settings of texts: which providers there are, in which order, and what each of them needs. No
// problem that is told quotes a secret.

import type { GuardMode } from "./domain/fraud-guard.ts";
import { allCountries } from "./domain/phone.ts";
import type { CheckedEnvironment } from "./environment.ts";
import { isLoopback } from "./loopback.ts";

export type SmsProviderName = CheckedEnvironment["SMS_PROVIDERS"][number];

export interface SmsConfig {
  readonly smsProviders: readonly SmsProviderName[];
  // Countries with an order of their own, by their ISO codes.
  readonly smsProvidersByCountry: Readonly<Record<string, readonly SmsProviderName[]>>;
  readonly smsCountries: readonly string[] | "all";
  // Texts that cost nothing draw nobody who is paid for them.
  readonly fraudGuard: GuardMode;
  // Null: not named in any order.
  readonly vonage: VonageConfig | null;
  readonly twilio: TwilioConfig | null;
  readonly webhook: WebhookConfig | null;
}

export interface VonageConfig {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly from: string;
  readonly host: string | null;
  // Signs its receipts; null: none are taken.
  readonly signatureSecret: string | null;
}

export interface TwilioConfig {
  readonly accountSid: string;
  readonly authToken: string;
  readonly from: string;
  readonly host: string | null;
}

export interface WebhookConfig {
  readonly url: string;
  readonly key: Buffer;
}

// The standard's own least: 192 bits.
const WEBHOOK_SECRET_BYTES_MIN = 24;

// The settings; what is wrong with them is added to the problems.
export function smsConfigOf(
  values: CheckedEnvironment,
  production: boolean,
  problems: string[],
): SmsConfig {
  const byCountry = values.SMS_PROVIDERS_BY_COUNTRY ?? {};
  checkCountries(Object.keys(byCountry), problems);
  const named = new Set([values.SMS_PROVIDERS, ...Object.values(byCountry)].flat());
  if (production && named.has("outbox")) {
    const name = values.SMS_PROVIDERS.includes("outbox")
      ? "SMS_PROVIDERS"
      : "SMS_PROVIDERS_BY_COUNTRY";
    problems.push(`${name}: the outbox keeps codes in a file and is refused in production`);
  }
  const paid = [...named].some((name) => name !== "outbox");
  return {
    smsProviders: values.SMS_PROVIDERS,
    smsProvidersByCountry: byCountry,
    smsCountries: values.SMS_COUNTRIES ?? (paid ? [] : "all"),
    fraudGuard: values.SMS_PUMPING_GUARD ?? (paid ? "on" : "off"),
    vonage: named.has("vonage") ? vonageOf(values, problems) : null,
    twilio: named.has("twilio") ? twilioOf(values, problems) : null,
    webhook: named.has("webhook") ? webhookOf(values, production, problems) : null,
  };
}

// Whether there is no country that may be texted: with a paid one, somebody has to say which.
export function textsNobody({ smsCountries }: Pick<SmsConfig, "smsCountries">): boolean {
  return smsCountries !== "all" && smsCountries.length === 0;
}

// All providers that any order names.
export function namedProviders(config: SmsConfig): SmsProviderName[] {
  const orders = [config.smsProviders, ...Object.values(config.smsProvidersByCountry)];
  return [...new Set(orders.flat())];
}

function checkCountries(codes: readonly string[], problems: string[]): void {
  const known = new Set(allCountries());
  const unknown = codes.filter((code) => !known.has(code));
  if (unknown.length === 0) return;
  problems.push(`SMS_PROVIDERS_BY_COUNTRY: there is no country ${unknown.join(", ")}`);
}

function vonageOf(values: CheckedEnvironment, problems: string[]): VonageConfig | null {
  const {
    VONAGE_API_KEY: apiKey,
    VONAGE_API_SECRET: apiSecret,
    VONAGE_FROM: from,
    VONAGE_HOST: host,
  } = values;
  problems.push(
    ...needed("vonage", {
      VONAGE_API_KEY: apiKey,
      VONAGE_API_SECRET: apiSecret,
      VONAGE_FROM: from,
    }),
  );
  checkHost("VONAGE_HOST", host, problems);
  if (!apiKey || !apiSecret || !from) return null;
  const signatureSecret = values.VONAGE_SIGNATURE_SECRET ?? null;
  return { apiKey, apiSecret, from, host: host ?? null, signatureSecret };
}

function twilioOf(values: CheckedEnvironment, problems: string[]): TwilioConfig | null {
  const {
    TWILIO_ACCOUNT_SID: accountSid,
    TWILIO_AUTH_TOKEN: authToken,
    TWILIO_FROM: from,
    TWILIO_HOST: host,
  } = values;
  problems.push(
    ...needed("twilio", {
      TWILIO_ACCOUNT_SID: accountSid,
      TWILIO_AUTH_TOKEN: authToken,
      TWILIO_FROM: from,
    }),
  );
  checkHost("TWILIO_HOST", host, problems);
  if (!accountSid || !authToken || !from) return null;
  return { accountSid, authToken, from, host: host ?? null };
}

// It gets the credentials and the codes.
function checkHost(name: string, host: string | undefined, problems: string[]): void {
  if (host === undefined || isPrivateWay(host, { loopback: true })) return;
  problems.push(`${name}: must be https, or http on loopback`);
}

function webhookOf(
  values: CheckedEnvironment,
  production: boolean,
  problems: string[],
): WebhookConfig | null {
  const { SMS_WEBHOOK_URL: url, SMS_WEBHOOK_SECRET: secret } = values;
  problems.push(...needed("webhook", { SMS_WEBHOOK_URL: url, SMS_WEBHOOK_SECRET: secret }));
  if (url !== undefined && !isPrivateWay(url, { loopback: !production })) {
    problems.push(
      production
        ? "SMS_WEBHOOK_URL: must be https in production"
        : "SMS_WEBHOOK_URL: must be https, or http on loopback",
    );
  }
  if (url === undefined || secret === undefined) return null;
  const key = webhookKey(secret);
  if (key.length < WEBHOOK_SECRET_BYTES_MIN) {
    problems.push(`SMS_WEBHOOK_SECRET: must have at least ${WEBHOOK_SECRET_BYTES_MIN} bytes`);
  }
  return { url, key };
}

// The standard writes a key as whsec_ and base64; any other text is its own bytes.
function webhookKey(secret: string): Buffer {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  return encoded === undefined ? Buffer.from(secret) : Buffer.from(encoded, "base64");
}

// A problem for each value that is not there.
function needed(provider: string, values: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(values)
    .filter(([, value]) => !value)
    .map(([name]) => `${name}: is needed for the provider ${provider}`);
}

// Whether what is sent to an address can be read on the way by nobody.
function isPrivateWay(address: string, http: { readonly loopback: boolean }): boolean {
  const url = URL.parse(address);
  if (url === null || url.username !== "" || url.password !== "") return false;
  if (url.protocol === "https:") return true;
  return url.protocol === "http:" && http.loopback && isLoopback(url.hostname);
}
