// npm run bench:races -- [sqlite | mongo-java-server | mongodb://…] [--rounds N]: what no race may change, raced
// often. Two hundred right codes at once, two hundred wrong ones, and ten thousand attempts to send; the steps
// and the store are the product's own, only the provider at the far end counts instead of sending.
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { openMongoStorage } from "../src/adapters/mongo/storage.ts";
import { openSqliteStorage } from "../src/adapters/sqlite/storage.ts";
import { openChallenge } from "../src/domain/challenge.ts";
import { codeFor } from "../src/domain/code.ts";
import { NOTHING_PROVED } from "../src/domain/factors.ts";
import type { InteractionState } from "../src/domain/interaction.ts";
import { type Limits, limitsSchema } from "../src/domain/limits.ts";
import { NO_ACR_REQUESTED } from "../src/domain/requested-acr.ts";
import type { User } from "../src/domain/user.ts";
import { takeResendStep } from "../src/flow/resend-step.ts";
import type { FlowDeps, SignIn } from "../src/flow/sign-in.ts";
import { submitCode } from "../src/flow/submit-code-step.ts";
import type { Storage } from "../src/ports/storage.ts";
import { emptyDatabase } from "../test/support/mongo-addresses.ts";
import { startMongoJavaServer } from "../test/support/mongo-servers.ts";
import { line, title } from "./figures.ts";
import { wholeNumber } from "./options.ts";

const RACERS = 200;
const USERS = 1_000;
const SENDS_EACH = 10;
const KEY = { id: "race", key: randomBytes(32) };
const LIMITS_FILE = new URL("../config/limits.json", import.meta.url);
const PUBLISHED = limitsSchema.parse(JSON.parse(readFileSync(LIMITS_FILE, "utf8")));
// The range that the numbers lie in is one here, and is not what is raced for.
const LIMITS: Limits = { ...PUBLISHED, sendsPerPrefixPerDay: 1_000_000, usersPerBoundPhone: 1 };

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "1000" } },
});
const rounds = wholeNumber(given, "rounds", { max: 100_000 });
const { storage, close } = await openStore(positionals[0] ?? "sqlite");
let texts = 0;
let failed = false;
try {
  await raceCodes("right");
  await raceCodes("wrong");
  await raceSends({ allowed: USERS, limits: LIMITS, what: "one text each, by the gap" });
  await raceSends({
    allowed: 700,
    limits: { ...LIMITS, sendsPerDay: texts + 700 },
    what: "seven hundred in all, by the day's cap",
  });
} finally {
  await close();
}
process.exit(failed ? 1 : 0);

async function raceCodes(kind: "right" | "wrong"): Promise<void> {
  title(`${rounds} rounds of ${RACERS} ${kind} codes at once`);
  let accepted = 0;
  let mostLookedAt = 0;
  const began = performance.now();
  for (let round = 0; round < rounds; round++) {
    const user = await addUser(`${kind}-${round}`, numberOf(round));
    const { signIn, code } = await waiting(user, LIMITS);
    const typed = kind === "right" ? code : String((Number(code) + 1) % 1_000_000).padStart(6, "0");
    const deps = depsOf(LIMITS);
    const outcomes = await Promise.all(
      Array.from({ length: RACERS }, () => submitCode(deps, signIn, typed)),
    );
    const count = (name: string) => outcomes.filter(({ outcome }) => outcome === name).length;
    accepted += count("accepted");
    mostLookedAt = Math.max(mostLookedAt, count("rejected"));
  }
  const seconds = (performance.now() - began) / 1000;
  if (kind === "right") tell("accepted", accepted, accepted === rounds);
  else tell("most that were looked at in a round", mostLookedAt, mostLookedAt === 5);
  if (kind === "wrong") tell("accepted", accepted, accepted === 0);
  line("seconds", seconds.toFixed(1));
}

async function raceSends(race: {
  readonly allowed: number;
  readonly limits: Limits;
  readonly what: string;
}): Promise<void> {
  title(`${USERS * SENDS_EACH} attempts to send by ${USERS} users: ${race.what}`);
  const before = texts;
  const visits: SignIn[] = [];
  for (let i = 0; i < USERS; i++) {
    const user = await addUser(`send-${race.allowed}-${i}`, numberOf(100_000 + before + i));
    visits.push((await waiting(user, race.limits, 0)).signIn);
  }
  const deps = depsOf(race.limits);
  const attempts = visits.flatMap((signIn) => Array<SignIn>(SENDS_EACH).fill(signIn));
  // So many at a time as a busy server has in hand.
  for (let i = 0; i < attempts.length; i += 500) {
    await Promise.all(attempts.slice(i, i + 500).map((signIn) => takeResendStep(deps, signIn)));
  }
  tell("texts that went out", texts - before, texts - before === race.allowed);
}

