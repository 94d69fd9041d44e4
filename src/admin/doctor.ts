// Looks over an installation and says what is wrong, without changing anything in it.
import { stat } from "node:fs/promises";
import type { RecoveryPolicy } from "../domain/recovery.ts";
import { keysInUse } from "../domain/signing-key.ts";
import type { Storage } from "../ports/storage.ts";
import type { NoticeTemplate, TextDeps } from "./application-texts.ts";
import { type Check, failed, messageOf, passed } from "./check.ts";
import type { AdminDeps } from "./deps.ts";
import { checkChoices } from "./doctor-choices.ts";
import { hasDemoData } from "./first-start.ts";

export interface Installation extends Pick<AdminDeps, "now" | "limits"> {
  readonly production: boolean;
  readonly dataDir: string;
  // Null: the secret comes from the environment.
  readonly secretFile: string | null;
  // Null: the store is not in a file of ours.
  readonly storeFile: string | null;
  readonly smsProviders: readonly string[];
  readonly smsProvidersByCountry: Readonly<Record<string, readonly string[]>>;
  readonly smsCountries: readonly string[] | "all";
  // Null: no mail server.
  readonly smtp: { readonly host: string } | null;
  readonly recovery: RecoveryPolicy;
  readonly unknownSettings: readonly { readonly name: string; readonly meant: string }[];
  // What stands around every text, and our own sentences by language.
  readonly frame: TextDeps["frame"];
  readonly ours: TextDeps["ours"];
  readonly changes: TextDeps["ours"];
  readonly notices: readonly NoticeTemplate[];
  openStorage(): Promise<Storage>;
  // What the database finds wrong with such a file; null: nothing.
  findDamage(file: string): Promise<string | null>;
}

// No version of this product is older than this.
const OLDEST_NOW = Date.UTC(2026, 0, 1);
const CLOCK_SLACK_MS = 60_000;

// All checks, in order; those of the store only if there is one. Throws nothing foreseen: what cannot
// be checked is a check that failed.
export async function examine(installation: Installation): Promise<Check[]> {
  const checks: Check[] = [
    passed("configuration", settingsSentence(installation)),
    ...(await checkFiles(installation)),
    checkSms(installation),
    passed("mail", mailSentence(installation)),
    passed("recovery", recoverySentence(installation)),
  ];
  const { storeFile } = installation;
  if (storeFile !== null && (await modeOf(storeFile)) === null) {
    return [...checks, passed("store", "There is none yet; the first start makes it.")];
  }
  return [...checks, ...(await checkStore(installation))];
}

function settingsSentence(installation: Installation): string {
  const slips = installation.unknownSettings.map(({ name, meant }) => `${name} (${meant}?)`);
  if (slips.length === 0) return "All values are understood.";
  return `All values are understood; nothing reads ${slips.join(", ")}.`;
}

async function checkFiles(installation: Installation): Promise<Check[]> {
  const { dataDir, secretFile, storeFile } = installation;
  const files = [
    { check: "data-directory", file: dataDir, forbidden: 0o007, who: "everybody" },
    { check: "secret-file", file: secretFile, forbidden: 0o077, who: "others than its owner" },
    { check: "store-file", file: storeFile, forbidden: 0o077, who: "others than its owner" },
  ];
  const checks: Check[] = [];
  for (const { check, file, forbidden, who } of files) {
    const mode = file === null ? null : await modeOf(file);
    if (file === null || mode === null) continue;
    const open = (mode & forbidden) !== 0;
    const octal = (mode & 0o777).toString(8).padStart(4, "0");
    checks.push(
      open
        ? failed(check, `${file} has mode ${octal} and is open to ${who}.`)
        : passed(check, `${file} has mode ${octal}.`),
    );
  }
  return checks;
}

