// Environment and files, read once, checked whole, every problem reported together, frozen. No other
// file looks at process.env.
import { randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import path from "node:path";
import { z } from "zod";
import { type Limits, limitsSchema } from "./domain/limits.ts";

export interface Config {
  readonly production: boolean;
  // Exactly as tokens and discovery say it.
  readonly issuer: string;
  readonly host: string;
  readonly port: number;
  readonly trustProxy: number;
  readonly acr: { readonly single: string; readonly multi: string };
  readonly dataDir: string;
  readonly storeFile: string;
  readonly outboxFile: string;
  // The first signs and wraps, all verify.
  readonly secrets: readonly string[];
  readonly smsProviders: readonly SmsProviderName[];
  readonly smsCountries: readonly string[] | "all";
  readonly vonage: VonageConfig | null;
  readonly allowPrivateFetch: boolean;
  readonly logLevel: LogLevel;
  readonly limits: Limits;
  // Settings of parts that this version does not have yet; named in the log, so nobody relies on them.
  readonly withoutEffect: readonly string[];
}

export type SmsProviderName = "outbox" | "vonage";
export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent";

export interface VonageConfig {
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly from: string;
  readonly host: string | null;
}

// Every problem of a configuration, in one message.
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(`The configuration cannot be used:\n${problems.map((each) => `  - ${each}`).join("\n")}`);
    this.name = "ConfigError";
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

const ROOT = path.resolve(import.meta.dirname, "..");

const listOf = (text: string) =>
  text
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean);

const wholeNumber = (max: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, `must be a whole number from 0 to ${max}`)
    .transform(Number)
    .refine((value) => value <= max, `must be a whole number from 0 to ${max}`);

const environmentSchema = z.object({
  ISSUER: z.string().optional(),
  HOST: z.string().default("127.0.0.1"),
  PORT: wholeNumber(65_535).default(3000),
  TRUST_PROXY: wholeNumber(16).default(0),
  ACR_SINGLE: z
    .string()
    .regex(/^\S+$/, "must be one value without spaces")
    .default("urn:latchkey:acr:1fa"),
  ACR_MULTI: z
    .string()
    .regex(/^\S+$/, "must be one value without spaces")
    .default("urn:latchkey:acr:2fa"),
  DATA_DIR: z.string().default("./data"),
  MONGODB_URI: z
    .undefined("MongoDB is not supported by this version; leave it out to use the embedded store")
    .optional(),
  SECRET: z.string().transform(listOf).optional(),
  SMS_PROVIDERS: z
    .string()
    .default("outbox")
    .transform(listOf)
    .pipe(
      z
        .array(z.enum(["outbox", "vonage"], "must be a list of: outbox, vonage"))
        .min(1, "must name at least one provider"),
    ),
  SMS_COUNTRIES: z
    .string()
    .transform((text) => listOf(text.toUpperCase()))
    .pipe(z.array(z.string().regex(/^[A-Z]{2}$/, "must be two-letter country codes (ISO 3166-1)")))
    .optional(),
  VONAGE_API_KEY: z.string().optional(),
  VONAGE_API_SECRET: z.string().optional(),
  VONAGE_FROM: z.string().optional(),
  VONAGE_HOST: z.url("must be a URL").optional(),
  WORKERS: z
    .literal("1", "must be 1: on the embedded store one process serves; more are safe, not faster")
    .default("1"),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  LIMITS_FILE: z.string().optional(),
  ALLOW_PRIVATE_FETCH: z.enum(["0", "1", "true", "false"], "must be 1 or 0").default("0"),
  NODE_ENV: z.string().optional(),
});

type CheckedEnvironment = z.infer<typeof environmentSchema>;

const MAY_COME_FROM_FILE = ["SECRET", "VONAGE_API_KEY", "VONAGE_API_SECRET"];

const WITHOUT_EFFECT = [
  "SMTP_URL",
  "MAIL_FROM",
  "METRICS_PORT",
  "VONAGE_SIGNATURE_SECRET",
  "TWILIO_ACCOUNT_SID",
  "TWILIO_AUTH_TOKEN",
  "TWILIO_FROM",
  "TWILIO_HOST",
  "SMS_WEBHOOK_URL",
  "SMS_WEBHOOK_SECRET",
];

