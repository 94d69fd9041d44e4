// Counting attempts at passwords.
import type { Vault } from "../../domain/vault.ts";
import type { PasswordAttempt, PasswordAttemptBegun } from "../../ports/storage.ts";
import { countAll } from "./attempt-runs.ts";
import type { Scope } from "./database.ts";
import { findUserByLogin } from "./user-documents.ts";

export async function beginPasswordAttempt(
  scope: Scope,
  vault: Vault,
  attempt: PasswordAttempt,
): Promise<PasswordAttemptBegun> {
  const counted = await countAll(scope, vault, attempt.budgets, attempt.now);
  if (counted.outcome === "limited") {
    return { outcome: "limited", retryAt: Math.max(...counted.by.map(({ retryAt }) => retryAt)) };
  }
  const counts = counted.counts.map(({ before }) => before + 1);
  return { outcome: "counted", user: await findUserByLogin(scope, vault, attempt.login), counts };
}
