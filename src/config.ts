// Environment and files, read once, checked whole, every problem reported together, frozen. No other
// file looks at process.env.
import { readFileSync } from "node:fs";
import path from "node:path";
import type { PrivateFetchHosts } from "./domain/fetch-policy.ts";
import { type Limits, limitsSchema } from "./domain/limits.ts";
import type { RecoveryPolicy } from "./domain/recovery.ts";
import { type SmsPrices, smsPricesSchema } from "./domain/sms-price.ts";
import type { SupportContact } from "./domain/support-contact.ts";
import {
  type CheckedEnvironment,
  checkEnvironment,
  type Environment,
  findUnknown,
  type UnknownSetting,
  WORKERS_MAX,
} from "./environment.ts";
import { isLoopback } from "./loopback.ts";
import { problemsOfMongodbUri } from "./mongodb-uri.ts";
import { readOrMakeSecret } from "./secret-file.ts";
import { type SmsConfig, smsConfigOf } from "./sms-settings.ts";
import { readSmtpSettings, type SmtpSettings } from "./smtp-settings.ts";
import { readSupport } from "./support-settings.ts";

export { isLoopback };

export interface Config extends SmsConfig {
  readonly production: boolean;
  // Exactly as tokens and discovery say it.
  readonly issuer: string;
  readonly host: string;
  readonly port: number;
  // Null: nothing is measured.
  readonly metricsPort: number | null;
  readonly trustProxy: number;
  readonly acr: { readonly single: string; readonly multi: string };
  readonly dataDir: string;
  readonly store: StoreConfig;
  // Where the embedded store is or would be.
  readonly embeddedFile: string;
  // How many processes serve.
  readonly workers: number;
  readonly outboxFile: string;
  // The first signs and wraps, all verify.
  readonly secrets: readonly string[];
  // Null: mails go into the outbox, or nowhere in production.
  readonly smtp: SmtpConfig | null;
  // Whom people can ask for help.
  readonly support: SupportContact;
  // To which addresses links go that replace a forgotten password.
  readonly recovery: RecoveryPolicy;
  // The hosts of applications that may be at private addresses.
  readonly privateFetchHosts: PrivateFetchHosts;
  readonly logLevel: LogLevel;
  readonly limits: Limits;
  readonly smsPrices: SmsPrices;
  // Variables that nothing reads and that look like one that is read; named in the log.
  readonly unknownSettings: readonly UnknownSetting[];
}

export type StoreConfig =
  | { readonly kind: "sqlite"; readonly file: string }
  | { readonly kind: "mongodb"; readonly uri: string };

export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

// Without TLS on this very machine only.
export type SmtpConfig = SmtpSettings & { readonly plain: boolean };

// Every problem of a configuration, in one message.
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((each) => `  - ${each}`).join("\n")}`);
    this.name = "ConfigError";
  }
}

const ROOT = path.resolve(import.meta.dirname, "..");

// The configuration of this process. Throws ConfigError with every problem in one message. On the
// embedded store, a secret that is not given is generated into DATA_DIR.
export function readConfig(environment: Environment = process.env): Config {
  const problems: string[] = [];
  const values = checkEnvironment(environment, problems);
  const limits = readLimits(values.LIMITS_FILE, problems);
  const production = values.NODE_ENV === "production";
  const issuer = values.ISSUER ?? `http://localhost:${values.PORT}`;
  checkIssuer(issuer, production, problems);
  const sms = smsConfigOf(values, production, problems);
  const smtp = readSmtpSettings(values, { issuer, production }, problems);
  const support = readSupport(values, production, problems);
  checkAcr(values, problems);
  if (values.METRICS_PORT === values.PORT && values.PORT !== 0) {
    problems.push("METRICS_PORT: must be another one than PORT, which is public");
  }
  checkStore(values, production, problems);
  if (values.SECRET) checkSecrets(values.SECRET, production, problems);
  if (production) checkProduction(values, problems);
  if (limits === null || problems.length > 0) throw new ConfigError(problems);

  const dataDir = path.resolve(values.DATA_DIR);
  const embeddedFile = path.join(dataDir, "latchkey.sqlite");
  return Object.freeze({
    production,
    issuer,
    host: values.HOST,
    port: values.PORT,
    metricsPort: values.METRICS_PORT ?? null,
    trustProxy: values.TRUST_PROXY,
    acr: { single: values.ACR_SINGLE, multi: values.ACR_MULTI },
    dataDir,
    store: storeOf(values, embeddedFile),
    embeddedFile,
    workers: values.WORKERS,
    outboxFile: path.join(dataDir, "outbox.ndjson"),
    secrets: values.SECRET ?? [generatedSecret(dataDir, embeddedFile)],
    ...sms,
    smtp: smtp && { ...smtp, plain: !smtp.secure && isLoopback(smtp.host) },
    support,
    recovery: values.RECOVERY,
    privateFetchHosts: isOn(values.ALLOW_PRIVATE_FETCH) ? "all" : values.PRIVATE_FETCH_HOSTS,
    logLevel: values.LOG_LEVEL,
    limits,
    smsPrices: readPrices(),
    unknownSettings: findUnknown(environment),
  });
}

