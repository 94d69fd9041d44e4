// The users and their login names.
import type { AuditEvent } from "../../domain/audit-event.ts";
import { withoutRecoveryCode } from "../../domain/recovery-codes.ts";
import type { User } from "../../domain/user.ts";
import type { Vault } from "../../domain/vault.ts";
import type { Queued } from "../../ports/mail.ts";
import type { ChangeOutcome, UserRecovery, UserStore } from "../../ports/storage.ts";
import {
  loginKeysOf,
  NO_FACTOR_ATTEMPTS,
  nextUpdatedAt,
  requireSuccessor,
} from "../stored/user.ts";
import { changeDocument } from "./change.ts";
import type { Database, Scope } from "./database.ts";
import { forgetDevices } from "./devices.ts";
import type { UserDocument } from "./documents.ts";
import { findReservations, releaseNames, reserveNames } from "./login-names.ts";
import { queuedDocuments } from "./mails.ts";
import { beginPasswordAttempt } from "./password-attempts.ts";
import { eventsOf, owing, payAudit } from "./pending.ts";
import { finishRemoval } from "./removals.ts";
import {
  factorFields,
  findUser,
  findUserByLogin,
  findUserDocument,
  listUsers,
  userFields,
  userFrom,
  withPhone,
} from "./user-documents.ts";

export function createUserStore(database: Database, vault: Vault, now: () => number): UserStore {
  return {
    create: (user, audit) => database.write((scope) => create(scope, vault, user, audit)),
    find: (id) => database.read((scope) => findUser(scope, vault, id)),
    findByLogin: (login) => database.read((scope) => findUserByLogin(scope, vault, login)),
    countByPhone: (number) =>
      database.read(({ models }) =>
        models.users.countDocuments({ ...withPhone(vault, number), removed: false }),
      ),
    async replace(before, after, audit, telling = []) {
      requireSuccessor(before, after);
      const change = { before, after, audit: [audit], telling };
      return database.write((scope) => replace(scope, vault, change));
    },
    async recover(change) {
      const { before, after, endFactorRun } = change;
      requireSuccessor(before, after);
      return database.write(async (scope) => {
        const fields = endFactorRun ? factorFields(NO_FACTOR_ATTEMPTS) : {};
        const outcome = await replace(scope, vault, change, fields);
        // A crash in between leaves browsers known: no more than a mail that does not go out.
        if (outcome === "changed" && change.forgetDevices) await forgetDevices(scope, before.id);
        return outcome;
      });
    },
    note: (id, audit, mails) =>
      database.write(async (scope) => {
        const noted = await setOnUser(scope, vault, { id, audit, telling: mails });
        return (await payFor(scope, noted)) ? "noted" : "absent";
      }),
    clearFactorAttempts: (id, audit) =>
      database.write(async (scope) => {
        const fields = () => factorFields(NO_FACTOR_ATTEMPTS);
        const cleared = await setOnUser(scope, vault, { id, audit, fields });
        return (await payFor(scope, cleared)) ? "changed" : "absent";
      }),
    takeRecoveryCode: (id, digest, audit, mails) =>
      database.write(async (scope) => {
        const fields = (found: UserDocument) => {
          const user = userFrom(vault, found);
          const recoveryCodes = withoutRecoveryCode(user?.recoveryCodes, digest);
          if (user?.status !== "active" || recoveryCodes === null) return null;
          const after = { ...user, recoveryCodes, updatedAt: nextUpdatedAt(user, now()) };
          return { ...userFields(vault, after), ...factorFields(NO_FACTOR_ATTEMPTS) };
        };
        return payFor(scope, await setOnUser(scope, vault, { id, audit, telling: mails, fields }));
      }),
    upgradePasswordHash: (id, from, to) =>
      database.write(async (scope) => {
        const changed = await changeDocument(scope, scope.models.users, id, (found) => {
          const user = userFrom(vault, found);
          if (found === null || user?.passwordHash !== from) return { keep: false };
          // A new updatedAt: whoever replaces the user as it was before would bring the old hash back.
          const after = { ...user, passwordHash: to, updatedAt: nextUpdatedAt(user, now()) };
          return { put: { ...found, ...userFields(vault, after) }, say: true };
        });
        return changed.said;
      }),
    remove: (id, audit, telling = []) =>
      database.write((scope) => remove(scope, vault, { id, audit, telling })),
    list: (page) =>
      database.read((scope) =>
        listUsers(scope, vault, { after: page.after ?? "", limit: page.limit }),
      ),
    beginPasswordAttempt: (attempt) =>
      database.write((scope) => beginPasswordAttempt(scope, vault, attempt)),
  };
}

