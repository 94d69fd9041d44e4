// Whether texts to a range of numbers or a country look like fraud: people type the codes that they asked
// for; whoever is paid for each text does not.
import type { Limits } from "./limits.ts";
import type { Instant } from "./time.ts";

export type GuardMode = "off" | "record" | "on";

type GuardLimits = Pick<
  Limits,
  "pumpingWindowSeconds" | "pumpingGraceSeconds" | "pumpingSendsMin" | "pumpingVerifiedPercentMin"
>;

// The texts that are judged: those that went out from an instant on, and of those after another one, which
// somebody may be about to type, only the ones that were typed.
export interface JudgedTexts {
  readonly from: Instant;
  readonly typedAfter: Instant;
}

// How many texts are judged, and of how many the code was typed.
export interface Conversion {
  readonly sent: number;
  readonly verified: number;
}

// A range or a country whose texts are paused, or were.
export interface Pause {
  // "prefix:+1415555", "country:US".
  readonly scope: string;
  // Null: it was lifted.
  readonly pausedAt: Instant | null;
  readonly liftedAt: Instant | null;
}

export function prefixScope(prefix: string): string {
  return `prefix:${prefix}`;
}

export function countryScope(country: string): string {
  return `country:${country}`;
}

// Too few codes typed, of enough texts to tell.
export function isPumping({ sent, verified }: Conversion, limits: GuardLimits): boolean {
  if (sent < limits.pumpingSendsMin) return false;
  return verified * 100 < limits.pumpingVerifiedPercentMin * sent;
}

// Which texts are judged now. What an administrator has looked at is not judged again.
export function judgedTexts(pause: Pause | null, now: Instant, limits: GuardLimits): JudgedTexts {
  return {
    from: Math.max(now - limits.pumpingWindowSeconds * 1000, pause?.liftedAt ?? 0),
    typedAfter: now - limits.pumpingGraceSeconds * 1000,
  };
}
