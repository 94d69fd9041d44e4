// The runs of password attempts, under the keyed index of whatever they are counted under.
import { type AttemptRun, countAttempt } from "../../domain/attempt-budget.ts";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { PasswordAttempt, PasswordAttemptBegun } from "../../ports/storage.ts";
import { attemptKey } from "../stored/number.ts";
import { integerIn, integerOrNullIn, type Sql } from "./sql.ts";
import { findUserByLogin } from "./user-rows.ts";

// All budgets are judged before any is written: an attempt that one of them refuses must not
// lengthen the lock of another.
export function beginPasswordAttempt(
  sql: Sql,
  vault: Vault,
  attempt: PasswordAttempt,
): PasswordAttemptBegun {
  const counts = attempt.budgets.map(({ key, policy }) => {
    const hashed = attemptKey(vault, key);
    return {
      key: hashed,
      count: countAttempt(findRun(sql, hashed, attempt.now), policy, attempt.now),
    };
  });

  const retryAts = counts.flatMap((each) =>
    each.count.outcome === "limited" ? [each.count.retryAt] : [],
  );
  if (retryAts.length > 0) return { outcome: "limited", retryAt: Math.max(...retryAts) };

  for (const { key, count } of counts) {
    if (count.outcome === "counted") writeRun(sql, key, count);
  }
  return { outcome: "counted", user: findUserByLogin(sql, vault, attempt.login) };
}

export function clearAttempts(sql: Sql, vault: Vault, keys: readonly string[]): void {
  for (const key of keys) sql.run("DELETE FROM attempt_runs WHERE key = ?", attemptKey(vault, key));
}

// Takes one attempt back. A lock that it has set stays.
export function refundAttempts(sql: Sql, vault: Vault, keys: readonly string[]): void {
  for (const key of keys) {
    const text = "UPDATE attempt_runs SET count = count - 1 WHERE key = ? AND count > 0";
    sql.run(text, attemptKey(vault, key));
  }
}

function findRun(sql: Sql, key: string, now: Instant): AttemptRun | null {
  const row = sql.get(
    "SELECT count, first_at, locked_until FROM attempt_runs WHERE key = ? AND expires_at > ?",
    key,
    now,
  );
  if (row === undefined) return null;
  return {
    count: integerIn(row, "count"),
    firstAt: integerIn(row, "first_at"),
    lockedUntil: integerOrNullIn(row, "locked_until"),
  };
}

function writeRun(sql: Sql, key: string, count: { run: AttemptRun; expiresAt: Instant }): void {
  sql.run(
    `INSERT OR REPLACE INTO attempt_runs (key, count, first_at, locked_until, expires_at)
     VALUES (?, ?, ?, ?, ?)`,
    key,
    count.run.count,
    count.run.firstAt,
    count.run.lockedUntil,
    count.expiresAt,
  );
}
