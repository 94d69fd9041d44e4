// When a record of the engine leaves the store.
import type { Instant } from "../domain/time.ts";

// Some are kept for a while after their end. The engine holds their `exp` against the clock itself, and so the log can say
// that one has expired; without it, an old one is the same as one that never was.
const KEPT_SECONDS: Readonly<Record<string, number>> = {
  AuthorizationCode: 600,
  RefreshToken: 86_400,
};

// Null: never.
export function expiryOf(
  model: string,
  now: Instant,
  expiresIn: number | undefined,
): Instant | null {
  if (typeof expiresIn !== "number") return null;
  return now + (expiresIn + (KEPT_SECONDS[model] ?? 0)) * 1000;
}
