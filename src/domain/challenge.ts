// A challenge: one code, sent for one purpose to one number, with its attempts and its end.
import type { Limits } from "./limits.ts";
import type { SendRefund } from "./send-caps.ts";
import type { TestMark } from "./test-number.ts";
import { addSeconds, type Instant } from "./time.ts";

export type ChallengePurpose = "login" | "bind" | "step-up";

export interface Challenge {
  // At least 128 random bits; the code is computed from it.
  readonly id: string;
  readonly codeKeyId: string;
  readonly purpose: ChallengePurpose;
  readonly phone: string;
  readonly openedAt: Instant;
  readonly expiresAt: Instant;
  // How often a text went out for it, and when last; 0: none yet, or the only one failed. While a
  // number is being bound, another number goes on counting here: the gap is not dodged by retyping.
  readonly sends: number;
  readonly lastSentAt: Instant | null;
  // What its texts were counted under that a right code gives back; absent: nothing.
  readonly refunds?: readonly SendRefund[] | undefined;
  // The listing that it was opened under: then nothing is sent, and the code of that listing answers it.
  readonly testNumber?: TestMark | null | undefined;
}

export type ChallengeVerdict =
  | { readonly outcome: "open" }
  | { readonly outcome: "dead"; readonly because: "expired" | "too-many-attempts" };

// Whether a challenge can still be answered. `attempts` are those counted before the one at hand.
export function judgeChallenge(
  challenge: Pick<Challenge, "expiresAt">,
  attempts: number,
  now: Instant,
  limits: Pick<Limits, "attemptsPerCode">,
): ChallengeVerdict {
  if (now >= challenge.expiresAt) return { outcome: "dead", because: "expired" };
  if (attempts >= limits.attemptsPerCode) return { outcome: "dead", because: "too-many-attempts" };
  return { outcome: "open" };
}

// A new challenge, not sent yet. `id` is fresh randomness from the caller.
export function openChallenge(
  given: Pick<Challenge, "id" | "codeKeyId" | "purpose" | "phone" | "testNumber">,
  now: Instant,
  limits: Pick<Limits, "codeLifeSeconds">,
): Challenge {
  return {
    ...given,
    openedAt: now,
    expiresAt: addSeconds(now, limits.codeLifeSeconds),
    sends: 0,
    lastSentAt: null,
  };
}
