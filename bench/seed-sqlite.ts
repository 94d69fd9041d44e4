// Fills an embedded store past its ports, a hundred times as fast, in the form in which the product reads it.
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { openSqliteStorage } from "../src/adapters/sqlite/storage.ts";
import { sealDetails } from "../src/adapters/stored/audit-event.ts";
import { storeRecord } from "../src/adapters/stored/record.ts";
import { loginKeysOf, phoneIndex, sealUser } from "../src/adapters/stored/user.ts";
import type { Vault } from "../src/domain/vault.ts";
import { type Amounts, seededEvent, seededRecord, seededUser } from "./seed-rows.ts";

const ROWS_PER_TRANSACTION = 20_000;
const PATIENCE_MS = 10_000;

// Makes the store if there is none. A server may have it open meanwhile, as long as it is idle.
export async function seedSqlite(file: string, secret: string, amounts: Amounts): Promise<void> {
  const storage = await openSqliteStorage({ file, secrets: [secret] });
  const { vault } = storage;
  await storage.close();

  const connection = new DatabaseSync(file, { timeout: PATIENCE_MS });
  connection.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000");
  insertUsers(connection, vault, amounts);
  insertRecords(connection, vault, amounts);
  insertEvents(connection, vault, amounts);
  // What is measured next must not wait for what was written here.
  connection.exec("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)");
  connection.close();
}

function insertUsers(connection: DatabaseSync, vault: Vault, { users }: Amounts): void {
  const user = connection.prepare("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?)");
  const name = connection.prepare("INSERT INTO login_names VALUES (?, ?)");
  inTransactions(connection, users, (n) => {
    const each = seededUser(n);
    const { inARow, lockedUntil } = each.factorAttempts;
    const index = each.phone && phoneIndex(vault, each.phone.number);
    user.run(each.id, sealUser(vault, each), each.updatedAt, index, inARow, lockedUntil);
    for (const key of loginKeysOf(vault, each)) name.run(key, each.id);
  });
}

function insertRecords(connection: DatabaseSync, vault: Vault, amounts: Amounts): void {
  const record = connection.prepare("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  inTransactions(connection, amounts.records, (n) => {
    const each = seededRecord(n, amounts);
    const stored = storeRecord(vault, each);
    const values: SQLInputValue[] = [
      stored.key,
      each.model,
      stored.payload,
      stored.consumed,
      each.expiresAt,
      stored.grantId,
      stored.accountId,
      stored.uidIndex,
      stored.userCodeIndex,
    ];
    record.run(...values);
  });
}

function insertEvents(connection: DatabaseSync, vault: Vault, amounts: Amounts): void {
  const event = connection.prepare(
    "INSERT INTO audit (at, actor, action, target, because, details) VALUES (?, ?, ?, ?, ?, ?)",
  );
  inTransactions(connection, amounts.audit, (n) => {
    const { at, actor, action, target, because, ...rest } = seededEvent(n, amounts);
    const details = sealDetails(vault, { at, actor, action, target, because, ...rest });
    event.run(at, actor, action, target, because, details);
  });
}

function inTransactions(connection: DatabaseSync, rows: number, insert: (n: number) => void): void {
  for (let from = 0; from < rows; from += ROWS_PER_TRANSACTION) {
    connection.exec("BEGIN IMMEDIATE");
    for (let n = from; n < Math.min(from + ROWS_PER_TRANSACTION, rows); n++) insert(n);
    connection.exec("COMMIT");
  }
}
