// Counts that are kept for a while under a key, for what changes nothing else. The words of storage.ts hold here too.
import type { WindowBudget } from "../domain/attempt-budget.ts";
import type { Instant } from "../domain/time.ts";

export interface BudgetStore {
  // Counts one under every key. If one of them is at its limit, nothing is counted. Atomic: of n parallel calls, as
  // many are counted as there is room for.
  count(budgets: readonly WindowBudget[], now: Instant): Promise<BudgetsCounted>;
}

export type BudgetsCounted =
  | { readonly outcome: "counted" }
  | { readonly outcome: "limited"; readonly retryAt: Instant };
