// Somebody has forgotten the password. Here the request is counted by network and put in the queue, whatever stands
// in it; answer-recoveries.ts looks into it afterwards. So neither the answer nor its time tells who has an account.
import type { WindowBudget } from "../domain/attempt-budget.ts";
import { parseLogin } from "../domain/login-name.ts";
import { networkOf } from "../domain/network.ts";
import { requestBudget, requestsBudget } from "../domain/recovery.ts";
import type { Instant } from "../domain/time.ts";
import type { FlowDeps } from "./sign-in.ts";

export type RequestRecoveryOutcome =
  | { readonly outcome: "requested" }
  // Nothing was typed.
  | { readonly outcome: "malformed" }
  // Too many from this network, or in all.
  | { readonly outcome: "limited"; readonly retryAt: Instant };

type RequestDeps = Pick<
  FlowDeps,
  "storage" | "limits" | "isOwnAddress" | "alarm" | "now" | "newId"
>;

// Takes the request for a link to recover an account.
export async function requestRecovery(
  deps: RequestDeps,
  input: { readonly login: string; readonly address: string; readonly language: string },
): Promise<RequestRecoveryOutcome> {
  if (input.login.trim() === "") return { outcome: "malformed" };
  const now = deps.now();
  const count = (budgets: WindowBudget[]) => deps.storage.budgets.count(budgets, now);
  const byNetwork = requestBudget(networkOf(input.address), deps.limits);
  const counted = await count(deps.isOwnAddress(input.address) ? [] : [byNetwork]);
  if (counted.outcome === "limited") return counted;
  // What one network is refused does not count here, or it could use up what is everybody's.
  const inAll = await count([requestsBudget(deps.limits)]);
  if (inAll.outcome === "limited") {
    deps.alarm({ alarm: "recovery-requests", max: deps.limits.recoveryRequestsPerHour });
    return inAll;
  }

  // What cannot be a login name goes the same way.
  const login = parseLogin(input.login) ?? { kind: "username" as const, value: "" };
  const [id, linkId] = [deps.newId(), deps.newId()];
  const { language } = input;
  await deps.storage.mails.enqueue([{ channel: "recovery", id, linkId, login, language, at: now }]);
  return { outcome: "requested" };
}
