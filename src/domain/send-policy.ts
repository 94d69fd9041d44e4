// When a text may be sent to a number: the gap that doubles, and the caps of a challenge and a day.
import type { Limits } from "./limits.ts";
import { addSeconds, DAY_SECONDS, type Instant } from "./time.ts";

type SendLimits = Pick<
  Limits,
  "sendGapSeconds" | "sendsPerChallenge" | "sendsPerNumberPerDay" | "strangerSendsPerNumberPercent"
>;
type GapLimits = Pick<SendLimits, "sendGapSeconds" | "sendsPerChallenge">;

// Texts of the last 24 hours, oldest first, and how many there have been since the last right code.
export interface Sends {
  readonly sentAt: readonly Instant[];
  readonly sinceSuccess: number;
}

// What is remembered of a number: apart from each other, the texts that users who have it asked for, and those that
// others did. Whoever does not have a number must not make those wait who do.
export interface NumberHistory {
  readonly holders: Sends;
  readonly others: Sends;
}

// Who asks for a text to a number.
export type Asker =
  // A user who has it: bound, or given by an administrator.
  | "holder"
  // A user who does not, though another one has.
  | "stranger"
  // A user who does not, and nobody has.
  | "newcomer";

const NONE: Sends = { sentAt: [], sinceSuccess: 0 };
export const NO_SENDS: NumberHistory = { holders: NONE, others: NONE };

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

// A text that is asked for.
export interface SendRequest {
  readonly asker: Asker;
  readonly challenge: ChallengeSends;
  readonly limits: SendLimits;
}

// Whether a text may go out now. A number whose last challenge succeeded may be texted at once;
// otherwise the gap carries over from one challenge to the next.
export function judgeSend(
  history: NumberHistory,
  { asker, challenge, limits }: SendRequest,
  now: Instant,
): SendVerdict {
  if (challenge.sends >= limits.sendsPerChallenge) {
    return { outcome: "refused", because: "challenge-sends-spent", retryAt: challenge.expiresAt };
  }
  const gapEnds = sendGapEndsAt(history[partyOf(asker)], challenge, limits);
  if (gapEnds !== null && gapEnds > now) {
    return { outcome: "refused", because: "send-gap", retryAt: gapEnds };
  }
  const retryAt = dayFullUntil(history, asker, { now, limits });
  if (retryAt !== null) return { outcome: "refused", because: "number-daily-cap", retryAt };
  return { outcome: "allowed" };
}

// Until when the number's texts of a day are spent for this asker; null: they are not. Strangers have the smaller share
// of a number that is somebody's, and the rest is its holders' whatever others have used: as much as a newcomer can
// have used up before the number was anybody's.
function dayFullUntil(
  history: NumberHistory,
  asker: Asker,
  { now, limits }: { readonly now: Instant; readonly limits: SendLimits },
): Instant | null {
  const { sendsPerNumberPerDay: day, strangerSendsPerNumberPercent: percent } = limits;
  const share = Math.max(1, Math.floor((day * percent) / 100));
  const [holders, others] = [lastDay(history.holders, now), lastDay(history.others, now)];
  const byAll = fullUntil(
    [...holders, ...others].toSorted((one, other) => one - other),
    day,
  );
  switch (asker) {
    case "holder":
      return earlier(fullUntil(holders, day - share), byAll);
    case "stranger":
      return later(fullUntil(others, share), byAll);
    case "newcomer":
      return byAll;
  }
}

// When the oldest of those that must go for one more is a day old.
function fullUntil(sentAt: readonly Instant[], max: number): Instant | null {
  if (sentAt.length < max) return null;
  const oldest = sentAt[sentAt.length - max];
  return oldest === undefined ? Number.POSITIVE_INFINITY : addSeconds(oldest, DAY_SECONDS);
}

function earlier(one: Instant | null, other: Instant | null): Instant | null {
  return one === null || other === null ? null : Math.min(one, other);
}

function later(one: Instant | null, other: Instant | null): Instant | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}

// When the gap after the last send ends, to this number or for this challenge, whichever is later;
// null: there is none to wait for.
export function sendGapEndsAt(
  { sentAt, sinceSuccess }: Sends,
  challenge: Pick<ChallengeSends, "sends" | "lastSentAt">,
  limits: GapLimits,
): Instant | null {
  const byNumber = gapEnd(sentAt.at(-1) ?? null, sinceSuccess, limits);
  return later(byNumber, gapEnd(challenge.lastSentAt, challenge.sends, limits));
}

// The gap doubles with every send, up to what the last send of one challenge would have to wait.
function gapEnd(last: Instant | null, sends: number, limits: GapLimits): Instant | null {
  if (last === null || sends === 0) return null;
  const doublings = Math.min(sends, limits.sendsPerChallenge) - 1;
  return addSeconds(last, limits.sendGapSeconds * 2 ** doublings);
}

// The history with one more send.
export function afterSend(history: NumberHistory, asker: Asker, now: Instant): NumberHistory {
  return changed(history, asker, (sends) => ({
    sentAt: [...lastDay(sends, now), now],
    sinceSuccess: sends.sinceSuccess + 1,
  }));
}

// The history without a send that certainly failed: nobody has to wait for a text that never left.
export function afterFailedSend(history: NumberHistory, asker: Asker, at: Instant): NumberHistory {
  const index = history[partyOf(asker)].sentAt.lastIndexOf(at);
  if (index < 0) return history;
  return changed(history, asker, ({ sentAt, sinceSuccess }) => ({
    sentAt: sentAt.toSpliced(index, 1),
    sinceSuccess: Math.max(0, sinceSuccess - 1),
  }));
}

// The history after a right code: the next challenge may send at once; the day's count stays.
export function afterSuccess(history: NumberHistory, asker: Asker): NumberHistory {
  if (history[partyOf(asker)].sinceSuccess === 0) return history;
  return changed(history, asker, (sends) => ({ ...sends, sinceSuccess: 0 }));
}

function changed(
  history: NumberHistory,
  asker: Asker,
  change: (sends: Sends) => Sends,
): NumberHistory {
  const party = partyOf(asker);
  return { ...history, [party]: change(history[party]) };
}

function partyOf(asker: Asker): keyof NumberHistory {
  return asker === "holder" ? "holders" : "others";
}

function lastDay({ sentAt }: Sends, now: Instant): Instant[] {
  return sentAt.filter((at) => addSeconds(at, DAY_SECONDS) > now);
}