// The configuration of this process. Throws ConfigError with every problem in one message. On the
// embedded store, a secret that is not given is generated into DATA_DIR.
export function readConfig(environment: Environment = process.env): Config {
  const problems: string[] = [];
  const values = checkEnvironment(environment, problems);
  const limits = readLimits(values.LIMITS_FILE, problems);
  const production = values.NODE_ENV === "production";
  const issuer = values.ISSUER ?? `http://localhost:${values.PORT}`;
  checkIssuer(issuer, production, problems);
  const vonage = vonageOf(values, problems);
  checkAcr(values, problems);
  if (values.SECRET) checkSecrets(values.SECRET, production, problems);
  if (production) checkProduction(values, problems);
  if (limits === null || problems.length > 0) throw new ConfigError(problems);

  const dataDir = path.resolve(values.DATA_DIR);
  const paid = values.SMS_PROVIDERS.some((name) => name !== "outbox");
  return Object.freeze({
    production,
    issuer,
    host: values.HOST,
    port: values.PORT,
    trustProxy: values.TRUST_PROXY,
    acr: { single: values.ACR_SINGLE, multi: values.ACR_MULTI },
    dataDir,
    storeFile: path.join(dataDir, "latchkey.sqlite"),
    outboxFile: path.join(dataDir, "outbox.ndjson"),
    secrets: values.SECRET ?? [readOrMakeSecret(dataDir)],
    smsProviders: values.SMS_PROVIDERS,
    smsCountries: values.SMS_COUNTRIES ?? (paid ? [] : "all"),
    vonage,
    allowPrivateFetch: isOn(values.ALLOW_PRIVATE_FETCH),
    logLevel: values.LOG_LEVEL,
    limits,
    withoutEffect: WITHOUT_EFFECT.filter((name) => environment[name] !== undefined),
  });
}

function checkEnvironment(environment: Environment, problems: string[]): CheckedEnvironment {
  const given: Record<string, string | undefined> = {};
  for (const name of Object.keys(environmentSchema.shape)) {
    // An empty variable is how many tools say "not set".
    given[name] = environment[name] === "" ? undefined : environment[name];
  }
  for (const name of MAY_COME_FROM_FILE) {
    given[name] ??= readSecretFile(name, environment[`${name}_FILE`], problems);
  }
  // A value that is wrong is told and then left out, so that the other checks still run and everything
  // is told at once. It may be a secret: only its name and what is wrong are said.
  const parsed = environmentSchema.safeParse(given);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    problems.push(`${name}: ${issue.message}`);
    delete given[name];
  }
  return environmentSchema.parse(given);
}

function readSecretFile(
  name: string,
  file: string | undefined,
  problems: string[],
): string | undefined {
  if (file === undefined || file === "") return undefined;
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    problems.push(`${name}_FILE: cannot read ${file}`);
    return undefined;
  }
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

// Whether a host name means this very machine.
export function isLoopback(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, "");
  return bare === "localhost" || bare === "::1" || (isIP(bare) === 4 && bare.startsWith("127."));
}

function checkAcr(values: CheckedEnvironment, problems: string[]): void {
  if (values.ACR_SINGLE === values.ACR_MULTI) {
    problems.push("ACR_MULTI: must differ from ACR_SINGLE");
  }
}

function vonageOf(values: CheckedEnvironment, problems: string[]): VonageConfig | null {
  if (!values.SMS_PROVIDERS.includes("vonage")) return null;
  const { VONAGE_API_KEY: apiKey, VONAGE_API_SECRET: apiSecret, VONAGE_FROM: from } = values;
  if (!apiKey) problems.push("VONAGE_API_KEY: is needed for the provider vonage");
  if (!apiSecret) problems.push("VONAGE_API_SECRET: is needed for the provider vonage");
  if (!from) problems.push("VONAGE_FROM: is needed for the provider vonage");
  if (!apiKey || !apiSecret || !from) return null;
  return { apiKey, apiSecret, from, host: values.VONAGE_HOST ?? null };
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
  if (values.SMS_PROVIDERS.includes("outbox")) {
    problems.push("SMS_PROVIDERS: the outbox keeps codes in a file and is refused in production");
  }
  if (isOn(values.ALLOW_PRIVATE_FETCH)) {
    problems.push("ALLOW_PRIVATE_FETCH: is refused in production");
  }
}

function isOn(value: string): boolean {
  return value === "1" || value === "true";
}

// The generated secret of the embedded store. It is written whole under another name and then linked:
// of two first starts at once, one makes it and both read the same.
function readOrMakeSecret(dataDir: string): string {
  const file = path.join(dataDir, "secret");
  const draft = path.join(dataDir, `secret.${process.pid}`);
  try {
    if (!existsSync(file)) {
      mkdirSync(dataDir, { recursive: true, mode: 0o700 });
      writeFileSync(draft, `${randomBytes(48).toString("base64url")}\n`, { mode: 0o600 });
      linkUnlessThere(draft, file);
      rmSync(draft);
    }
  } catch {
    throw new ConfigError([`DATA_DIR: cannot write to ${dataDir}`]);
  }
  const secret = readFileSync(file, "utf8").trim();
  if (Buffer.byteLength(secret) < 32) {
    throw new ConfigError([`SECRET: ${file} holds no secret of at least 32 bytes`]);
  }
  return secret;
}

function linkUnlessThere(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
}
