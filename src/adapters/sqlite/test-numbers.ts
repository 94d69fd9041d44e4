// The test numbers: a row for each listing.
import type { AuditEvent } from "../../domain/audit-event.ts";
import type { TestNumber } from "../../domain/test-number.ts";
import type { Vault } from "../../domain/vault.ts";
import type { TestNumberStore } from "../../ports/test-numbers.ts";
import { byAge, openTestNumber, sealTestNumber, testNumberKey } from "../stored/test-number.ts";
import { appendAudit } from "./audit.ts";
import type { Database } from "./database.ts";
import { bytesIn, type Row, type Sql, textIn } from "./sql.ts";

export function createTestNumberStore(database: Database, vault: Vault): TestNumberStore {
  return {
    add: (listed, audit) => database.write((sql) => add(sql, vault, listed, audit)),
    find: (number) => database.read((sql) => findListing(sql, vault, number)),
    remove: (listed, audit) => database.write((sql) => remove(sql, vault, listed, audit)),
    list: () =>
      database.read((sql) =>
        sql
          .all("SELECT key, sealed FROM test_numbers")
          .map((row) => listingFrom(row, vault))
          .toSorted(byAge),
      ),
  };
}

// Puts a listing as it is, over what is there.
export function putTestNumber(sql: Sql, vault: Vault, listed: TestNumber): void {
  sql.run(
    "INSERT OR REPLACE INTO test_numbers (key, sealed) VALUES (?, ?)",
    testNumberKey(vault, listed.number),
    sealTestNumber(vault, listed),
  );
}

function add(sql: Sql, vault: Vault, listed: TestNumber, audit: AuditEvent): "added" | "conflict" {
  const added = sql.run(
    "INSERT INTO test_numbers (key, sealed) VALUES (?, ?) ON CONFLICT (key) DO NOTHING",
    testNumberKey(vault, listed.number),
    sealTestNumber(vault, listed),
  );
  if (added === 0) return "conflict";
  appendAudit(sql, vault, [audit]);
  return "added";
}

function remove(
  sql: Sql,
  vault: Vault,
  { number, id }: Pick<TestNumber, "number" | "id">,
  audit: AuditEvent,
): "changed" | "absent" {
  if (findListing(sql, vault, number)?.id !== id) return "absent";
  sql.run("DELETE FROM test_numbers WHERE key = ?", testNumberKey(vault, number));
  appendAudit(sql, vault, [audit]);
  return "changed";
}

function findListing(sql: Sql, vault: Vault, number: string): TestNumber | null {
  const key = testNumberKey(vault, number);
  const row = sql.get("SELECT key, sealed FROM test_numbers WHERE key = ?", key);
  return row === undefined ? null : listingFrom(row, vault);
}

function listingFrom(row: Row, vault: Vault): TestNumber {
  return openTestNumber(vault, textIn(row, "key"), bytesIn(row, "sealed"));
}
