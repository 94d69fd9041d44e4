// How what is remembered of a number lies in any store: under the keyed index of the number.
import type { NumberHistory } from "../../domain/send-policy.ts";
import { addSeconds, type Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";

// Twice the day over which sends are counted; the gap is over long before.
const HISTORY_LIFE_SECONDS = 172_800;

export function numberKey(vault: Vault, number: string): string {
  return vault.index("number", number);
}

// When a history may be forgotten; null: there is nothing to remember.
export function historyEndsAt(history: NumberHistory): Instant | null {
  const last = history.sentAt.at(-1);
  return last === undefined ? null : addSeconds(last, HISTORY_LIFE_SECONDS);
}

// What password attempts are counted under: a name or a network, which are nobody's business.
export function attemptKey(vault: Vault, key: string): string {
  return vault.index("attempt", key);
}
