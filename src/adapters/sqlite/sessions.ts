// Writing the engine's session, which reads it at the start of a request and writes it whole at the
// end: what parallel requests have written meanwhile is joined, not lost.
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { RecordPayload, RecordToSave } from "../../ports/records.ts";
import { recordKey, uidIndex } from "../stored/record.ts";
import { joinSessions } from "../stored/session.ts";
import { payloadFrom, putRecord } from "./record-rows.ts";
import type { Sql } from "./sql.ts";

interface SessionSave {
  readonly record: RecordToSave;
  readonly loaded: string | null;
  readonly now: Instant;
}

// False: it was loaded, and has been ended since.
export function saveSession(sql: Sql, vault: Vault, save: SessionSave): boolean {
  const { record, loaded, now } = save;
  const siblings = findByUid(sql, vault, record.payload.uid, now);
  if (loaded !== null && siblings.length === 0) return false;

  putRecord(sql, vault, { ...record, payload: joinSessions(siblings, record.payload) });
  if (loaded !== null && loaded !== record.id) {
    sql.run("DELETE FROM records WHERE key = ?", recordKey(record.model, loaded));
  }
  return true;
}

// All live rows of a session, in the order in which they were written.
function findByUid(sql: Sql, vault: Vault, uid: unknown, now: Instant): RecordPayload[] {
  if (typeof uid !== "string") return [];
  const rows = sql.all(
    `SELECT key, payload, consumed FROM records
     WHERE uid_index = ? AND model = 'Session' AND (expires_at IS NULL OR expires_at > ?)
     ORDER BY rowid`,
    uidIndex(vault, uid),
    now,
  );
  return rows.map((row) => payloadFrom(row, vault));
}
