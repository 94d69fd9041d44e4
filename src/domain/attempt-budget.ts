// How many wrong answers in a row are tolerated, for the second factor and for passwords. Attempts are
// counted before they are judged; these functions say what a count means.
import type { Limits } from "./limits.ts";
import { addSeconds, DAY_SECONDS, type Instant } from "./time.ts";
import type { FactorAttempts } from "./user.ts";

type FactorLimits = Pick<
  Limits,
  "attemptsInARowUntilLock" | "attemptsInARowUntilOff" | "lockSeconds"
>;

// Whether the second factor is out of use until an administrator puts it back.
export function factorIsOff(attempts: FactorAttempts, limits: FactorLimits): boolean {
  return attempts.inARow >= limits.attemptsInARowUntilOff;
}

// Until when the second factor is locked; null: it is not.
export function factorLockedUntil(attempts: FactorAttempts, now: Instant): Instant | null {
  return attempts.lockedUntil !== null && attempts.lockedUntil > now ? attempts.lockedUntil : null;
}

// Until when no code is taken; null: for good, until an administrator puts it back.
export interface FactorLock {
  readonly retryAt: Instant | null;
}

// What keeps codes from being taken; null: nothing. "Off" first: it has no end, and a lock has one.
export function factorLock(
  attempts: FactorAttempts,
  now: Instant,
  limits: FactorLimits,
): FactorLock | null {
  if (factorIsOff(attempts, limits)) return { retryAt: null };
  const retryAt = factorLockedUntil(attempts, now);
  return retryAt === null ? null : { retryAt };
}

// The run with one more attempt. Every tenth locks, from the moment it is counted: whoever guesses in
// parallel finds the lock before the tenth is judged. A right answer ends the run and the lock.
export function countFactorAttempt(
  attempts: FactorAttempts,
  now: Instant,
  limits: FactorLimits,
): FactorAttempts {
  const inARow = attempts.inARow + 1;
  const locks = inARow % limits.attemptsInARowUntilLock === 0;
  return { inARow, lockedUntil: locks ? addSeconds(now, limits.lockSeconds) : null };
}

// A run of failures that is kept under a key: a login name seen from one network, or a network alone.
export interface AttemptRun {
  readonly count: number;
  readonly firstAt: Instant;
  readonly lockedUntil: Instant | null;
}

export type AttemptPolicy =
  // The first `untilLock` failures lock, then every `untilNextLock`, which is as many if it is not said; each lock is
  // twice as long as the one before, up to a maximum.
  | {
      readonly kind: "growing-lock";
      readonly untilLock: number;
      readonly untilNextLock?: number | undefined;
      readonly lockSeconds: number;
      readonly lockSecondsMax: number;
    }
  // At most so many failures in a window.
  | { readonly kind: "window"; readonly max: number; readonly windowSeconds: number };

// What is counted under a key of its own, up to so many in a window.
export interface WindowBudget {
  readonly key: string;
  readonly policy: Extract<AttemptPolicy, { kind: "window" }>;
}

// The budget of a key.
export function windowBudget(
  key: string,
  window: { readonly max: number; readonly windowSeconds: number },
): WindowBudget {
  return { key, policy: { kind: "window", ...window } };
}

// How long a run is remembered after its last failure, or after the lock that it set.
const RUN_LIFE_SECONDS = DAY_SECONDS;

export type AttemptCount =
  | { readonly outcome: "counted"; readonly run: AttemptRun; readonly expiresAt: Instant }
  | { readonly outcome: "limited"; readonly retryAt: Instant };

// The run with one more attempt, or until when no attempt is looked at. In a window, one attempt may weigh more
// than another: `weight` is what it adds.
export function countAttempt(
  run: AttemptRun | null,
  policy: AttemptPolicy,
  now: Instant,
  weight = 1,
): AttemptCount {
  if (run?.lockedUntil && run.lockedUntil > now) {
    return { outcome: "limited", retryAt: run.lockedUntil };
  }
  return policy.kind === "window"
    ? countInWindow(run, policy, { now, weight })
    : countTowardsLock(run, policy, now);
}

function countInWindow(
  run: AttemptRun | null,
  policy: WindowBudget["policy"],
  { now, weight }: { now: Instant; weight: number },
): AttemptCount {
  const endsAt = run === null ? null : addSeconds(run.firstAt, policy.windowSeconds);
  const over = run === null || endsAt === null || endsAt <= now;
  const current = over ? { count: 0, firstAt: now, lockedUntil: null } : run;
  const expiresAt = over ? addSeconds(now, policy.windowSeconds) : endsAt;
  if (current.count + weight > policy.max) return { outcome: "limited", retryAt: expiresAt };
  return { outcome: "counted", run: { ...current, count: current.count + weight }, expiresAt };
}

function countTowardsLock(
  run: AttemptRun | null,
  policy: Extract<AttemptPolicy, { kind: "growing-lock" }>,
  now: Instant,
): AttemptCount {
  const count = (run?.count ?? 0) + 1;
  const past = count - policy.untilLock;
  const locksBefore = past / (policy.untilNextLock ?? policy.untilLock);
  const locks = past >= 0 && Number.isInteger(locksBefore);
  const doublings = Math.min(locksBefore, 20);
  const seconds = Math.min(policy.lockSeconds * 2 ** doublings, policy.lockSecondsMax);
  const lockedUntil = locks ? addSeconds(now, seconds) : null;
  const next = { count, firstAt: run?.firstAt ?? now, lockedUntil };
  return {
    outcome: "counted",
    run: next,
    expiresAt: addSeconds(lockedUntil ?? now, RUN_LIFE_SECONDS),
  };
}
