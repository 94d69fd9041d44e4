// The audit log. Triggers refuse any change of what is in it; the details of an event are sealed, for
// they hold what a change was about.
import type { AuditEvent, StoredAuditEvent } from "../../domain/audit-event.ts";
import type { Vault } from "../../domain/vault.ts";
import type { AuditLog, AuditQuery } from "../../ports/storage.ts";
import { openEvent, sealDetails } from "../stored/audit-event.ts";
import type { Database } from "./database.ts";
import { bytesIn, integerIn, type Row, type Sql, textIn, textOrNullIn } from "./sql.ts";

const COLUMNS = "SELECT id, at, actor, action, target, because, details FROM audit";

export function createAuditLog(database: Database, vault: Vault): AuditLog {
  return {
    append: (events) => database.write((sql) => appendAudit(sql, vault, events)),
    list: (query) =>
      database.read((sql) => listRows(sql, query).map((row) => eventFrom(row, vault))),
  };
}

// Appends events within the transaction of what they tell about.
export function appendAudit(sql: Sql, vault: Vault, events: readonly AuditEvent[]): void {
  for (const event of events) {
    sql.run(
      "INSERT INTO audit (at, actor, action, target, because, details) VALUES (?, ?, ?, ?, ?, ?)",
      event.at,
      event.actor,
      event.action,
      event.target,
      event.because,
      sealDetails(vault, event),
    );
  }
}

// One statement per combination, all of them constants: an "or" over absent conditions would keep
// SQLite from its indexes.
function listRows(sql: Sql, query: AuditQuery): Row[] {
  const cursor = query.newestFirst
    ? { where: "id < ? ORDER BY id DESC LIMIT ?", after: query.after ?? Number.MAX_SAFE_INTEGER }
    : { where: "id > ? ORDER BY id LIMIT ?", after: query.after ?? 0 };
  const page = [cursor.after, query.limit];
  const { action, target } = query;
  if (target !== undefined && action !== undefined) {
    const where = "target = ? AND action = ?";
    return sql.all(`${COLUMNS} WHERE ${where} AND ${cursor.where}`, target, action, ...page);
  }
  if (target !== undefined) {
    return sql.all(`${COLUMNS} WHERE target = ? AND ${cursor.where}`, target, ...page);
  }
  if (action !== undefined) {
    return sql.all(`${COLUMNS} WHERE action = ? AND ${cursor.where}`, action, ...page);
  }
  return sql.all(`${COLUMNS} WHERE ${cursor.where}`, ...page);
}

function eventFrom(row: Row, vault: Vault): StoredAuditEvent {
  const event = {
    id: integerIn(row, "id"),
    at: integerIn(row, "at"),
    actor: textIn(row, "actor"),
    action: textIn(row, "action"),
    target: textIn(row, "target"),
    because: textOrNullIn(row, "because"),
  };
  return openEvent(vault, event, bytesIn(row, "details"));
}
