// Putting what was in another store into this one, row by row as it was.
import type { StoredAuditEvent } from "../../domain/audit-event.ts";
import type { SigningKey } from "../../domain/signing-key.ts";
import type { User } from "../../domain/user.ts";
import type { Vault } from "../../domain/vault.ts";
import type { TransferStore } from "../../ports/transfer.ts";
import { sealDetails } from "../stored/audit-event.ts";
import { ruleScope, writeRules } from "../stored/rules.ts";
import { sealSigningKey } from "../stored/signing-key.ts";
import type { Database } from "./database.ts";
import { putEntry } from "./registry.ts";
import { putRules } from "./rules.ts";
import type { Sql } from "./sql.ts";
import { putTestNumber } from "./test-numbers.ts";
import { insertUser, namesAreTaken, removeUser, writeLoginNames } from "./user-rows.ts";

export function createTransferStore(database: Database, vault: Vault): TransferStore {
  return {
    isUnderWay: () => database.read(isUnderWay),
    begin: () =>
      database.write((sql) => {
        if (isUnderWay(sql)) return true;
        if (!isEmpty(sql)) return false;
        sql.run("INSERT INTO meta (name, value) VALUES ('transfer', x'01')");
        return true;
      }),
    putApplication: (application, ownRules) =>
      database.write((sql) => {
        putEntry(sql, vault, "application", application);
        putRules(sql, ruleScope(application.id), ownRules && writeRules(ownRules));
      }),
    putResources: (resources) =>
      database.write((sql) => {
        for (const each of resources) putEntry(sql, vault, "resource", each);
      }),
    putGlobalRules: (rules) =>
      database.write((sql) => putRules(sql, ruleScope(null), writeRules(rules))),
    putUsers: (users) =>
      database.write((sql) => {
        for (const user of users) putUser(sql, vault, user);
      }),
    putSigningKeys: (keys) =>
      database.write((sql) => {
        for (const key of keys) putKey(sql, vault, key);
      }),
    putTestNumbers: (listed) =>
      database.write((sql) => {
        for (const each of listed) putTestNumber(sql, vault, each);
      }),
    putAuditEvents: (events) =>
      database.write((sql) => {
        for (const event of events) putEvent(sql, vault, event);
      }),
    end: () =>
      database.write((sql) => {
        sql.run("DELETE FROM meta WHERE name = 'transfer'");
      }),
  };
}

function isUnderWay(sql: Sql): boolean {
  return sql.get("SELECT 1 FROM meta WHERE name = 'transfer'") !== undefined;
}

// Constants, since statements stay prepared; each looks at one row.
const ANY_ROW = [
  "users",
  "applications",
  "resources",
  "signing_keys",
  "rules",
  "test_numbers",
  "audit",
].map((table) => `SELECT 1 FROM ${table} LIMIT 1`);

function isEmpty(sql: Sql): boolean {
  return ANY_ROW.every((text) => sql.get(text) === undefined);
}

function putUser(sql: Sql, vault: Vault, user: User): void {
  if (namesAreTaken(sql, vault, user)) {
    throw new Error(`a login name of user ${user.id} belongs to another one`);
  }
  removeUser(sql, user.id);
  insertUser(sql, vault, user);
  writeLoginNames(sql, vault, user);
}

function putKey(sql: Sql, vault: Vault, key: SigningKey): void {
  sql.run(
    "INSERT OR REPLACE INTO signing_keys (kid, alg, created_at, sealed) VALUES (?, ?, ?, ?)",
    key.kid,
    key.alg,
    key.createdAt,
    sealSigningKey(vault, key),
  );
}

function putEvent(sql: Sql, vault: Vault, event: StoredAuditEvent): void {
  sql.run(
    `INSERT INTO audit (id, at, actor, action, target, because, details) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO NOTHING`,
    event.id,
    event.at,
    event.actor,
    event.action,
    event.target,
    event.because,
    sealDetails(vault, event),
  );
}
