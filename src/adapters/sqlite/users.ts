// The users and their login names.
import type { AuditEvent } from "../../domain/audit-event.ts";
import { withoutRecoveryCode } from "../../domain/recovery-codes.ts";
import type { User } from "../../domain/user.ts";
import type { Vault } from "../../domain/vault.ts";
import type { ChangeOutcome, UserRecovery, UserStore } from "../../ports/storage.ts";
import { NO_FACTOR_ATTEMPTS, nextUpdatedAt, requireSuccessor } from "../stored/user.ts";
import { appendAudit } from "./audit.ts";
import type { Database } from "./database.ts";
import { forgetDevices } from "./devices.ts";
import { insertQueued } from "./mails.ts";
import { beginPasswordAttempt } from "./password-attempts.ts";
import { integerIn, type Sql } from "./sql.ts";
import {
  countOthersByPhone,
  findUser,
  findUserByLogin,
  insertUser,
  listUsers,
  namesAreTaken,
  removeUser,
  setFactorAttempts,
  updateUser,
  writeLoginNames,
} from "./user-rows.ts";

// No user's id.
const NOBODY = "";

export function createUserStore(database: Database, vault: Vault, now: () => number): UserStore {
  return {
    create: (user, audit) => database.write((sql) => create(sql, vault, user, audit)),
    find: (id) => database.read((sql) => findUser(sql, vault, id)),
    findByLogin: (login) => database.read((sql) => findUserByLogin(sql, vault, login)),
    countByPhone: (number) =>
      database.read((sql) => countOthersByPhone(sql, vault, number, NOBODY)),
    async replace(before, after, audit, telling = []) {
      requireSuccessor(before, after);
      const change = { before, after, audit: [audit], telling };
      return database.write((sql) => replace(sql, vault, change));
    },
    async recover(change) {
      const { before, after, endFactorRun } = change;
      requireSuccessor(before, after);
      return database.write((sql) => {
        const outcome = replace(sql, vault, change);
        if (outcome !== "changed") return outcome;
        if (endFactorRun) setFactorAttempts(sql, before.id, NO_FACTOR_ATTEMPTS);
        if (change.forgetDevices) forgetDevices(sql, before.id);
        return outcome;
      });
    },
    note: (id, audit, mails) =>
      database.write((sql) => {
        if (sql.get("SELECT 1 FROM users WHERE id = ?", id) === undefined) return "absent";
        appendAudit(sql, vault, [audit]);
        insertQueued(sql, vault, mails);
        return "noted";
      }),
    clearFactorAttempts: (id, audit) =>
      database.write((sql) => {
        if (!setFactorAttempts(sql, id, NO_FACTOR_ATTEMPTS)) return "absent";
        appendAudit(sql, vault, [audit]);
        return "changed";
      }),
    takeRecoveryCode: (id, digest, audit, mails) =>
      database.write((sql) => {
        const user = findUser(sql, vault, id);
        const recoveryCodes = withoutRecoveryCode(user?.recoveryCodes, digest);
        if (user?.status !== "active" || recoveryCodes === null) return false;
        updateUser(sql, vault, { ...user, recoveryCodes, updatedAt: nextUpdatedAt(user, now()) });
        setFactorAttempts(sql, id, NO_FACTOR_ATTEMPTS);
        appendAudit(sql, vault, [audit]);
        insertQueued(sql, vault, mails);
        return true;
      }),
    upgradePasswordHash: (id, from, to) =>
      database.write((sql) => {
        const user = findUser(sql, vault, id);
        if (user === null || user.passwordHash !== from) return false;
        // A new updatedAt: whoever replaces the user as it was before would bring the old hash back.
        const updatedAt = nextUpdatedAt(user, now());
        updateUser(sql, vault, { ...user, passwordHash: to, updatedAt });
        return true;
      }),
    remove: (id, audit, telling = []) =>
      database.write((sql) => {
        if (!removeUser(sql, id)) return "absent";
        appendAudit(sql, vault, [audit]);
        insertQueued(sql, vault, telling);
        return "changed";
      }),
    list: (page) => database.read((sql) => listUsers(sql, vault, page.after ?? "", page.limit)),
    beginPasswordAttempt: (attempt) =>
      database.write((sql) => beginPasswordAttempt(sql, vault, attempt)),
  };
}

function create(sql: Sql, vault: Vault, user: User, audit: AuditEvent): "created" | "conflict" {
  const exists = sql.get("SELECT 1 FROM users WHERE id = ?", user.id) !== undefined;
  if (exists || namesAreTaken(sql, vault, user)) return "conflict";
  insertUser(sql, vault, user);
  writeLoginNames(sql, vault, user);
  appendAudit(sql, vault, [audit]);
  return "created";
}

function replace(
  sql: Sql,
  vault: Vault,
  change: Pick<UserRecovery, "before" | "after" | "audit" | "telling">,
): ChangeOutcome {
  const { before, after, audit, telling } = change;
  const row = sql.get("SELECT updated_at FROM users WHERE id = ?", before.id);
  if (row === undefined) return "absent";
  if (integerIn(row, "updated_at") !== before.updatedAt) return "stale";
  if (namesAreTaken(sql, vault, after)) return "conflict";
  updateUser(sql, vault, after);
  writeLoginNames(sql, vault, after);
  appendAudit(sql, vault, audit);
  insertQueued(sql, vault, telling);
  return "changed";
}
