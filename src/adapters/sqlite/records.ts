// The engine's records. What is asked is always asked with model and time: a record of another model,
// or an expired one, is none.
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { RecordPayload, RecordStore } from "../../ports/records.ts";
import { CONSUMED_LONG_AGO, recordKey, uidIndex, userCodeIndex } from "../stored/record.ts";
import type { Database } from "./database.ts";
import { insertRecord, payloadFrom, putRecord } from "./record-rows.ts";
import { saveSession } from "./sessions.ts";
import type { Sql } from "./sql.ts";

export function createRecordStore(database: Database, vault: Vault): RecordStore {
  return {
    save: (record) => database.write((sql) => putRecord(sql, vault, record)),
    insert: (record, now) => database.write((sql) => insertRecord(sql, vault, record, now)),
    find: (model, id, now) => database.read((sql) => findRecord(sql, vault, { model, id, now })),
    findSessionByUid: (uid, now) => database.read((sql) => findSession(sql, vault, uid, now)),
    findByUserCode: (model, userCode, now) =>
      database.read((sql) => {
        const row = sql.get(
          `SELECT key, payload, consumed FROM records
           WHERE user_code_index = ? AND model = ? AND (expires_at IS NULL OR expires_at > ?)
           ORDER BY rowid DESC LIMIT 1`,
          userCodeIndex(vault, userCode),
          model,
          now,
        );
        return row === undefined ? null : payloadFrom(row, vault);
      }),
    consume: (model, id, now) => database.write((sql) => consume(sql, recordKey(model, id), now)),
    endReuse: (model, id) =>
      database.write((sql) => {
        sql.run(
          "UPDATE records SET consumed = ? WHERE key = ? AND consumed IS NOT NULL",
          CONSUMED_LONG_AGO,
          recordKey(model, id),
        );
      }),
    destroy: (model, id) => database.write((sql) => destroy(sql, model, id)),
    revokeByGrantId: (model, grantId) =>
      database.write((sql) => {
        sql.run("DELETE FROM records WHERE grant_id = ? AND model = ?", grantId, model);
      }),
    saveSession: (record, loaded, now) =>
      database.write((sql) => saveSession(sql, vault, { record, loaded, now })),
  };
}

function findRecord(
  sql: Sql,
  vault: Vault,
  query: { model: string; id: string; now: Instant },
): RecordPayload | null {
  const row = sql.get(
    `SELECT key, payload, consumed FROM records
     WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)`,
    recordKey(query.model, query.id),
    query.now,
  );
  return row === undefined ? null : { ...payloadFrom(row, vault), jti: query.id };
}

// The row that was written last.
function findSession(sql: Sql, vault: Vault, uid: string, now: Instant): RecordPayload | null {
  const row = sql.get(
    `SELECT key, payload, consumed FROM records
     WHERE uid_index = ? AND model = 'Session' AND (expires_at IS NULL OR expires_at > ?)
     ORDER BY rowid DESC LIMIT 1`,
    uidIndex(vault, uid),
    now,
  );
  return row === undefined ? null : payloadFrom(row, vault);
}

// One conditional statement: of any number of racers one changes the row.
function consume(sql: Sql, key: string, now: Instant): boolean {
  const changed = sql.run(
    `UPDATE records SET consumed = ?
     WHERE key = ? AND consumed IS NULL AND (expires_at IS NULL OR expires_at > ?)`,
    Math.floor(now / 1000),
    key,
    now,
  );
  return changed === 1;
}

// A session may lie under an old id too, written by a request that ran beside a rotation. Ended is
// ended: all rows with its uid go.
function destroy(sql: Sql, model: string, id: string): void {
  const key = recordKey(model, id);
  if (model === "Session") {
    sql.run(
      `DELETE FROM records WHERE model = 'Session'
       AND uid_index = (SELECT uid_index FROM records WHERE key = ?)`,
      key,
    );
  }
  sql.run("DELETE FROM records WHERE key = ?", key);
}
