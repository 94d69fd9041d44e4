// The environment as it was given: which variables there are, which forms they have, which may come from a
// file. Whether they fit one another is config.ts' business.
import { readFileSync } from "node:fs";
import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";

export type Environment = Readonly<Record<string, string | undefined>>;

export const WORKERS_MAX = 64;

const listOf = (text: string) =>
  text
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean);

const providerName = z.enum(
  ["vonage", "twilio", "webhook", "outbox"],
  "must be a list of: vonage, twilio, webhook, outbox",
);
const providerOrder = z.array(providerName).min(1, "must name at least one provider");

// DE=twilio,vonage;US=webhook
const ordersByCountry = z
  .string()
  .transform((text) => text.split(";").filter((each) => each.trim() !== ""))
  .pipe(
    z.array(
      z
        .string()
        .regex(/^\s*[A-Za-z]{2}\s*=/, "must be COUNTRY=PROVIDER,…;… with two-letter country codes")
        .transform((each) => each.split("="))
        .pipe(z.tuple([z.string(), z.string()], "must name each country's providers after one ="))
        .transform(([country, names]) => [country.trim().toUpperCase(), listOf(names)] as const)
        .pipe(z.tuple([z.string(), providerOrder])),
    ),
  )
  .refine(
    (orders) => new Set(orders.map(([country]) => country)).size === orders.length,
    "must name each country once",
  )
  .transform((orders) => Object.fromEntries(orders));

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
  METRICS_PORT: wholeNumber(65_535).optional(),
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
  MONGODB_URI: z.string().optional(),
  SECRET: z.string().transform(listOf).optional(),
  SMS_PROVIDERS: z.string().default("outbox").transform(listOf).pipe(providerOrder),
  SMS_PROVIDERS_BY_COUNTRY: ordersByCountry.optional(),
  SMS_COUNTRIES: z
    .string()
    .transform((text) => listOf(text.toUpperCase()))
    .pipe(z.array(z.string().regex(/^[A-Z]{2}$/, "must be two-letter country codes (ISO 3166-1)")))
    .optional(),
  SMS_PUMPING_GUARD: z.enum(["on", "record", "off"], "must be on, record or off").optional(),
  VONAGE_SIGNATURE_SECRET: z.string().min(8, "is too short for a secret").optional(),
  VONAGE_API_KEY: z.string().optional(),
  VONAGE_API_SECRET: z.string().optional(),
  VONAGE_FROM: z.string().optional(),
  VONAGE_HOST: z.url("must be a URL").optional(),
  TWILIO_ACCOUNT_SID: z.string().optional(),
  TWILIO_AUTH_TOKEN: z.string().optional(),
  TWILIO_FROM: z.string().optional(),
  TWILIO_HOST: z.url("must be a URL").optional(),
  SMS_WEBHOOK_URL: z.url("must be a URL").optional(),
  SMS_WEBHOOK_SECRET: z.string().optional(),
  SMTP_URL: z.string().optional(),
  MAIL_FROM: z.string().optional(),
  SUPPORT_URL: z.string().optional(),
  SUPPORT_EMAIL: z.string().optional(),
  RECOVERY: z.enum(["verified", "any", "off"], "must be verified, any or off").default("verified"),
  WORKERS: wholeNumber(WORKERS_MAX).default(1),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  LIMITS_FILE: z.string().optional(),
  PRIVATE_FETCH_HOSTS: z
    .string()
    .default("")
    .transform((text) => listOf(text.toLowerCase()))
    .pipe(z.array(z.string().regex(/^[a-z0-9._:-]+$/, "must be host names or IP addresses alone"))),
  ALLOW_PRIVATE_FETCH: z.enum(["0", "1", "true", "false"], "must be 1 or 0").default("0"),
  NODE_ENV: z.string().optional(),
});

export type CheckedEnvironment = z.infer<typeof environmentSchema>;

const MAY_COME_FROM_FILE = [
  "MONGODB_URI",
  "SECRET",
  "VONAGE_API_KEY",
  "VONAGE_API_SECRET",
  "VONAGE_SIGNATURE_SECRET",
  "TWILIO_ACCOUNT_SID",
  "TWILIO_AUTH_TOKEN",
  // An address may hold a token.
  "SMS_WEBHOOK_URL",
  "SMS_WEBHOOK_SECRET",
  "SMTP_URL",
];

// Variables that nothing reads, and that look like one that is read: their names only, never what they hold.
export function findUnknown(environment: Environment): UnknownSetting[] {
  const known = [
    ...Object.keys(environmentSchema.shape),
    ...MAY_COME_FROM_FILE.map((name) => `${name}_FILE`),
  ];
  const others = Object.keys(environment).filter((name) => !known.includes(name));
  return others.flatMap((name) => {
    const meant = closest(name, known);
    return distance(name, meant) > slipsIn(meant) ? [] : [{ name, meant }];
  });
}

export interface UnknownSetting {
  readonly name: string;
  readonly meant: string;
}

// A short name is soon another program's.
function slipsIn(name: string): number {
  return name.length < 8 ? 1 : 2;
}

// The values, those that are wrong left out; what is wrong with them is added to the problems.
export function checkEnvironment(environment: Environment, problems: string[]): CheckedEnvironment {
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