function tell(name: string, value: number, isRight: boolean): void {
  failed ||= !isRight;
  line(name, `${value}${isRight ? "" : "   WRONG"}`);
}

async function openStore(kind: string): Promise<{ storage: Storage; close(): Promise<void> }> {
  const secrets = [randomBytes(32).toString("base64url")];
  if (kind === "sqlite") {
    const directory = mkdtempSync(path.join(tmpdir(), "latchkey-races-"));
    const opened = await openSqliteStorage({ file: path.join(directory, "store"), secrets });
    const close = async () => {
      await opened.close();
      rmSync(directory, { recursive: true });
    };
    return { storage: opened, close };
  }
  const server = kind === "mongo-java-server" ? await startMongoJavaServer() : null;
  const uri = emptyDatabase(server?.uri ?? kind);
  const opened = await openMongoStorage({ uri, secrets, callMs: 60_000 });
  return { storage: opened, close: () => opened.close().finally(() => server?.close()) };
}

function depsOf(limits: Limits): FlowDeps {
  return {
    storage,
    hasher: { hash: async () => "", verify: async () => ({ matches: false, replacement: null }) },
    sendText: async () => {
      texts++;
      return { outcome: "accepted", providerMessageId: null, provider: "races" };
    },
    codeKeys: [KEY],
    linkKeys: [KEY],
    mailsGoOut: true,
    recovery: "verified",
    blocklist: async () => new Set<string>(),
    limits,
    acr: { single: "1", multi: "2" },
    smsCountries: "all",
    withResult: (record) => ({ ...record, result: {} }),
    priceOf: () => 0,
    codeTemplate: async () => "{code}",
    isOwnAddress: () => true,
    fraudGuard: "off",
    alarm: () => {},
    now: Date.now,
    newId: () => randomBytes(18).toString("base64url"),
  };
}

async function addUser(id: string, number: string): Promise<User> {
  const now = Date.now();
  const user: User = {
    id,
    username: null,
    email: null,
    emailVerified: false,
    loginPhone: null,
    phone: { number, status: "bound", since: now },
    profile: {},
    passwordHash: null,
    status: "active",
    factorAttempts: { inARow: 0, lockedUntil: null },
    credentialsChangedAt: now,
    createdAt: now,
    updatedAt: now,
  };
  const target = `user:${id}`;
  const event = { at: now, actor: "system", target, because: null, details: {} };
  await storage.users.create(user, { ...event, action: "user-added" });
  return user;
}

// A sign-in that waits for a code, which was sent so often.
async function waiting(
  user: User,
  limits: Limits,
  sends = 1,
): Promise<{ signIn: SignIn; code: string }> {
  const now = Date.now();
  const uid = randomBytes(16).toString("hex");
  const id = randomBytes(18).toString("base64url");
  const phone = user.phone?.number ?? "";
  const opened = openChallenge({ id, codeKeyId: KEY.id, purpose: "login", phone }, now, limits);
  const state: InteractionState = {
    step: "code",
    userId: user.id,
    sourceId: "password",
    proved: { ...NOTHING_PROVED, pwd: now },
    challenge: { ...opened, sends, lastSentAt: sends === 0 ? null : now },
    binding: false,
    refusal: null,
    decision: null,
  };
  await storage.interactions.save(uid, {}, now + 900_000);
  const moved = await storage.interactions.move({
    uid,
    now,
    from: { version: 0 },
    to: state,
    resetAttempts: true,
    effects: {},
  });
  const interaction = await storage.interactions.find(uid, now);
  if (moved.outcome !== "moved" || interaction === null) throw new Error("no interaction");
  const signIn: SignIn = {
    interaction,
    request: {
      kind: "sign-in",
      clientId: "races",
      acr: NO_ACR_REQUESTED,
      changesPhone: false,
      freshLogin: false,
      maxAgeSeconds: null,
      session: null,
      uiLocales: null,
    },
    language: "en",
    address: "127.0.0.1",
    deviceId: "race",
  };
  return { signIn, code: codeFor(id, KEY.key) };
}

function numberOf(i: number): string {
  return `+1415${String(2_000_000 + i)}`;
}
