// Counting attempts at passwords.
import type { Vault } from "../../domain/vault.ts";
import type { PasswordAttempt, PasswordAttemptBegun } from "../../ports/storage.ts";
import { clearRun, judgeBudgets, takeBack, writeRuns } from "./attempt-runs.ts";
import type { Sql } from "./sql.ts";
import { findUserByLogin } from "./user-rows.ts";

export function beginPasswordAttempt(
  sql: Sql,
  vault: Vault,
  attempt: PasswordAttempt,
): PasswordAttemptBegun {
  const judged = judgeBudgets(sql, vault, attempt.budgets, attempt.now);
  const retryAts = judged.flatMap(({ count }) =>
    count.outcome === "limited" ? [count.retryAt] : [],
  );
  if (retryAts.length > 0) return { outcome: "limited", retryAt: Math.max(...retryAts) };
  writeRuns(sql, judged);
  const counts = judged.map(({ before }) => before + 1);
  return { outcome: "counted", user: findUserByLogin(sql, vault, attempt.login), counts };
}

export function clearAttempts(sql: Sql, vault: Vault, keys: readonly string[]): void {
  for (const key of keys) clearRun(sql, vault, key);
}

export function refundAttempts(sql: Sql, vault: Vault, keys: readonly string[]): void {
  for (const key of keys) takeBack(sql, vault, key);
}
