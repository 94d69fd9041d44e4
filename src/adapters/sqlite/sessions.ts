// Writing the engine's session, which reads it at the start of a request and writes it whole at the
// end: what parallel requests have written meanwhile is joined, not lost.
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { RecordPayload, RecordToSave } from "../../ports/records.ts";
import { payloadFrom, putRecord, recordKey, uidIndex } from "./record-rows.ts";
import type { Sql } from "./sql.ts";

type Authorizations = Readonly<Record<string, unknown>>;

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

  putRecord(sql, vault, { ...record, payload: joined(siblings, record.payload) });
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

function joined(siblings: readonly RecordPayload[], own: RecordPayload): RecordPayload {
  const all = [...siblings, own].map(authorizationsOf);
  if (all.every((each) => each === null)) return own;
  // By entries and not by spreading into a literal: a client id may be "__proto__".
  const entries = new Map(all.flatMap((each) => Object.entries(each ?? {})));
  // Null says that this request took one away: an absent one could as well be new.
  const kept = [...entries].filter(([, authorization]) => authorization !== null);
  return { ...own, authorizations: Object.fromEntries(kept) };
}

function authorizationsOf(payload: RecordPayload): Authorizations | null {
  const { authorizations } = payload;
  if (typeof authorizations !== "object" || authorizations === null) return null;
  return { ...authorizations };
}
