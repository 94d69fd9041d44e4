// Counts that are kept for a while under a key: attempts at passwords, and texts. The key is a keyed index of
// what they are counted under.

import type { AttemptPolicy } from "../../domain/attempt-budget.ts";
import { type AttemptCount, type AttemptRun, countAttempt } from "../../domain/attempt-budget.ts";
import type { SendBudget, SendRefund } from "../../domain/send-caps.ts";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { BudgetCount } from "../../ports/interactions.ts";
import { attemptKey } from "../stored/number.ts";
import { integerIn, integerOrNullIn, type Sql } from "./sql.ts";

export interface Budget {
  readonly key: string;
  readonly policy: AttemptPolicy;
  readonly weight?: number;
}

export interface Judged<B extends Budget> {
  readonly budget: B;
  // Under which it is kept.
  readonly key: string;
  readonly before: number;
  readonly count: AttemptCount;
}

// What one more would be under each. All budgets are judged before any is written: what one of them refuses
// must not lengthen the lock of another.
export function judgeBudgets<B extends Budget>(
  sql: Sql,
  vault: Vault,
  budgets: readonly B[],
  now: Instant,
): Judged<B>[] {
  return budgets.map((budget) => {
    const key = attemptKey(vault, budget.key);
    const run = findRun(sql, key, now);
    const count = countAttempt(run, budget.policy, now, budget.weight);
    return { budget, key, before: run?.count ?? 0, count };
  });
}

// Writes those that were counted.
export function writeRuns(sql: Sql, judged: readonly Judged<Budget>[]): void {
  for (const { key, count } of judged) {
    if (count.outcome === "counted") writeRun(sql, key, count);
  }
}

// What a text was counted under.
export function countsOf(judged: readonly Judged<SendBudget>[]): BudgetCount[] {
  return judged.map(({ budget: { because, policy, weight }, before }) => ({
    because,
    before,
    after: before + weight,
    max: policy.max,
  }));
}

export function clearRun(sql: Sql, vault: Vault, key: string): void {
  sql.run("DELETE FROM attempt_runs WHERE key = ?", attemptKey(vault, key));
}

// Takes back what was counted. A lock that it has set stays.
export function takeBack(sql: Sql, vault: Vault, key: string, weight = 1): void {
  sql.run(
    "UPDATE attempt_runs SET count = max(0, count - ?) WHERE key = ?",
    weight,
    attemptKey(vault, key),
  );
}

// The same for texts, each in its own window: one that began later has not counted it.
export function refundSends(sql: Sql, vault: Vault, refunds: readonly SendRefund[]): void {
  for (const { key, countedAt } of refunds) {
    sql.run(
      "UPDATE attempt_runs SET count = max(0, count - 1) WHERE key = ? AND first_at <= ?",
      attemptKey(vault, key),
      countedAt,
    );
  }
}

export function countedUnder(sql: Sql, vault: Vault, key: string, now: Instant): number {
  return findRun(sql, attemptKey(vault, key), now)?.count ?? 0;
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
