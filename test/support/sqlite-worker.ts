// One of several processes on one store: node sqlite-worker.ts FILE TASK. Opens the store, says so, waits
// for a line on standard input so that all begin together, and prints what came of it as JSON.
import { once } from "node:events";
import { openSqliteStorage } from "../../src/adapters/sqlite/storage.ts";
import type { Storage } from "../../src/ports/storage.ts";
import { aGuess, LIMITS, NOON } from "./builders.ts";
import { SECRETS } from "./sqlite-files.ts";

const CALLS = 50;
const LOGIN = { kind: "username", value: "alice" } as const;
const LOCK = {
  kind: "growing-lock",
  untilLock: 10,
  lockSeconds: 60,
  lockSecondsMax: 900,
} as const;

const TASKS: Readonly<Record<string, (storage: Storage) => Promise<unknown>>> = {
  // Says under which data key it works.
  index: async (storage) => storage.vault.index("test", "value"),
  consume: (storage) => parallel(() => storage.records.consume("AuthorizationCode", "c1", NOON)),
  countAttempt: (storage) =>
    parallel(
      async () => (await storage.interactions.countAttempt("i1", NOON, LIMITS, aGuess())).outcome,
    ),
  beginPasswordAttempt: (storage) => {
    const attempt = { login: LOGIN, budgets: [{ key: "k", policy: LOCK }], now: NOON };
    return parallel(async () => (await storage.users.beginPasswordAttempt(attempt)).outcome);
  },
  // Prints every id once it is acknowledged, until it is killed.
  write: (storage) => parallel((i) => writeForEver(storage, i)),
};

function parallel<T>(call: (i: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: CALLS }, (_, i) => call(i)));
}

async function writeForEver(storage: Storage, writer: number): Promise<never> {
  for (let i = 0; ; i++) {
    const id = `${writer}-${i}`;
    await storage.records.save({ model: "AccessToken", id, payload: { i }, expiresAt: null });
    process.stdout.write(`${id}\n`);
  }
}

const [file = "", task = ""] = process.argv.slice(2);
const storage = await openSqliteStorage({ file, secrets: SECRETS });
process.stdout.write("ready\n");
await once(process.stdin, "data");
const result = await TASKS[task]?.(storage);
process.stdout.write(`${JSON.stringify(result)}\n`);
await storage.close();
process.exit();
