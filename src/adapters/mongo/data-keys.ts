// Replacing the data key of a store on MongoDB.
import type { Vault } from "../../domain/vault.ts";
import type { DataKeyStore } from "../../ports/data-keys.ts";
import { changedKeys, createFollower } from "../stored/data-key.ts";
import { resealEntry } from "../stored/registered.ts";
import { openSigningKey, sealSigningKey } from "../stored/signing-key.ts";
import { openTestNumber, sealTestNumber } from "../stored/test-number.ts";
import { changeDocument } from "./change.ts";
import type { Database, Scope } from "./database.ts";
import type { ApplicationDocument, SigningKeysDocument, TestNumberDocument } from "./documents.ts";
import { DATA_KEY } from "./preparation.ts";
import { entryIn } from "./registry.ts";
import { ALL_KEYS } from "./signing-keys.ts";
import { listUsers } from "./user-documents.ts";
import { resealUser } from "./users.ts";

const USERS_A_TIME = 10;

// The same two doors, behind which a vault has the keys of the store: they are looked for before the work.
export function followingKeys(
  database: Database,
  vault: Vault,
  secrets: readonly string[],
): Database {
  const follower = createFollower(vault, secrets);
  const fresh =
    <T>(work: (scope: Scope) => Promise<T>) =>
    async (scope: Scope) => {
      if (follower.isDue()) follower.follow(await findDataKey(scope));
      return work(scope);
    };
  return {
    ...database,
    read: (work) => database.read(fresh(work)),
    write: (work) => database.write(fresh(work)),
  };
}

export function createDataKeyStore(
  database: Database,
  vault: Vault,
  secrets: readonly string[],
): DataKeyStore {
  const follower = createFollower(vault, secrets);
  return {
    change: (decide) =>
      database.write(async (scope) => {
        for (;;) {
          scope.check();
          const found = await findDataKey(scope);
          if (found === null) throw new Error("the store has no data key");
          const { ring, toStore } = changedKeys(found, secrets, decide);
          if (toStore !== null && !(await replaceDataKey(scope, found, toStore))) continue;
          follower.follow(toStore ?? found);
          return ring;
        }
      }),
    resealUsers: (after) =>
      database.write(async (scope) => {
        const users = await listUsers(scope, vault, { after, limit: USERS_A_TIME });
        await Promise.all(users.map(({ id }) => resealUser(scope, vault, id)));
        const last = users.at(-1);
        return last === undefined ? null : { last: last.id, count: users.length };
      }),
    async resealOthers() {
      await database.write((scope) => resealApplications(scope, vault));
      await database.write((scope) => resealSigningKeys(scope, vault));
      await database.write((scope) => resealTestNumbers(scope, vault));
    },
  };
}

async function findDataKey({ models }: Scope): Promise<Uint8Array | null> {
  return (await models.meta.findOne(DATA_KEY).lean())?.bytes ?? null;
}

// False: somebody else has changed it.
async function replaceDataKey(
  { models }: Scope,
  found: Uint8Array,
  toStore: Buffer,
): Promise<boolean> {
  const before = { ...DATA_KEY, bytes: Buffer.from(found) };
  return (await models.meta.updateOne(before, { $set: { bytes: toStore } })).matchedCount === 1;
}

async function resealApplications(scope: Scope, vault: Vault): Promise<void> {
  const { applications } = scope.models;
  for (const { _id } of await applications
    .find({ removed: false }, { _id: 1 })
    .lean<{ _id: string }[]>()) {
    await changeDocument<ApplicationDocument, null>(scope, applications, _id, (found) => {
      const entry = entryIn(_id);
      if (found === null || found.removed || found.sealed === null || entry === null) {
        return { keep: null };
      }
      const sealed = resealEntry(vault, entry.kind, entry.id, found.sealed);
      return { put: { ...found, sealed }, say: null };
    });
  }
}

async function resealSigningKeys(scope: Scope, vault: Vault): Promise<void> {
  const { signing_keys } = scope.models;
  await changeDocument<SigningKeysDocument, null>(scope, signing_keys, ALL_KEYS, (found) => {
    if (found === null) return { keep: null };
    const keys = found.keys.map((each) => ({
      ...each,
      sealed: sealSigningKey(vault, openSigningKey(vault, each.kid, each.sealed)),
    }));
    return { put: { ...found, keys }, say: null };
  });
}

async function resealTestNumbers(scope: Scope, vault: Vault): Promise<void> {
  const { test_numbers } = scope.models;
  for (const { _id } of await test_numbers.find({}, { _id: 1 }).lean<{ _id: string }[]>()) {
    await changeDocument<TestNumberDocument, null>(scope, test_numbers, _id, (found) => {
      if (found === null || found.removed) return { keep: null };
      const sealed = sealTestNumber(vault, openTestNumber(vault, _id, found.sealed));
      return { put: { ...found, sealed }, say: null };
    });
  }
}