function readLimits(file: string | undefined, problems: string[]): Limits | null {
  const published: unknown = JSON.parse(
    readFileSync(path.join(ROOT, "config", "limits.json"), "utf8"),
  );
  const overrides = file === undefined ? {} : readJson(file, problems);
  if (overrides === null) return null;
  const parsed = limitsSchema.safeParse(Object.assign({}, published, overrides));
  if (parsed.success) return Object.freeze(parsed.data);
  for (const issue of parsed.error.issues) {
    problems.push(`LIMITS_FILE: ${[...issue.path, issue.message].join(": ")}`);
  }
  return null;
}

// Ours, and read whole: whoever changes it and slips should hear of it at the start.
function readPrices(): SmsPrices {
  const file = path.join(ROOT, "config", "sms-prices.json");
  const parsed = smsPricesSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (parsed.success) return Object.freeze(parsed.data);
  throw new ConfigError(
    parsed.error.issues.map((issue) => `${file}: ${[...issue.path, issue.message].join(": ")}`),
  );
}

function readJson(file: string, problems: string[]): object | null {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
    problems.push(`LIMITS_FILE: ${file} does not hold a JSON object`);
  } catch {
    problems.push(`LIMITS_FILE: cannot read ${file} as JSON`);
  }
  return null;
}

function checkIssuer(issuer: string, production: boolean, problems: string[]): void {
  const url = URL.parse(issuer);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    problems.push("ISSUER: must be an http or https URL");
    return;
  }
  if (url.search !== "" || url.hash !== "" || url.username !== "") {
    problems.push("ISSUER: must have no query, fragment or credentials");
  }
  if (issuer.endsWith("/")) problems.push("ISSUER: must not end in a slash");
  if (production && url.protocol === "http:" && !isLoopback(url.hostname)) {
    problems.push("ISSUER: must be https in production");
  }
}

function checkAcr(values: CheckedEnvironment, problems: string[]): void {
  if (values.ACR_SINGLE === values.ACR_MULTI) {
    problems.push("ACR_MULTI: must differ from ACR_SINGLE");
  }
}

function checkStore(values: CheckedEnvironment, production: boolean, problems: string[]): void {
  const { MONGODB_URI: uri, WORKERS: workers } = values;
  if (workers < 1) problems.push(`WORKERS: must be a whole number from 1 to ${WORKERS_MAX}`);
  if (uri === undefined) {
    if (workers > 1) {
      problems.push(
        "WORKERS: must be 1 on the embedded store: one process serves; more are safe, not faster",
      );
    }
    return;
  }
  for (const problem of problemsOfMongodbUri(uri, production)) {
    problems.push(`MONGODB_URI: ${problem}`);
  }
  if (values.SECRET === undefined) {
    problems.push("SECRET: is needed with MONGODB_URI, the same for every node");
  }
}

function storeOf({ MONGODB_URI: uri }: CheckedEnvironment, file: string): StoreConfig {
  return uri === undefined ? { kind: "sqlite", file } : { kind: "mongodb", uri };
}

function checkSecrets(secrets: readonly string[], production: boolean, problems: string[]): void {
  if (secrets.length === 0) problems.push("SECRET: must not be empty");
  for (const secret of secrets) {
    if (Buffer.byteLength(secret) < 32) {
      problems.push("SECRET: each must have at least 32 bytes");
    } else if (production && looksLikeAnExample(secret)) {
      problems.push("SECRET: looks like an example; make one with: openssl rand -base64 48");
    }
  }
}

function looksLikeAnExample(secret: string): boolean {
  return new Set(secret).size < 10 || /example|change.?me|secret|password|default/i.test(secret);
}

function checkProduction(values: CheckedEnvironment, problems: string[]): void {
  if (isOn(values.ALLOW_PRIVATE_FETCH)) {
    problems.push("ALLOW_PRIVATE_FETCH: is refused in production");
  }
}

function isOn(value: string): boolean {
  return value === "1" || value === "true";
}

// Only for the embedded store: nodes on MongoDB have to be given the same one.
function generatedSecret(dataDir: string, store: string): string {
  try {
    return readOrMakeSecret(dataDir, store);
  } catch (error) {
    throw new ConfigError([error instanceof Error ? error.message : String(error)]);
  }
}
