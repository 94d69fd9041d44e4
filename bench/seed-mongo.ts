// Fills a MongoDB past its ports, in the form in which the product reads it: each collection in the order of its
// ids. Ids are as good as random, and a store that writes whole pages of a tree would write each page as often as
// rows come to lie in it.
import { randomUUID } from "node:crypto";
import mongoose from "mongoose";
import { toDateOrNull } from "../src/adapters/mongo/dates.ts";
import type {
  AuditDocument,
  LoginNameDocument,
  RecordDocument,
  SessionDocument,
  UserDocument,
} from "../src/adapters/mongo/documents.ts";
import { openMongoStorage } from "../src/adapters/mongo/storage.ts";
import { factorFields, userFields } from "../src/adapters/mongo/user-documents.ts";
import { sealDetails } from "../src/adapters/stored/audit-event.ts";
import { storeRecord } from "../src/adapters/stored/record.ts";
import type { Vault } from "../src/domain/vault.ts";
import { type Amounts, seededEvent, seededRecord, seededUser, userIdOf } from "./seed-rows.ts";

const BATCH = 2_000;
// Indexes are built, and large batches written, by a server that may be slow.
const PATIENT_CALL_MS = 60_000;

// Makes the store if there is none. A server may use it meanwhile, as long as it is idle.
export async function seedMongo(uri: string, secret: string, amounts: Amounts): Promise<void> {
  const storage = await openMongoStorage({ uri, secrets: [secret], callMs: PATIENT_CALL_MS });
  const { vault } = storage;
  await storage.close();

  const connection = await mongoose.createConnection(uri, { autoIndex: false }).asPromise();
  try {
    await insertUsers(connection, vault, amounts);
    await insertRecords(connection, vault, amounts);
    await insertEvents(connection, vault, amounts);
  } finally {
    await connection.close();
  }
}

async function insertUsers(
  connection: mongoose.Connection,
  vault: Vault,
  { users }: Amounts,
): Promise<void> {
  await inBatches(inOrder(users, userIdOf), async (numbers) => {
    const documents = numbers.map((n) => userDocument(vault, n));
    await insertAll(connection, "users", documents);
  });
  const names = inOrder(users, (n) => n).flatMap((n) => nameDocuments(userDocument(vault, n)));
  names.sort((a, b) => compareIds(a._id, b._id));
  await inBatches(names, (documents) => insertAll(connection, "login_names", documents));
}

async function insertRecords(
  connection: mongoose.Connection,
  vault: Vault,
  amounts: Amounts,
): Promise<void> {
  const idOf = (n: number) => recordOrSessionDocument(vault, n, amounts)._id;
  await inBatches(inOrder(amounts.records, idOf), async (numbers) => {
    const documents = numbers.map((n) => recordOrSessionDocument(vault, n, amounts));
    await insertAll(connection, "sessions", documents.filter(isSession));
    await insertAll(
      connection,
      "records",
      documents.filter((each) => !isSession(each)),
    );
  });
}

// The counter goes first: a number that is counted and not used is no harm.
async function insertEvents(
  connection: mongoose.Connection,
  vault: Vault,
  amounts: Amounts,
): Promise<void> {
  if (amounts.audit === 0) return;
  const counter = connection.collection<{ _id: string; count: number }>("meta");
  const counted = await counter.findOneAndUpdate(
    { _id: "audit-events" },
    { $inc: { count: amounts.audit } },
    { upsert: true, returnDocument: "after" },
  );
  const first = (counted?.count ?? amounts.audit) - amounts.audit + 1;
  await inBatches(
    inOrder(amounts.audit, (n) => n),
    (numbers) => {
      const documents = numbers.map((n): AuditDocument => {
        const event = seededEvent(n, amounts);
        return { _id: first + n, ...event, details: sealDetails(vault, event) };
      });
      return insertAll(connection, "audit", documents);
    },
  );
}

function userDocument(vault: Vault, n: number): UserDocument {
  const user = seededUser(n);
  return {
    _id: user.id,
    revision: randomUUID(),
    ...userFields(vault, user),
    ...factorFields(user.factorAttempts),
    codeAttempts: [],
    removed: false,
  };
}

function nameDocuments({ _id: userId, names }: UserDocument): LoginNameDocument[] {
  const reservation = randomUUID();
  return names.map((_id) => ({ _id, userId, reservation, at: new Date() }));
}

function recordOrSessionDocument(
  vault: Vault,
  n: number,
  amounts: Amounts,
): RecordDocument | SessionDocument {
  const record = seededRecord(n, amounts);
  const { key, uidIndex, ...stored } = storeRecord(vault, record);
  const expiresAt = toDateOrNull(record.expiresAt);
  if (uidIndex === null) return { _id: key, model: record.model, expiresAt, ...stored };
  return {
    _id: uidIndex,
    revision: randomUUID(),
    accountId: stored.accountId,
    entries: [{ key, payload: stored.payload, expiresAt }],
    expiresAt,
  };
}

function isSession(document: RecordDocument | SessionDocument): document is SessionDocument {
  return "entries" in document;
}

// The numbers of so many rows, in the order of their ids.
function inOrder<Id extends string | number>(rows: number, idOf: (n: number) => Id): number[] {
  const ids = Array.from({ length: rows }, (_, n) => ({ n, id: idOf(n) }));
  return ids.sort((a, b) => compareIds(a.id, b.id)).map(({ n }) => n);
}

function compareIds(a: string | number, b: string | number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

async function inBatches<Row>(
  rows: readonly Row[],
  insert: (batch: readonly Row[]) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < rows.length; from += BATCH) {
    await insert(rows.slice(from, from + BATCH));
  }
}

async function insertAll<D extends { readonly _id: unknown }>(
  connection: mongoose.Connection,
  name: string,
  documents: readonly D[],
): Promise<void> {
  if (documents.length === 0) return;
  await connection.collection(name).insertMany([...documents] as never, { ordered: false });
}
