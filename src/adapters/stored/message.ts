// How a message lies in any store: under our id for it, its challenge as a keyed index.

import { MESSAGE_LIFE_SECONDS } from "../../domain/message.ts";
import { addSeconds, type Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";

export function challengeIndex(vault: Vault, challengeId: string): string {
  return vault.index("challenge", challengeId);
}

export function messageEndsAt(at: Instant): Instant {
  return addSeconds(at, MESSAGE_LIFE_SECONDS);
}
