// An attempt at a code, before the code is looked at: whether it is one more, and what is counted then.
import { countFactorAttempt, factorLock } from "./attempt-budget.ts";
import { judgeChallenge } from "./challenge.ts";
import type { Limits } from "./limits.ts";
import type { Instant } from "./time.ts";
import type { User } from "./user.ts";

// What was counted at the challenge that is open.
export interface CodeAttempts {
  readonly count: number;
  // The digests of what was typed: as many as were counted, at most.
  readonly guesses: readonly string[];
}

export type CodeAttemptVerdict =
  | { readonly outcome: "locked"; readonly retryAt: Instant | null }
  | { readonly outcome: "dead"; readonly because: "expired" | "too-many-attempts" }
  // Judged again, which tells nobody anything new.
  | { readonly outcome: "repeated" }
  | {
      readonly outcome: "counted";
      readonly attempts: CodeAttempts;
      readonly factorAttempts: User["factorAttempts"];
    };

// `before` is what was counted so far; `expiresAt` the end of what waits for the code.
export function judgeCodeAttempt(
  { before, factorAttempts, expiresAt, guess }: CodeAttemptGiven,
  now: Instant,
  limits: CodeAttemptLimits,
): CodeAttemptVerdict {
  const lock = factorLock(factorAttempts, now, limits);
  if (lock !== null) return { outcome: "locked", ...lock };
  const verdict = judgeChallenge({ expiresAt }, before.count, now, limits);
  if (verdict.outcome === "dead") return verdict;
  if (before.guesses.includes(guess)) return { outcome: "repeated" };
  return {
    outcome: "counted",
    attempts: { count: before.count + 1, guesses: [...before.guesses, guess] },
    factorAttempts: countFactorAttempt(factorAttempts, now, limits),
  };
}

export interface CodeAttemptGiven {
  readonly before: CodeAttempts;
  readonly factorAttempts: User["factorAttempts"];
  readonly expiresAt: Instant;
  readonly guess: string;
}

export type CodeAttemptLimits = Pick<
  Limits,
  "attemptsPerCode" | "attemptsInARowUntilLock" | "attemptsInARowUntilOff" | "lockSeconds"
>;
