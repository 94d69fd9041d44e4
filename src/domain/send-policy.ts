// When a text may be sent to a number: the gap that doubles, and the caps of a challenge and a day.
import type { Limits } from "./limits.ts";
import { addSeconds, DAY_SECONDS, type Instant } from "./time.ts";

type SendLimits = Pick<Limits, "sendGapSeconds" | "sendsPerChallenge" | "sendsPerNumberPerDay">;

// What is remembered of a number: its sends of the last 24 hours, oldest first, and how many there
// have been since the last right code.
export interface NumberHistory {
  readonly sentAt: readonly Instant[];
  readonly sinceSuccess: number;
}

export const NO_SENDS: NumberHistory = { sentAt: [], sinceSuccess: 0 };

// What a challenge remembers of its own sends.
export interface ChallengeSends {
  readonly sends: number;
  readonly lastSentAt: Instant | null;
  readonly expiresAt: Instant;
}

export type SendRefusal = "send-gap" | "challenge-sends-spent" | "number-daily-cap";

export type SendVerdict =
  | { readonly outcome: "allowed" }
  | { readonly outcome: "refused"; readonly because: SendRefusal; readonly retryAt: Instant };

// Whether a text may go out now. A number whose last challenge succeeded may be texted at once;
// otherwise the gap carries over from one challenge to the next.
export function judgeSend(
  history: NumberHistory,
  challenge: ChallengeSends,
  now: Instant,
  limits: SendLimits,
): SendVerdict {
  if (challenge.sends >= limits.sendsPerChallenge) {
    return { outcome: "refused", because: "challenge-sends-spent", retryAt: challenge.expiresAt };
  }
  const gapEnds = sendGapEndsAt(history, challenge, limits);
  if (gapEnds !== null && gapEnds > now) {
    return { outcome: "refused", because: "send-gap", retryAt: gapEnds };
  }
  const today = lastDay(history, now);
  const oldest = today[today.length - limits.sendsPerNumberPerDay];
  if (oldest !== undefined) {
    const retryAt = addSeconds(oldest, DAY_SECONDS);
    return { outcome: "refused", because: "number-daily-cap", retryAt };
  }
  return { outcome: "allowed" };
}

// When the gap after the last send ends, to this number or for this challenge, whichever is later;
// null: there is none to wait for.
export function sendGapEndsAt(
  history: NumberHistory,
  challenge: Pick<ChallengeSends, "sends" | "lastSentAt">,
  limits: SendLimits,
): Instant | null {
  const byNumber = gapEnd(history.sentAt.at(-1) ?? null, history.sinceSuccess, limits);
  const byChallenge = gapEnd(challenge.lastSentAt, challenge.sends, limits);
  if (byNumber === null || byChallenge === null) return byNumber ?? byChallenge;
  return Math.max(byNumber, byChallenge);
}

// The gap doubles with every send, up to what the last send of one challenge would have to wait.
function gapEnd(last: Instant | null, sends: number, limits: SendLimits): Instant | null {
  if (last === null || sends === 0) return null;
  const doublings = Math.min(sends, limits.sendsPerChallenge) - 1;
  return addSeconds(last, limits.sendGapSeconds * 2 ** doublings);
}

// The history with one more send.
export function afterSend(history: NumberHistory, now: Instant): NumberHistory {
  return {
    sentAt: [...lastDay(history, now), now],
    sinceSuccess: history.sinceSuccess + 1,
  };
}

// The history without a send that certainly failed: nobody has to wait for a text that never left.
export function afterFailedSend(history: NumberHistory, at: Instant): NumberHistory {
  const index = history.sentAt.lastIndexOf(at);
  if (index < 0) return history;
  return {
    sentAt: history.sentAt.toSpliced(index, 1),
    sinceSuccess: Math.max(0, history.sinceSuccess - 1),
  };
}

// The history after a right code: the next challenge may send at once; the day's count stays.
export function afterSuccess(history: NumberHistory): NumberHistory {
  return { ...history, sinceSuccess: 0 };
}

function lastDay(history: NumberHistory, now: Instant): Instant[] {
  return history.sentAt.filter((at) => addSeconds(at, DAY_SECONDS) > now);
}
