// Somebody hears of it when texts have used up a share of the day's budget.
import { alarmsBetween } from "../domain/send-caps.ts";
import type { Instant } from "../domain/time.ts";
import type { BudgetCount } from "../ports/interactions.ts";
import type { FlowDeps } from "./sign-in.ts";

// Of all texts of a day exactly one passes each share of the budget.
export async function raiseAlarms(
  deps: { readonly storage: Pick<FlowDeps["storage"], "audit"> } & Pick<FlowDeps, "alarm">,
  counts: readonly BudgetCount[],
  now: Instant,
): Promise<void> {
  const money = counts.find(({ because }) => because === "money-cap");
  if (money === undefined) return;
  for (const percent of alarmsBetween(money.before, money.after, money.max)) {
    deps.alarm({ alarm: "sms-budget", percent });
    await deps.storage.audit.append([
      {
        at: now,
        actor: "system",
        action: "sms-budget-alarm",
        target: "sms:budget",
        because: `${percent}-percent`,
        details: { spentMicros: money.after, budgetMicros: money.max },
      },
    ]);
  }
}
