// How what is remembered of a number lies in any store: under the keyed index of the number. It lives for a day or two:
// when the data key is replaced, counting begins anew.
import { NO_SENDS, type NumberHistory, type Sends } from "../../domain/send-policy.ts";
import { addSeconds, type Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";

// Twice the day over which sends are counted; the gap is over long before.
const HISTORY_LIFE_SECONDS = 172_800;

export function numberKey(vault: Vault, number: string): string {
  return vault.lookups("number", number)[0];
}

// The texts of holders lie where those of everybody did before others' were counted apart.
export interface StoredHistory extends Sends {
  readonly others?: Sends | undefined;
}

export function storedHistory({ holders, others }: NumberHistory): StoredHistory {
  return { ...holders, others };
}

export function historyFrom(stored: StoredHistory | null): NumberHistory {
  if (stored === null) return NO_SENDS;
  const { sentAt, sinceSuccess, others = NO_SENDS.others } = stored;
  return { holders: { sentAt, sinceSuccess }, others };
}

// When a history may be forgotten; null: there is nothing to remember.
export function historyEndsAt({ holders, others }: NumberHistory): Instant | null {
  const last = Math.max(holders.sentAt.at(-1) ?? 0, others.sentAt.at(-1) ?? 0);
  return last === 0 ? null : addSeconds(last, HISTORY_LIFE_SECONDS);
}

// What password attempts are counted under: a name or a network, which are nobody's business.
export function attemptKey(vault: Vault, key: string): string {
  return vault.lookups("attempt", key)[0];
}
