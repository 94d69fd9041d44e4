// Codes that a device shows, and a user types elsewhere (RFC 8628, 5.1): each one is counted before it is looked up, by
// network and in all.
import { windowBudget } from "../domain/attempt-budget.ts";
import { networkOf } from "../domain/network.ts";
import { HOUR_SECONDS, type Instant } from "../domain/time.ts";
import type { FlowDeps } from "./sign-in.ts";

// Null: it may be looked up. Else when the next one may be.
export async function countUserCodeTry(
  deps: Pick<FlowDeps, "storage" | "limits" | "isOwnAddress" | "alarm" | "now">,
  address: string,
): Promise<Instant | null> {
  const { limits, storage } = deps;
  const count = async (key: string, max: number) => {
    const budget = windowBudget(key, { max, windowSeconds: HOUR_SECONDS });
    const counted = await storage.budgets.count([budget], deps.now());
    return counted.outcome === "limited" ? counted.retryAt : null;
  };
  if (!deps.isOwnAddress(address)) {
    const key = `user-code-network:${networkOf(address)}`;
    const retryAt = await count(key, limits.userCodeTriesPerAddressPerHour);
    if (retryAt !== null) return retryAt;
  }
  // What one network is refused does not count here, or it could use up what is everybody's.
  const retryAt = await count("user-codes", limits.userCodeTriesPerHour);
  if (retryAt !== null) deps.alarm({ alarm: "user-codes", max: limits.userCodeTriesPerHour });
  return retryAt;
}
