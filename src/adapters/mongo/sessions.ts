// The engine's sessions: one document each, by uid, so that what parallel requests write is joined by
// compare-and-set, and an end ends it under every id. Under each id lies what was written under it: whoever
// has an id from before the sign-in must not find the session from after it.
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { RecordPayload, RecordToSave } from "../../ports/records.ts";
import { openPayload, recordKey, sealPayload, storeRecord, uidIndex } from "../stored/record.ts";
import { joinSessions } from "../stored/session.ts";
import { byId, changeDocument } from "./change.ts";
import type { Scope } from "./database.ts";
import { isAlive, toDateOrNull } from "./dates.ts";
import type { SessionDocument, SessionEntry } from "./documents.ts";

interface SessionSave {
  readonly record: RecordToSave;
  readonly loaded: string | null;
  readonly now: Instant;
}

export async function findSession(
  { models }: Scope,
  vault: Vault,
  id: string,
  now: Instant,
): Promise<RecordPayload | null> {
  const key = recordKey("Session", id);
  const found = await models.sessions.findOne({ "entries.key": key }).lean<SessionDocument>();
  const entry = liveEntries(found, now).find((each) => each.key === key);
  return entry === undefined ? null : { ...open(vault, entry), jti: id };
}

// As it was written last.
export async function findSessionByUid(
  { models }: Scope,
  vault: Vault,
  uid: string,
  now: Instant,
): Promise<RecordPayload | null> {
  const found = await models.sessions.findOne(byId(uidIndex(vault, uid))).lean<SessionDocument>();
  const entry = liveEntries(found, now).at(-1);
  return entry === undefined ? null : open(vault, entry);
}

// False: it was loaded, and has been ended since.
export async function saveSession(
  scope: Scope,
  vault: Vault,
  { record, loaded, now }: SessionSave,
): Promise<boolean> {
  const stored = storeRecord(vault, record);
  const own = openPayload(vault, { ...stored, consumed: null });
  const left = loaded === null ? null : recordKey(record.model, loaded);
  const { said } = await changeDocument<SessionDocument, boolean>(
    scope,
    scope.models.sessions,
    // One without a uid is joined with none.
    stored.uidIndex ?? stored.key,
    (found) => {
      const before = liveEntries(found, now);
      if (loaded !== null && before.length === 0) return { keep: false };
      const payload = joinSessions(
        before.map((entry) => open(vault, entry)),
        own,
      );
      const entries = [
        // The one that it had until now goes in the same step.
        ...before.filter(({ key }) => key !== stored.key && key !== left),
        {
          key: stored.key,
          payload: sealPayload(vault, stored.key, payload),
          expiresAt: toDateOrNull(record.expiresAt),
        },
      ];
      const put = { accountId: stored.accountId, entries, expiresAt: endOf(entries) };
      return { put, say: true };
    },
  );
  return said;
}

export async function destroySession({ models }: Scope, id: string): Promise<void> {
  await models.sessions.deleteOne({ "entries.key": recordKey("Session", id) });
}

function open(vault: Vault, entry: SessionEntry): RecordPayload {
  return openPayload(vault, { ...entry, consumed: null });
}

function liveEntries(found: SessionDocument | null, now: Instant): SessionEntry[] {
  return found === null ? [] : found.entries.filter(({ expiresAt }) => isAlive(expiresAt, now));
}

function endOf(entries: readonly SessionEntry[]): Date | null {
  const ends = entries.map(({ expiresAt }) => expiresAt?.getTime() ?? null);
  if (ends.includes(null)) return null;
  return new Date(Math.max(...ends.filter((end) => end !== null)));
}