function checkSms(installation: Installation): Check {
  const { smsProviders, smsCountries, production } = installation;
  const names = [
    smsProviders.join(", "),
    ...Object.entries(installation.smsProvidersByCountry).map(
      ([country, order]) => `in ${country} through ${order.join(", ")}`,
    ),
  ].join("; ");
  if (smsCountries !== "all" && smsCountries.length === 0) {
    return failed("sms", `No country may be texted through ${names}; set SMS_COUNTRIES.`);
  }
  if (production && smsProviders.includes("outbox")) {
    return failed("sms", "Texts go into the outbox, which production refuses.");
  }
  const where = smsCountries === "all" ? "every country" : smsCountries.join(", ");
  return passed("sms", `Texts go through ${names}, to ${where}.`);
}

function mailSentence({ smtp, production }: Installation): string {
  if (smtp !== null) return `Mails go through ${smtp.host}.`;
  if (!production) return "Mails go into the outbox.";
  return "Nobody is told by mail what happens to their second step; set SMTP_URL and MAIL_FROM.";
}

function recoverySentence({ recovery, smtp, production }: Installation): string {
  if (recovery === "off") return "Nobody is sent a link for a forgotten password.";
  if (smtp === null && production) {
    return "Nobody is sent a link for a forgotten password while no mail goes out.";
  }
  const where = recovery === "any" ? "any address, verified or not" : "a verified address";
  return `A link for a forgotten password goes to ${where}.`;
}

async function checkStore(installation: Installation): Promise<Check[]> {
  let storage: Storage;
  try {
    storage = await installation.openStorage();
    await storage.ping();
  } catch (error) {
    return [failed("store", `It cannot be opened: ${messageOf(error)}`)];
  }
  try {
    return [
      passed("store", "It opens, and can be written."),
      ...(await checkIntegrity(installation)),
      await checkKeys(installation, storage),
      await checkClock(installation, storage),
      await checkDemo(installation, storage),
      ...(await checkChoices(installation, storage)),
    ];
  } finally {
    await storage.close();
  }
}

async function checkIntegrity({ storeFile, findDamage }: Installation): Promise<Check[]> {
  if (storeFile === null) return [];
  try {
    const damage = await findDamage(storeFile);
    if (damage === null) return [passed("integrity", "The file is sound.")];
    return [failed("integrity", `The file is damaged: ${damage}`)];
  } catch (error) {
    return [failed("integrity", `It cannot be checked: ${messageOf(error)}`)];
  }
}

async function checkKeys(installation: Installation, storage: Storage): Promise<Check> {
  const keys = await storage.signingKeys.list();
  if (keys.length === 0) {
    return passed("signing-keys", "There are none yet; the first start makes them.");
  }
  const now = installation.now();
  const used = keysInUse(keys, now, installation.limits);
  for (const alg of new Set(keys.map((key) => key.alg))) {
    if (used.some((key) => key.alg === alg && key.signsFrom <= now)) continue;
    return failed("signing-keys", `No key signs ${alg} yet; is the clock right?`);
  }
  return passed("signing-keys", `${used.length} published, of ${keys.length} kept.`);
}

async function checkClock(installation: Installation, storage: Storage): Promise<Check> {
  const now = installation.now();
  const [newest] = await storage.audit.list({ limit: 1, newestFirst: true });
  if (now < OLDEST_NOW) return failed("clock", `The clock says ${iso(now)}, which is long past.`);
  if (newest !== undefined && newest.at > now + CLOCK_SLACK_MS) {
    return failed(
      "clock",
      `The clock says ${iso(now)}, but there are events of ${iso(newest.at)}.`,
    );
  }
  return passed("clock", `The clock says ${iso(now)}.`);
}

async function checkDemo(installation: Installation, storage: Storage): Promise<Check> {
  const demo = await hasDemoData(storage);
  if (!demo) return passed("demo-data", "There is none.");
  return installation.production
    ? failed("demo-data", "The application or the user demo is there; remove it in production.")
    : passed("demo-data", "The demo is there; production would refuse it.");
}

async function modeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).mode;
  } catch {
    return null;
  }
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
