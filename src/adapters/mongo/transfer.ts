// Putting what was in another store into this one, document by document as it was.
import type { Application } from "../../domain/application.ts";
import type { StoredAuditEvent } from "../../domain/audit-event.ts";
import type { SecurityRules } from "../../domain/security-rules.ts";
import type { SigningKey } from "../../domain/signing-key.ts";
import type { User } from "../../domain/user.ts";
import type { Vault } from "../../domain/vault.ts";
import type { TransferStore } from "../../ports/transfer.ts";
import { sealEntry } from "../stored/registered.ts";
import { ruleScope, writeRules } from "../stored/rules.ts";
import { sealSigningKey } from "../stored/signing-key.ts";
import { loginKeysOf } from "../stored/user.ts";
import { auditDocument, raiseCounter, writeEvents } from "./audit.ts";
import { changeDocument } from "./change.ts";
import type { Database, Scope } from "./database.ts";
import type { ApplicationDocument, SigningKeysDocument, UserDocument } from "./documents.ts";
import { reserveNames } from "./login-names.ts";
import { entryId } from "./registry.ts";
import { ALL_KEYS } from "./signing-keys.ts";
import { putTestNumber } from "./test-numbers.ts";
import { factorFields, userFields } from "./user-documents.ts";

const MARK = { _id: "transfer" };

export function createTransferStore(database: Database, vault: Vault): TransferStore {
  const isUnderWay = async ({ models }: Scope) => (await models.meta.exists(MARK)) !== null;
  return {
    isUnderWay: () => database.read(isUnderWay),
    begin: () =>
      database.write(async (scope) => {
        if (await isUnderWay(scope)) return true;
        if (!(await isEmpty(scope))) return false;
        await scope.models.meta.updateOne(MARK, { $set: { count: 1 } }, { upsert: true });
        return true;
      }),
    putApplication: (application, ownRules) =>
      database.write((scope) => putApplication(scope, vault, application, ownRules)),
    putResources: (resources) =>
      database.write(async (scope) => {
        for (const each of resources) {
          await putDocument(scope, entryId("resource", each.id), {
            sealed: sealEntry(vault, "resource", each),
            updatedAt: each.updatedAt,
            rules: null,
          });
        }
      }),
    putGlobalRules: (rules) =>
      database.write((scope) =>
        putDocument(scope, ruleScope(null), { sealed: null, updatedAt: 0, rules }),
      ),
    putUsers: (users) =>
      database.write(async (scope) => {
        await Promise.all(users.map((user) => putUser(scope, vault, user)));
      }),
    putSigningKeys: (keys) => database.write((scope) => putKeys(scope, vault, keys)),
    putTestNumbers: (listed) =>
      database.write(async (scope) => {
        for (const each of listed) await putTestNumber(scope, vault, each);
      }),
    putAuditEvents: (events) => database.write((scope) => putEvents(scope, vault, events)),
    end: () =>
      database.write(async ({ models }) => {
        await models.meta.deleteOne(MARK);
      }),
  };
}

async function isEmpty({ models }: Scope): Promise<boolean> {
  const { users, applications, signing_keys, test_numbers, audit } = models;
  const found = await Promise.all([
    users.exists({ removed: false }),
    applications.exists({ removed: false }),
    signing_keys.exists({}),
    test_numbers.exists({ removed: false }),
    audit.exists({}),
  ]);
  return found.every((each) => each === null);
}

function putApplication(
  scope: Scope,
  vault: Vault,
  application: Application,
  rules: SecurityRules | null,
): Promise<void> {
  return putDocument(scope, ruleScope(application.id), {
    sealed: sealEntry(vault, "application", application),
    updatedAt: application.updatedAt,
    rules,
  });
}

async function putDocument(
  scope: Scope,
  id: string,
  given: Pick<ApplicationDocument, "sealed" | "updatedAt"> & { rules: SecurityRules | null },
): Promise<void> {
  const rules = given.rules && writeRules(given.rules);
  await changeDocument<ApplicationDocument, null>(scope, scope.models.applications, id, () => ({
    put: { ...given, rules, removed: false },
    say: null,
  }));
}

async function putUser(scope: Scope, vault: Vault, user: User): Promise<void> {
  const reserved = await reserveNames(scope, user.id, loginKeysOf(vault, user));
  if (reserved === null) throw new Error(`a login name of user ${user.id} belongs to another one`);
  await changeDocument<UserDocument, null>(scope, scope.models.users, user.id, () => ({
    put: {
      ...userFields(vault, user),
      ...factorFields(user.factorAttempts),
      codeAttempts: [],
      removed: false,
    },
    say: null,
  }));
}

async function putKeys(scope: Scope, vault: Vault, keys: readonly SigningKey[]): Promise<void> {
  await changeDocument<SigningKeysDocument, null>(
    scope,
    scope.models.signing_keys,
    ALL_KEYS,
    (found) => {
      const others = (found?.keys ?? []).filter(({ kid }) => !keys.some((key) => key.kid === kid));
      const put = keys.map((key) => ({
        kid: key.kid,
        alg: key.alg,
        createdAt: key.createdAt,
        sealed: sealSigningKey(vault, key),
      }));
      return { put: { keys: [...others, ...put] }, say: null };
    },
  );
}

async function putEvents(
  scope: Scope,
  vault: Vault,
  events: readonly StoredAuditEvent[],
): Promise<void> {
  const ids = events.map(({ id }) => id);
  await raiseCounter(scope, Math.max(0, ...ids));
  const found = await scope.models.audit.find({ _id: { $in: ids } }, { _id: 1 }).lean();
  const there = new Set(found.map(({ _id }) => _id));
  const missing = events.filter(({ id }) => !there.has(id));
  await writeEvents(
    scope,
    missing.map((event) => auditDocument(vault, event, event.id)),
  );
}
