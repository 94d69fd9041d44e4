// How often a network may do what costs us something, counted in this process alone: for what protects no secret a
// write to the store each time would cost more than it saves. Tries and locks are counted in the store.
import { type AttemptRun, countAttempt, type WindowBudget } from "./attempt-budget.ts";
import { networkOf } from "./network.ts";
import type { Instant } from "./time.ts";

// Networks that are remembered at once; who was seen least recently is forgotten first.
const NETWORKS_MAX = 10_000;

// Counts once for the network of an address; null: it may, else when it may again.
export type NetworkRate = (address: string, now: Instant) => Instant | null;

export function createNetworkRate(
  policy: WindowBudget["policy"],
  networksMax = NETWORKS_MAX,
): NetworkRate {
  const runs = new Map<string, AttemptRun>();
  return (address, now) => {
    const network = networkOf(address);
    const counted = countAttempt(runs.get(network) ?? null, policy, now);
    if (counted.outcome === "limited") return counted.retryAt;
    runs.delete(network);
    runs.set(network, counted.run);
    const [oldest] = runs.keys();
    if (runs.size > networksMax && oldest !== undefined) runs.delete(oldest);
    return null;
  };
}
