// A test number: one that an administrator has listed, with a code that is always the same and an end. Nothing is
// sent to it. For rehearsals and automatic tests.
import { randomInt } from "node:crypto";
import { addSeconds, DAY_SECONDS, type Instant } from "./time.ts";

export interface TestNumber {
  // Of this listing: the same number listed anew has another one.
  readonly id: string;
  // E.164 in shape; it need not be in any numbering plan.
  readonly number: string;
  readonly name: string;
  readonly code: string;
  readonly addedAt: Instant;
  // The first instant at which it is none any more.
  readonly until: Instant;
}

// What a challenge remembers of the listing that it was opened under.
export type TestMark = Pick<TestNumber, "id" | "name">;

// So many days ahead a listing may end.
export const TEST_NUMBER_DAYS_MAX = 366;

// Whether a listing still counts.
export function isLive({ until }: Pick<TestNumber, "until">, now: Instant): boolean {
  return now < until;
}

// The code that answers a challenge which was opened under a listing; null: none does, for that listing has ended,
// or is not the one that is found now.
export function codeOfListing(
  mark: TestMark,
  found: TestNumber | null,
  now: Instant,
): string | null {
  return found !== null && found.id === mark.id && isLive(found, now) ? found.code : null;
}

// Whether a challenge is what would be opened for its number now: under this listing, or under none.
export function isOfListing(mark: TestMark | null | undefined, found: TestNumber | null): boolean {
  return (mark?.id ?? null) === (found?.id ?? null);
}

// A fixed code, if none is given.
export function generateTestCode(): string {
  return String(randomInt(1_000_000)).padStart(6, "0");
}

export type TestNumberEnd =
  | { readonly outcome: "ok"; readonly until: Instant }
  | { readonly outcome: "refused"; readonly because: "malformed" | "past" | "too-far" };

// The end of a listing as it is typed, in UTC: a date, to whose end it lasts, or an instant.
export function parseTestNumberEnd(typed: string, now: Instant): TestNumberEnd {
  const match = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\dZ)?$/.exec(typed);
  const begins = match === null ? Number.NaN : Date.parse(typed);
  // Date.parse takes a 31st of June for the 1st of July.
  if (match === null || !Number.isFinite(begins) || !iso(begins).startsWith(match[1] ?? "")) {
    return { outcome: "refused", because: "malformed" };
  }
  const until = match[2] === undefined ? addSeconds(begins, DAY_SECONDS) - 1 : begins;
  if (until <= now) return { outcome: "refused", because: "past" };
  const latest = addSeconds(now, TEST_NUMBER_DAYS_MAX * DAY_SECONDS);
  return begins > latest ? { outcome: "refused", because: "too-far" } : { outcome: "ok", until };
}

function iso(at: Instant): string {
  return new Date(at).toISOString();
}
