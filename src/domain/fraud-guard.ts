// The SMS fraud guard (toll fraud, "pumping"): people type the codes that they asked for; whoever is paid for each text
// does not. It judges texts to numbers that nobody has shown to be theirs, and holds back no others.
import { windowBudget } from "./attempt-budget.ts";
import type { Limits } from "./limits.ts";
import type { SendBudget } from "./send-caps.ts";
import { addSeconds, type Instant } from "./time.ts";

export type GuardMode = "off" | "record" | "on";

export type GuardLimits = Pick<
  Limits,
  | "pumpingWindowSeconds"
  | "pumpingGraceSeconds"
  | "pumpingSendsMin"
  | "pumpingSendsPerSourceMax"
  | "pumpingVerifiedPercentMin"
  | "pumpingPauseSeconds"
  | "pumpingTrialSends"
>;

// Where texts go: a range of numbers, or a country.
export type Place = { readonly prefix: string } | { readonly country: string };

// A text that went out and is judged. Who asked for it and from where are names of the store's own.
export interface JudgedText {
  readonly at: Instant;
  readonly prefix: string;
  readonly user: string;
  readonly network: string;
  // Its code was typed.
  readonly verified: boolean;
}

// How many texts are judged, and of how many the code was typed.
export interface Conversion {
  readonly sent: number;
  readonly verified: number;
}

// A place to which texts are paused, or were.
export interface Pause {
  // "prefix:+1415555", "country:US".
  readonly scope: string;
  // Null: it was lifted.
  readonly pausedAt: Instant | null;
  readonly liftedAt: Instant | null;
}

export type GuardVerdict =
  | { readonly verdict: "open" }
  // Few codes are typed: texts pause from now on, for the first time or again after a trial.
  | { readonly verdict: "pause"; readonly again: boolean; readonly conversion: Conversion }
  | { readonly verdict: "held"; readonly until: Instant }
  // The pause has lasted its time. Some texts may go to see what becomes of them; each counts under this budget.
  | { readonly verdict: "trial"; readonly budget: SendBudget }
  // The codes of the trial were typed: the pause is over.
  | { readonly verdict: "resume"; readonly conversion: Conversion };

export function scopeOf(place: Place): string {
  return "prefix" in place ? `prefix:${place.prefix}` : `country:${place.country}`;
}

// When a pause has lasted its time.
export function trialBeginsAt(pausedAt: Instant, limits: GuardLimits): Instant {
  return addSeconds(pausedAt, limits.pumpingPauseSeconds);
}

// Which texts are judged: those from an instant on, the newest first, up to so many; and of those after another one,
// whose code somebody may be about to type, only the ones that were typed.
export interface TextsToJudge {
  readonly from: Instant;
  readonly typedAfter: Instant;
  readonly max: number;
}

// So many tell enough of a place.
const JUDGED_MAX = 1000;

// Of a trial all of its texts, else those of the window. What an administrator or a trial has looked at is not judged
// again.
export function textsToJudge(pause: Pause | null, now: Instant, limits: GuardLimits): TextsToJudge {
  if (pause?.pausedAt != null) {
    return { from: trialBeginsAt(pause.pausedAt, limits), typedAfter: now, max: JUDGED_MAX };
  }
  return {
    from: Math.max(addSeconds(now, -limits.pumpingWindowSeconds), pause?.liftedAt ?? 0),
    typedAfter: addSeconds(now, -limits.pumpingGraceSeconds),
    max: JUDGED_MAX,
  };
}

export interface PlaceJudged {
  readonly place: Place;
  readonly pause: Pause | null;
  // By textsToJudge.
  readonly texts: readonly JudgedText[];
}

// Whether a text may go to a place, and what becomes of the place by that.
export function judgePlace(judged: PlaceJudged, now: Instant, limits: GuardLimits): GuardVerdict {
  const { place, pause, texts } = judged;
  if (pause?.pausedAt != null) return judgePause(judged, pause.pausedAt, { now, limits });
  const conversion = conversionOf(place, texts, limits);
  if (conversion.sent < limits.pumpingSendsMin) return { verdict: "open" };
  return isTyped(conversion, limits)
    ? { verdict: "open" }
    : { verdict: "pause", again: false, conversion };
}

function judgePause(
  { place, texts }: PlaceJudged,
  pausedAt: Instant,
  { now, limits }: { readonly now: Instant; readonly limits: GuardLimits },
): GuardVerdict {
  const trialAt = trialBeginsAt(pausedAt, limits);
  if (now < trialAt) return { verdict: "held", until: trialAt };
  if (texts.length < limits.pumpingTrialSends) {
    return { verdict: "trial", budget: trialBudget(place, trialAt, limits) };
  }
  const conversion = { sent: texts.length, verified: texts.filter(isVerified).length };
  if (isTyped(conversion, limits)) return { verdict: "resume", conversion };
  const last = Math.max(...texts.map(({ at }) => at));
  const until = addSeconds(last, limits.pumpingGraceSeconds);
  return now < until ? { verdict: "held", until } : { verdict: "pause", again: true, conversion };
}

// One count for one trial, so that of any number at once no more go than it has texts.
function trialBudget(place: Place, trialAt: Instant, limits: GuardLimits): SendBudget {
  const window = { max: limits.pumpingTrialSends, windowSeconds: limits.pumpingPauseSeconds };
  const key = `send-trial:${scopeOf(place)}:${trialAt}`;
  return { ...windowBudget(key, window), because: "paused", weight: 1 };
}

// What narrower limits stop is no reason to pause a wider place: of those whose code nobody typed, one user and one
// network count for so many texts at most, and in a country one range.
function conversionOf(place: Place, texts: readonly JudgedText[], limits: GuardLimits): Conversion {
  const untyped = texts.filter((text) => !text.verified);
  const sources = "prefix" in place ? SOURCES : [...SOURCES, byPrefix];
  const counted = sources.map((source) => countBySource(untyped.map(source), limits));
  const verified = texts.length - untyped.length;
  return { sent: verified + Math.min(...counted), verified };
}

const byPrefix = ({ prefix }: JudgedText) => prefix;
const SOURCES = [({ user }: JudgedText) => user, ({ network }: JudgedText) => network];
const isVerified = ({ verified }: JudgedText) => verified;

function countBySource(
  sources: readonly string[],
  { pumpingSendsPerSourceMax: max }: GuardLimits,
): number {
  const counts = new Map<string, number>();
  for (const source of sources) counts.set(source, Math.min(max, (counts.get(source) ?? 0) + 1));
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

function isTyped({ sent, verified }: Conversion, limits: GuardLimits): boolean {
  return verified * 100 >= limits.pumpingVerifiedPercentMin * sent;
}
