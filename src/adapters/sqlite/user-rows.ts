// How a user lies in the table. Shared by everything that changes a user within a larger transaction.
import type { FactorAttempts, LoginName, User } from "../../domain/user.ts";
import type { Vault } from "../../domain/vault.ts";
import {
  loginKeys,
  loginKeysOf,
  openUser,
  phoneIndex,
  phoneIndexes,
  sealUser,
} from "../stored/user.ts";
import { forgetDevices } from "./devices.ts";
import { bytesIn, integerIn, integerOrNullIn, type Row, type Sql, textIn } from "./sql.ts";

const COLUMNS = "users.id, users.sealed, users.factor_in_a_row, users.factor_locked_until";

export function findUser(sql: Sql, vault: Vault, id: string): User | null {
  return userOrNull(findUserRow(sql, id), vault);
}

export function findUserRow(sql: Sql, id: string): Row | undefined {
  return sql.get(`SELECT ${COLUMNS} FROM users WHERE id = ?`, id);
}

export function findUserByLogin(sql: Sql, vault: Vault, login: LoginName): User | null {
  const text = `SELECT ${COLUMNS} FROM login_names JOIN users ON users.id = login_names.user_id
     WHERE login_names.key = ?`;
  for (const key of loginKeys(vault, login)) {
    const row = sql.get(text, key);
    if (row !== undefined) return userFrom(row, vault);
  }
  return null;
}

export function listUsers(sql: Sql, vault: Vault, after: string, limit: number): User[] {
  const text = `SELECT ${COLUMNS} FROM users WHERE id > ? ORDER BY id LIMIT ?`;
  return sql.all(text, after, limit).map((row) => userFrom(row, vault));
}

// How many users but this one have the number.
export function countOthersByPhone(sql: Sql, vault: Vault, number: string, id: string): number {
  const text = "SELECT count(*) AS users FROM users WHERE phone_index = ? AND id <> ?";
  const counts = phoneIndexes(vault, number).map((index) => {
    const row = sql.get(text, index, id);
    return row === undefined ? 0 : integerIn(row, "users");
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

export function insertUser(sql: Sql, vault: Vault, user: User): void {
  sql.run(
    `INSERT INTO users (id, sealed, updated_at, phone_index, factor_in_a_row, factor_locked_until)
     VALUES (?, ?, ?, ?, ?, ?)`,
    user.id,
    sealUser(vault, user),
    user.updatedAt,
    user.phone && phoneIndex(vault, user.phone.number),
    user.factorAttempts.inARow,
    user.factorAttempts.lockedUntil,
  );
}

// Replaces everything but the factor attempts.
export function updateUser(sql: Sql, vault: Vault, user: User): void {
  sql.run(
    "UPDATE users SET sealed = ?, updated_at = ?, phone_index = ? WHERE id = ?",
    sealUser(vault, user),
    user.updatedAt,
    user.phone && phoneIndex(vault, user.phone.number),
    user.id,
  );
}

// False: there is no such user.
export function setFactorAttempts(sql: Sql, id: string, attempts: FactorAttempts): boolean {
  const changed = sql.run(
    "UPDATE users SET factor_in_a_row = ?, factor_locked_until = ? WHERE id = ?",
    attempts.inARow,
    attempts.lockedUntil,
    id,
  );
  return changed === 1;
}

// Whether one of the names belongs to another user.
export function namesAreTaken(sql: Sql, vault: Vault, user: User): boolean {
  return loginKeysOf(vault, user).some((key) => {
    const row = sql.get("SELECT user_id FROM login_names WHERE key = ?", key);
    return row !== undefined && textIn(row, "user_id") !== user.id;
  });
}

export function writeLoginNames(sql: Sql, vault: Vault, user: User): void {
  removeLoginNames(sql, user.id);
  for (const key of loginKeysOf(vault, user)) {
    sql.run("INSERT INTO login_names (key, user_id) VALUES (?, ?)", key, user.id);
  }
}

// False: there is no such user.
export function removeUser(sql: Sql, id: string): boolean {
  if (sql.run("DELETE FROM users WHERE id = ?", id) === 0) return false;
  removeLoginNames(sql, id);
  forgetDevices(sql, id);
  return true;
}

export function removeLoginNames(sql: Sql, userId: string): void {
  sql.run("DELETE FROM login_names WHERE user_id = ?", userId);
}

export function userOrNull(row: Row | undefined, vault: Vault): User | null {
  return row === undefined ? null : userFrom(row, vault);
}

function userFrom(row: Row, vault: Vault): User {
  return openUser(vault, textIn(row, "id"), {
    sealed: bytesIn(row, "sealed"),
    factorAttempts: {
      inARow: integerIn(row, "factor_in_a_row"),
      lockedUntil: integerOrNullIn(row, "factor_locked_until"),
    },
  });
}
