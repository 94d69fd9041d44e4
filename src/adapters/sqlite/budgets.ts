// Counts that nothing else is changed with.
import type { Vault } from "../../domain/vault.ts";
import type { BudgetStore } from "../../ports/budgets.ts";
import { judgeBudgets, writeRuns } from "./attempt-runs.ts";
import type { Database } from "./database.ts";

export function createBudgetStore(database: Database, vault: Vault): BudgetStore {
  return {
    count: (budgets, now) =>
      database.write((sql) => {
        const judged = judgeBudgets(sql, vault, budgets, now);
        const retryAts = judged.flatMap(({ count }) =>
          count.outcome === "limited" ? [count.retryAt] : [],
        );
        if (retryAts.length > 0) return { outcome: "limited", retryAt: Math.max(...retryAts) };
        writeRuns(sql, judged);
        return { outcome: "counted" };
      }),
  };
}
