// The engine's records. What is asked is always asked with time: an expired record is none. Sessions lie
// in a collection of their own.
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { RecordPayload, RecordStore, RecordToSave } from "../../ports/records.ts";
import {
  CONSUMED_LONG_AGO,
  openPayload,
  recordKey,
  storeRecord,
  userCodeIndex,
} from "../stored/record.ts";
import { byId, insertNew } from "./change.ts";
import type { Database, Scope } from "./database.ts";
import { aliveAt, toDate, toDateOrNull } from "./dates.ts";
import type { RecordDocument } from "./documents.ts";
import { isDuplicate } from "./failures.ts";
import { destroySession, findSession, findSessionByUid, saveSession } from "./sessions.ts";

const SESSION = "Session";

export function createRecordStore(database: Database, vault: Vault): RecordStore {
  return {
    async save(record) {
      if (record.model === SESSION) throw new RangeError("a session is saved by saveSession");
      return database.write((scope) => putRecord(scope, vault, record));
    },
    insert: (record, now) => database.write((scope) => insertRecord(scope, vault, record, now)),
    find: (model, id, now) =>
      database.read((scope) =>
        model === SESSION
          ? findSession(scope, vault, id, now)
          : findRecord(scope, vault, { model, id, now }),
      ),
    findSessionByUid: (uid, now) =>
      database.read((scope) => findSessionByUid(scope, vault, uid, now)),
    findByUserCode: (model, userCode, now) =>
      database.read(async ({ models }) => {
        const found = await models.records
          .findOne({
            userCodeIndex: userCodeIndex(vault, userCode),
            model,
            expiresAt: aliveAt(now),
          })
          .lean<RecordDocument>();
        return found === null ? null : payloadFrom(vault, found);
      }),
    consume: (model, id, now) =>
      database.write((scope) => consume(scope, recordKey(model, id), now)),
    endReuse: (model, id) =>
      database.write(async ({ models }) => {
        await models.records.updateOne(
          { _id: recordKey(model, id), consumed: { $ne: null } },
          { $set: { consumed: CONSUMED_LONG_AGO } },
        );
      }),
    destroy: (model, id) =>
      database.write(async (scope) => {
        if (model === SESSION) await destroySession(scope, id);
        else await scope.models.records.deleteOne(byId(recordKey(model, id)));
      }),
    revokeByGrantId: (model, grantId) =>
      database.write(async ({ models }) => {
        await models.records.deleteMany({ grantId, model });
      }),
    saveSession: (record, loaded, now) =>
      database.write((scope) => saveSession(scope, vault, { record, loaded, now })),
  };
}

async function findRecord(
  { models }: Scope,
  vault: Vault,
  query: { model: string; id: string; now: Instant },
): Promise<RecordPayload | null> {
  const key = recordKey(query.model, query.id);
  const found = await models.records
    .findOne({ _id: key, expiresAt: aliveAt(query.now) })
    .lean<RecordDocument>();
  return found === null ? null : { ...payloadFrom(vault, found), jti: query.id };
}

// Stores or replaces in one statement. What was consumed stays so, by what is stored or by the payload: one
// that was deleted while somebody had it in hand must not come back fresh.
async function putRecord(scope: Scope, vault: Vault, record: RecordToSave): Promise<void> {
  const { _id, consumed, ...fields } = toDocument(vault, record);
  const update = {
    $set: fields,
    ...(consumed === null ? { $setOnInsert: { consumed } } : { $max: { consumed } }),
  };
  const put = () => scope.models.records.updateOne({ _id }, update, { upsert: true });
  try {
    await put();
  } catch (error) {
    // Two upserts of a new _id at once: for the second it is there by now.
    if (!isDuplicate(error)) throw error;
    await put();
  }
}

// What has expired is as good as none, and is replaced on condition that it still has.
async function insertRecord(
  { models }: Scope,
  vault: Vault,
  record: RecordToSave,
  now: Instant,
): Promise<boolean> {
  const document = toDocument(vault, record);
  if (await insertNew(models.records, document)) return true;
  const { _id, ...fields } = document;
  const expired = { _id, expiresAt: { $lte: toDate(now) } };
  return (await models.records.replaceOne(expired, fields)).matchedCount === 1;
}

// One conditional statement: of any number of racers one changes the document.
async function consume({ models }: Scope, key: string, now: Instant): Promise<boolean> {
  const consumed = await models.records.updateOne(
    { _id: key, consumed: null, expiresAt: aliveAt(now) },
    { $set: { consumed: Math.floor(now / 1000) } },
  );
  return consumed.modifiedCount === 1;
}

function toDocument(vault: Vault, record: RecordToSave): RecordDocument {
  const { key, uidIndex: _, ...stored } = storeRecord(vault, record);
  return {
    _id: key,
    model: record.model,
    expiresAt: toDateOrNull(record.expiresAt),
    ...stored,
  };
}

function payloadFrom(vault: Vault, { _id, payload, consumed }: RecordDocument): RecordPayload {
  return openPayload(vault, { key: _id, payload, consumed: consumed ?? null });
}
