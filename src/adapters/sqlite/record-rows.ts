// How the engine's records lie in the table.
import type { Vault } from "../../domain/vault.ts";
import type { RecordPayload, RecordToSave } from "../../ports/records.ts";
import { openPayload, storeRecord } from "../stored/record.ts";
import { bytesIn, integerOrNullIn, type Row, type Sql, textIn } from "./sql.ts";

const COLUMNS = `key, model, payload, consumed, expires_at, grant_id, account_id, uid_index,
  user_code_index`;

// Stores or replaces. What was consumed stays so, by the row or by the payload: one that was deleted while
// somebody had it in hand must not come back fresh. A replaced row moves to the end, so that the order
// of rows is the order of writing.
export function putRecord(sql: Sql, vault: Vault, record: RecordToSave): void {
  const { key, payload, consumed, searched } = toRow(vault, record);
  sql.run(
    `INSERT OR REPLACE INTO records (${COLUMNS})
     VALUES (?, ?, ?, coalesce((SELECT consumed FROM records WHERE key = ?), ?), ?, ?, ?, ?, ?)`,
    key,
    record.model,
    payload,
    key,
    consumed,
    record.expiresAt,
    ...searched,
  );
}

// Stores a new one. A row that has expired is as good as none. False: there is one.
export function insertRecord(sql: Sql, vault: Vault, record: RecordToSave, now: number): boolean {
  const { key, payload, consumed, searched } = toRow(vault, record);
  sql.run("DELETE FROM records WHERE key = ? AND expires_at <= ?", key, now);
  const inserted = sql.run(
    `INSERT INTO records (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (key) DO NOTHING`,
    key,
    record.model,
    payload,
    consumed,
    record.expiresAt,
    ...searched,
  );
  return inserted === 1;
}

// The payload as it was saved, without its id. Needs the columns key, payload and consumed.
export function payloadFrom(row: Row, vault: Vault): RecordPayload {
  return openPayload(vault, {
    key: textIn(row, "key"),
    payload: bytesIn(row, "payload"),
    consumed: integerOrNullIn(row, "consumed"),
  });
}

function toRow(vault: Vault, record: RecordToSave) {
  const { key, payload, consumed, ...rest } = storeRecord(vault, record);
  // In the order of the columns.
  const searched = [rest.grantId, rest.accountId, rest.uidIndex, rest.userCodeIndex];
  return { key, payload, consumed, searched };
}
