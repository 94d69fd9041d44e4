// app.ts' way to open a store, which the command line shares. What is not needed is not loaded: most
// commands hash nothing.
import { existsSync } from "node:fs";
import type { Config, StoreConfig } from "./config.ts";
import type { PasswordHasher } from "./ports/password-hasher.ts";
import type { Storage } from "./ports/storage.ts";

type StoreChoice = Pick<Config, "store" | "secrets">;

// Opens the store of this configuration, making it if there is none. Whoever opens it closes it. Throws
// UnavailableError while there is no MongoDB to talk to.
export async function openStorage(
  { store, secrets }: StoreChoice,
  more: { readonly movedDataKey?: Uint8Array; readonly callMs?: number } = {},
): Promise<Storage> {
  switch (store.kind) {
    case "sqlite": {
      const { openSqliteStorage } = await import("./adapters/sqlite/storage.ts");
      return openSqliteStorage({ file: store.file, secrets, movedDataKey: more.movedDataKey });
    }
    case "mongodb": {
      const { openMongoStorage } = await import("./adapters/mongo/storage.ts");
      return openMongoStorage({ uri: store.uri, secrets, ...more });
    }
  }
}

// Nobody waits for a page here, and a batch may be large.
const COPY_CALL_MS = 60_000;

// Both stores of this configuration, to copy from the other one to the target, which is made under the data
// key of the source if there is none yet. A source that is not there is not made: throws.
export async function openForCopy(
  config: Pick<Config, "store" | "embeddedFile" | "secrets">,
  target: "mongodb" | "embedded",
): Promise<{ source: Storage; target: Storage; close(): Promise<void> }> {
  const { secrets, store } = config;
  const embedded: StoreConfig = { kind: "sqlite", file: config.embeddedFile };
  const [from, to] = target === "mongodb" ? [embedded, store] : [store, embedded];
  if (from.kind === "sqlite" && !existsSync(from.file)) {
    throw new Error(`There is no store at ${from.file}.`);
  }
  const source = await openStorage({ store: from, secrets }, { callMs: COPY_CALL_MS });
  try {
    const movedDataKey = source.vault.wrap(secrets[0] ?? "");
    const opened = await openStorage(
      { store: to, secrets },
      { callMs: COPY_CALL_MS, movedDataKey },
    );
    const close = async () => {
      await opened.close();
      await source.close();
    };
    return { source, target: opened, close };
  } catch (error) {
    await source.close();
    throw error;
  }
}

// The hasher of this configuration, with its queue.
export async function createHasher(config: Pick<Config, "limits">): Promise<PasswordHasher> {
  const { createPasswordHasher } = await import("./adapters/password/argon2-hasher.ts");
  return createPasswordHasher({ waitSecondsMax: config.limits.passwordHashWaitSecondsMax });
}

// The common passwords, in lower case.
export async function readBlocklist(): Promise<ReadonlySet<string>> {
  const { loadBlocklist } = await import("./adapters/password/blocklist.ts");
  return loadBlocklist();
}

// Copies the embedded store into a new file. Null: there is a file of that name.
export async function backUpEmbedded(
  file: string,
  target: string,
): Promise<{ readonly bytes: number } | null> {
  if (!existsSync(file)) throw new Error(`There is no store at ${file}.`);
  const { backUpFile } = await import("./adapters/sqlite/backup.ts");
  const made = await backUpFile(file, target);
  return made.outcome === "done" ? { bytes: made.bytes } : null;
}

// What SQLite itself finds wrong with this file; null: nothing. Changes nothing.
export async function findDamage(file: string): Promise<string | null> {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  try {
    const rows = database.prepare("PRAGMA integrity_check(1)").all();
    const answer = String(rows[0]?.integrity_check ?? "no answer");
    return answer === "ok" ? null : answer;
  } finally {
    database.close();
  }
}
