// What a database must have before it is used: our schema, every index that is declared, and a data key.
import type { Connection } from "mongoose";
import { StoreRefusedError } from "../../ports/errors.ts";
import { openDataKey, requireEmpty } from "../stored/data-key.ts";
import { isNotImplemented } from "./failures.ts";
import type { Models } from "./models.ts";
import { COLLECTIONS, declaredIndexes } from "./schemas.ts";

// Grows when older processes could not work beside newer ones. 2: texts wait among the mails, and whoever does not
// know would hand their numbers to a mail server. 4: there can be several data keys.
const SCHEMA = 4;

export const DATA_KEY = { _id: "data-key" };

// Raises the number that is there, if it is an older one.
export async function requireKnownSchema({ meta }: Models): Promise<void> {
  const found = await meta
    .findOneAndUpdate(
      { _id: "schema" },
      { $max: { count: SCHEMA } },
      { upsert: true, returnDocument: "after" },
    )
    .lean();
  if ((found?.count ?? 0) > SCHEMA) {
    throw new StoreRefusedError(
      `The database was written by a newer Latchkey (schema ${found?.count}; this one knows ${SCHEMA}).`,
    );
  }
}

// Builds the indexes that are not there yet. All of them are for speed: nothing that must be unique, and no
// expiry, rests on one. So a server that knows no TTL index gets an ordinary one.
export async function buildIndexes(connection: Connection): Promise<void> {
  for (const name of COLLECTIONS) {
    const collection = connection.collection(name);
    for (const [fields, { background: _, ...options }] of declaredIndexes(name)) {
      try {
        await collection.createIndex(fields, options);
      } catch (error) {
        if (!isNotImplemented(error)) throw error;
        await collection.createIndex(fields);
      }
    }
  }
}

// One of several first starts makes the key; each takes what is there. Wrapped anew only if nobody has
// wrapped it anew meanwhile.
export async function readDataKey(
  { meta, users, signing_keys }: Models,
  secrets: readonly string[],
  moved?: Uint8Array | undefined,
): Promise<Buffer> {
  for (;;) {
    // Looked at before the key: somebody else's first start makes the key first.
    const isEmpty = !((await users.exists({ removed: false })) || (await signing_keys.exists({})));
    const found = await meta.findOne(DATA_KEY).lean();
    const stored = found?.bytes ?? null;
    if (stored === null) requireEmpty(isEmpty);
    const { dataKey, toStore } = openDataKey(stored, secrets, moved);
    if (toStore === null) return dataKey;
    if (stored === null) {
      await meta.updateOne(DATA_KEY, { $setOnInsert: { bytes: toStore } }, { upsert: true });
    } else {
      await meta.updateOne({ ...DATA_KEY, bytes: stored }, { $set: { bytes: toStore } });
    }
  }
}
