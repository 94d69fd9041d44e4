// app.ts' way to open a store, which the command line shares. What is not needed is not loaded: most
// commands hash nothing.
import type { Config } from "./config.ts";
import type { PasswordHasher } from "./ports/password-hasher.ts";
import type { Storage } from "./ports/storage.ts";

// Opens the store of this configuration, making it if there is none. Whoever opens it closes it.
export async function openStorage(config: Pick<Config, "storeFile" | "secrets">): Promise<Storage> {
  const { openSqliteStorage } = await import("./adapters/sqlite/storage.ts");
  return openSqliteStorage({ file: config.storeFile, secrets: config.secrets });
}

// The hasher of this configuration, with its bounded queue.
export async function createHasher(config: Pick<Config, "limits">): Promise<PasswordHasher> {
  const { createPasswordHasher } = await import("./adapters/password/argon2-hasher.ts");
  return createPasswordHasher({ queueMax: config.limits.passwordHashQueueMax });
}

// The common passwords, in lower case.
export async function readBlocklist(): Promise<ReadonlySet<string>> {
  const { loadBlocklist } = await import("./adapters/password/blocklist.ts");
  return loadBlocklist();
}

// What SQLite itself finds wrong with the file of the store; null: nothing. Changes nothing.
export async function findDamage(config: Pick<Config, "storeFile">): Promise<string | null> {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(config.storeFile, { readOnly: true, timeout: 5000 });
  try {
    const rows = database.prepare("PRAGMA integrity_check(1)").all();
    const answer = String(rows[0]?.integrity_check ?? "no answer");
    return answer === "ok" ? null : answer;
  } finally {
    database.close();
  }
}
