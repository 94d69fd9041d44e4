// Instants as MongoDB's dates, which its TTL indexes want.
import type { Instant } from "../../domain/time.ts";

// The last instant that a date can hold (ECMAScript, 21.4.1.1).
const LAST_DATE = 8.64e15;

export function toDate(instant: Instant): Date {
  return new Date(Math.min(instant, LAST_DATE));
}

export function toDateOrNull(instant: Instant | null): Date | null {
  return instant === null ? null : toDate(instant);
}

// The condition that something has not expired; what has no end never does.
export function aliveAt(now: Instant): { $not: { $lte: Date } } {
  return { $not: { $lte: toDate(now) } };
}

export function isAlive(expiresAt: Date | null, now: Instant): boolean {
  return expiresAt === null || expiresAt.getTime() > now;
}
