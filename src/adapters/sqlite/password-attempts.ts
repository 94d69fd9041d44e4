// The runs of password attempts, under the keyed index of whatever they are counted under.
import { type AttemptRun, countAttempt } from "../../domain/attempt-budget.ts";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { PasswordAttempt, PasswordAttemptBegun } from "../../ports/storage.ts";
import { type Sql, textIn } from "./sql.ts";
import { findUserByLogin } from "./user-rows.ts";

// All budgets are judged before any is written: an attempt that one of them refuses must not
// lengthen the lock of another.
export function beginPasswordAttempt(
  sql: Sql,
  vault: Vault,
  attempt: PasswordAttempt,
): PasswordAttemptBegun {
  const counts = attempt.budgets.map(({ key, policy }) => {
    const hashed = keyOf(vault, key);
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
  for (const key of keys) sql.run("DELETE FROM attempt_runs WHERE key = ?", keyOf(vault, key));
}

function findRun(sql: Sql, key: string, now: Instant): AttemptRun | null {
  const row = sql.get("SELECT run FROM attempt_runs WHERE key = ? AND expires_at > ?", key, now);
  return row === undefined ? null : JSON.parse(textIn(row, "run"));
}

function writeRun(sql: Sql, key: string, count: { run: AttemptRun; expiresAt: Instant }): void {
  sql.run(
    `INSERT INTO attempt_runs (key, run, expires_at) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET run = excluded.run, expires_at = excluded.expires_at`,
    key,
    JSON.stringify(count.run),
    count.expiresAt,
  );
}

function keyOf(vault: Vault, key: string): string {
  return vault.index("attempt", key);
}
