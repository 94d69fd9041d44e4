// app.ts' way to open a store, which the command line shares. What is not needed is not loaded: most
// commands hash nothing.
import type { Config } from "./config.ts";
import type { PasswordHasher } from "./ports/password-hasher.ts";
import type { Storage } from "./ports/storage.ts";

type StoreChoice = Pick<Config, "store" | "secrets">;

// Opens the store of this configuration, making it if there is none. Whoever opens it closes it. Throws
// UnavailableError while there is no MongoDB to talk to.
export async function openStorage({ store, secrets }: StoreChoice): Promise<Storage> {
  switch (store.kind) {
    case "sqlite": {
      const { openSqliteStorage } = await import("./adapters/sqlite/storage.ts");
      return openSqliteStorage({ file: store.file, secrets });
    }
    case "mongodb": {
      const { openMongoStorage } = await import("./adapters/mongo/storage.ts");
      return openMongoStorage({ uri: store.uri, secrets });
    }
  }
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
