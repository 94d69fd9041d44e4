// How a message lies in any store: under our id for it, its challenge as a keyed index.

import { MESSAGE_LIFE_SECONDS, type Message } from "../../domain/message.ts";
import { addSeconds, type Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";

export function challengeIndex(vault: Vault, challengeId: string): string {
  return vault.index("challenge", challengeId);
}

// Who asked for a text and from where, told apart and no more.
export function sourceIndexes(
  vault: Vault,
  source: Message["source"],
): { readonly user: string | null; readonly network: string | null } {
  if (source === null) return { user: null, network: null };
  return {
    user: vault.index("text-user", source.userId),
    network: vault.index("text-network", source.network),
  };
}

export function messageEndsAt(at: Instant): Instant {
  return addSeconds(at, MESSAGE_LIFE_SECONDS);
}
