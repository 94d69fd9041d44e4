// The code that is sent. Computed, never stored: a six-digit code has a million possible values, so
// even a hash of it in a stolen store would give it away. The key lives outside.
import { createHmac, timingSafeEqual } from "node:crypto";

// A key to compute codes with, and its id, which a challenge remembers so that SECRET can rotate
// while codes are on their way.
export interface CodeKey {
  readonly id: string;
  readonly key: Uint8Array;
}

// The six digits of a challenge. Values past the last whole million are skipped, or low codes would
// be likelier.
export function codeFor(challengeId: string, key: Uint8Array): string {
  for (let round = 0; ; round++) {
    const n = createHmac("sha256", key).update(`${challengeId}:${round}`).digest().readUInt32BE(0);
    if (n < 4_294_000_000) return String(n % 1_000_000).padStart(6, "0");
  }
}

// What a person typed, as six ASCII digits: NFKC, then spaces and hyphens dropped, digits of other
// scripts read as digits. Null for anything else, which is not an attempt.
export function normalCode(typed: string): string | null {
  if (typed.length > 64) return null;
  const digits = asciiDigits(typed.normalize("NFKC")).replace(/[\s-]/g, "");
  return /^[0-9]{6}$/.test(digits) ? digits : null;
}

// The same text with every decimal digit of Unicode (category Nd) written in ASCII.
export function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => String(digitValue(digit)));
}

// Decimal digits come in runs of ten, from zero up, and some runs follow one another without a gap
// (The Unicode Standard, 4.6): a digit's value is the last digit of its distance from the nearest code
// point before it that is none.
function digitValue(digit: string): number {
  const point = digit.codePointAt(0) ?? 0;
  let distance = 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(point - distance - 1))) distance++;
  return distance % 10;
}

// By what a guess is known that was counted before. Keyed, since a plain hash of six digits would give them away.
export function guessDigest(typed: string, challengeId: string, key: Uint8Array): string {
  return createHmac("sha256", key).update(`guess\0${challengeId}\0${typed}`).digest("base64url");
}

// Whether two codes are the same, in a time that does not tell where they differ.
export function sameCode(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
