// Counts that nothing else is changed with.
import type { Vault } from "../../domain/vault.ts";
import type { BudgetStore } from "../../ports/budgets.ts";
import { countAll } from "./attempt-runs.ts";
import type { Database } from "./database.ts";

export function createBudgetStore(database: Database, vault: Vault): BudgetStore {
  return {
    count: (budgets, now) =>
      database.write(async (scope) => {
        const counted = await countAll(scope, vault, budgets, now);
        if (counted.outcome === "counted") return { outcome: "counted" };
        const retryAt = Math.max(...counted.by.map((each) => each.retryAt));
        return { outcome: "limited", retryAt };
      }),
  };
}