// The names first, since they are what two users can fight over.
async function create(
  scope: Scope,
  vault: Vault,
  user: User,
  audit: AuditEvent,
): Promise<"created" | "conflict"> {
  const reserved = await reserveNames(scope, user.id, loginKeysOf(vault, user));
  if (reserved === null) return "conflict";
  const events = eventsOf(scope, vault, [audit]);
  const { said, after } = await changeDocument<UserDocument, "created" | "conflict">(
    scope,
    scope.models.users,
    user.id,
    async (found) => {
      if (found !== null && !found.removed) return { keep: "conflict" };
      const put = {
        ...userFields(vault, user),
        ...factorFields(user.factorAttempts),
        codeAttempts: [],
        removed: false,
        ...owing(found?.pending, { audit: await events() }),
      };
      return { put, say: "created" };
    },
  );
  if (said === "conflict") await releaseNames(scope, reserved);
  else await payAudit(scope, scope.models.users, after);
  return said;
}

// Writes a user anew as it is, with the keyed indexes as they are to be now.
export async function resealUser(scope: Scope, vault: Vault, id: string): Promise<void> {
  for (;;) {
    scope.check();
    const user = await findUser(scope, vault, id);
    if (user === null) return;
    const change = { before: user, after: user, audit: [], telling: [] };
    const outcome = await replace(scope, vault, change);
    if (outcome === "conflict")
      throw new Error(`a login name of user ${id} belongs to another one`);
    if (outcome !== "stale") return;
  }
}

async function replace(
  scope: Scope,
  vault: Vault,
  change: Pick<UserRecovery, "before" | "after" | "audit" | "telling">,
  fields: Partial<UserDocument> = {},
): Promise<ChangeOutcome> {
  const { before, after, audit } = change;
  const document = await findUserDocument(scope, before.id);
  const stale = staleness(document, before);
  if (document === null || stale !== null) return stale ?? "absent";

  const names = loginKeysOf(vault, after);
  const dropped = document.names.filter((key) => !names.includes(key));
  const givenUp = await findReservations(scope, before.id, dropped);
  const added = names.filter((key) => !document.names.includes(key));
  const reserved = await reserveNames(scope, before.id, added);
  if (reserved === null) return "conflict";

  const events = eventsOf(scope, vault, audit);
  const mails = queuedDocuments(vault, change.telling);
  const changed = await changeDocument<UserDocument, ChangeOutcome>(
    scope,
    scope.models.users,
    before.id,
    async (found) => {
      const staleNow = staleness(found, before);
      if (found === null || staleNow !== null) return { keep: staleNow ?? "absent" };
      const owed = owing(found.pending, { audit: await events(), mails });
      return { put: { ...found, ...userFields(vault, after), ...fields, ...owed }, say: "changed" };
    },
  );
  if (changed.said !== "changed") {
    await releaseNames(scope, reserved);
    return changed.said;
  }
  await payAudit(scope, scope.models.users, changed.after);
  await releaseNames(scope, givenUp);
  return "changed";
}

function staleness(found: UserDocument | null, before: User): "absent" | "stale" | null {
  if (found === null || found.removed) return "absent";
  return found.updatedAt === before.updatedAt ? null : "stale";
}

// First nobody finds it any more; then what is left of it is cleared away.
async function remove(
  scope: Scope,
  vault: Vault,
  { id, audit, telling }: { id: string; audit: AuditEvent; telling: readonly Queued[] },
): Promise<"changed" | "absent"> {
  const document = await findUserDocument(scope, id);
  if (document === null || document.removed) return "absent";
  const names = await findReservations(scope, id, document.names);
  const removed = await setOnUser(scope, vault, {
    id,
    audit,
    telling,
    fields: () => ({ names: [], phoneIndex: null, removed: true }),
  });
  if (removed === null) return "absent";
  await releaseNames(scope, names);
  await forgetDevices(scope, id);
  await finishRemoval(scope, scope.models.users, removed);
  return "changed";
}

// Sets fields of a user who is there; its document carries the event and what tells of it until they are written.
// The document afterwards; null when there is no such user.
async function setOnUser(
  scope: Scope,
  vault: Vault,
  given: {
    readonly id: string;
    readonly audit: AuditEvent;
    readonly telling?: readonly Queued[];
    // What is set; null: nothing, and it is as if there were no such user.
    readonly fields?: (found: UserDocument) => Partial<UserDocument> | null;
  },
): Promise<UserDocument | null> {
  const events = eventsOf(scope, vault, [given.audit]);
  const mails = queuedDocuments(vault, given.telling ?? []);
  const { said, after } = await changeDocument(
    scope,
    scope.models.users,
    given.id,
    async (found) => {
      if (found === null || found.removed) return { keep: false };
      const fields = given.fields === undefined ? {} : given.fields(found);
      if (fields === null) return { keep: false };
      const owed = owing(found.pending, { audit: await events(), mails });
      return { put: { ...found, ...fields, ...owed }, say: true };
    },
  );
  return said ? after : null;
}

async function payFor(scope: Scope, user: UserDocument | null): Promise<boolean> {
  if (user !== null) await payAudit(scope, scope.models.users, user);
  return user !== null;
}
