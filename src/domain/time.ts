// The one way this code speaks of time. Nothing in domain looks at a clock: `now` is an argument.

// Milliseconds since 1970-01-01T00:00:00Z.
export type Instant = number;

export const HOUR_SECONDS = 3_600;
export const DAY_SECONDS = 86_400;

// The instant so many seconds after another.
export function addSeconds(at: Instant, seconds: number): Instant {
  return at + seconds * 1000;
}

// Whole seconds from now until then, at least 1: what a Retry-After header says (RFC 9110, 10.2.3).
export function secondsUntil(then: Instant, now: Instant): number {
  return Math.max(1, Math.ceil((then - now) / 1000));
}
