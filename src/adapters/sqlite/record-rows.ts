// How the engine's records lie in the table: under the hash of model and id, the payload sealed without
// its id, beside it the few fields that are searched.
import { createHash } from "node:crypto";
import type { Vault } from "../../domain/vault.ts";
import type { RecordPayload, RecordToSave } from "../../ports/records.ts";
import { openJson, sealJson } from "./sealed-json.ts";
import { bytesIn, integerOrNullIn, type Row, type Sql, textIn } from "./sql.ts";

// Ids are long and random, so that a plain hash does: nobody can try them all.
export function recordKey(model: string, id: string): string {
  return createHash("sha256").update(`${model}\0${id}`).digest("base64url");
}

// Session uids and user codes are secrets as well, and a user code is short: keyed.
export function uidIndex(vault: Vault, uid: string): string {
  return vault.index("session-uid", uid);
}

export function userCodeIndex(vault: Vault, userCode: string): string {
  return vault.index("user-code", userCode);
}

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
  const context = contextOf(textIn(row, "key"));
  const payload = openJson<RecordPayload>(vault, bytesIn(row, "payload"), context);
  const consumed = integerOrNullIn(row, "consumed");
  return consumed === null ? payload : { ...payload, consumed };
}

interface RecordRow {
  readonly key: string;
  readonly payload: Buffer;
  readonly consumed: number | null;
  // In the order of the columns.
  readonly searched: readonly (string | null)[];
}

function toRow(vault: Vault, record: RecordToSave): RecordRow {
  const key = recordKey(record.model, record.id);
  const { jti, consumed, ...rest } = record.payload;
  const [uid, userCode] = [textOf(rest.uid), textOf(rest.userCode)];
  // Who comes with a user code alone gets the id from nowhere else, and the engine needs it to go on.
  const kept = userCode === null ? rest : { ...rest, jti };
  return {
    key,
    payload: sealJson(vault, kept, contextOf(key)),
    consumed: typeof consumed === "number" ? consumed : null,
    searched: [
      textOf(rest.grantId),
      textOf(rest.accountId),
      uid && uidIndex(vault, uid),
      userCode && userCodeIndex(vault, userCode),
    ],
  };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function contextOf(key: string): string {
  return `record:${key}`;
}
