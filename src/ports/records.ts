// The engine's own records (sessions, grants, codes, tokens): opaque payloads, stored whole whatever
// their keys, beside the few fields that are searched. Ids are secrets (a token, a code, a cookie):
// they are stored hashed, and payloads sealed, so that a copy of the store holds none.
import type { Instant } from "../domain/time.ts";

// A payload as the engine made it. Its id is not part of what is stored; find puts it back as `jti`.
export type RecordPayload = Readonly<Record<string, unknown>>;

export interface RecordToSave {
  readonly model: string;
  readonly id: string;
  readonly payload: RecordPayload;
  // Null: does not expire.
  readonly expiresAt: Instant | null;
}

export interface RecordStore {
  // Stores or replaces; a record that was consumed stays so.
  save(record: RecordToSave): Promise<void>;
  // Stores a record that must be new: true for exactly one caller of an id.
  insert(record: RecordToSave, now: Instant): Promise<boolean>;
  // The payload with `jti`, and with `consumed` (seconds since 1970) if it was consumed. Null when there
  // is none or it has expired.
  find(model: string, id: string, now: Instant): Promise<RecordPayload | null>;
  // The session with this uid as it was written last: a session keeps its uid when its id rotates.
  // Without `jti`, which is not stored.
  findSessionByUid(uid: string, now: Instant): Promise<RecordPayload | null>;
  // With `jti`: a record that has a user code is gone on with by it alone.
  findByUserCode(model: string, userCode: string, now: Instant): Promise<RecordPayload | null>;
  // Marks and keeps. True for exactly one caller: who gets false must not go on.
  consume(model: string, id: string, now: Instant): Promise<boolean>;
  // From now on a consumed record counts as consumed long ago, so that no grace for a second use is left.
  endReuse(model: string, id: string): Promise<void>;
  // Ending a session ends it under every id that it has had.
  destroy(model: string, id: string): Promise<void>;
  revokeByGrantId(model: string, grantId: string): Promise<void>;
  // Writes a session without losing what parallel requests wrote into it: the authorizations of all
  // rows with its uid are joined with its own, its own winning; one of its own that is null is taken
  // away. `loaded` is the id under which the request found it; null for a new one. A session that was
  // loaded and has been ended since (no row with its uid is left) is not brought back: false. With
  // another id than `loaded` it rotates: the row under the old id goes in the same step.
  saveSession(record: RecordToSave, loaded: string | null, now: Instant): Promise<boolean>;
}
