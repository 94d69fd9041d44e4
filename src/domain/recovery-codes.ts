// Recovery codes: a set of look-up secrets (NIST SP 800-63B-4, 3.1.2) that a user keeps on paper, for when no
// text can be sent. Each works once. With 120 random bits each, a plain digest of them gives nothing away.
import { createHash, createHmac } from "node:crypto";
import type { Instant } from "./time.ts";

export interface RecoveryCodes {
  readonly issuedAt: Instant;
  // Those that were not used yet.
  readonly digests: readonly string[];
}

// How many codes a set has, and how many random bytes each is made of.
export const RECOVERY_CODES = 10;
export const RECOVERY_CODE_BYTES = 15;

// Without I, L, O and U, which are read as something else (Crockford's base 32).
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LETTERS = (RECOVERY_CODE_BYTES * 8) / 5;
const GROUP = 4;

// The code that is made of so many random bytes, as it is written down: in groups of four.
export function recoveryCodeOf(random: Uint8Array): string {
  if (random.length !== RECOVERY_CODE_BYTES) {
    throw new RangeError(`a recovery code is made of ${RECOVERY_CODE_BYTES} random bytes`);
  }
  let value = BigInt(`0x${Buffer.from(random).toString("hex")}`);
  let letters = "";
  for (let i = 0; i < LETTERS; i++) {
    letters = ALPHABET.charAt(Number(value % 32n)) + letters;
    value /= 32n;
  }
  return letters.replace(/.{4}(?=.)/g, "$&-");
}

// A set that is shown and not kept yet. As with codes by text, it is computed and not stored: `id` is fresh
// randomness, the key lies outside the store.
export interface RecoveryOffer {
  readonly id: string;
  readonly codeKeyId: string;
}

// The codes of an offer, under the key that it names.
export function offeredCodes({ id }: RecoveryOffer, key: Uint8Array): string[] {
  return Array.from({ length: RECOVERY_CODES }, (_, i) => {
    const random = createHmac("sha256", key).update(`recovery-codes\0${id}\0${i}`).digest();
    return recoveryCodeOf(random.subarray(0, RECOVERY_CODE_BYTES));
  });
}

// What was typed, as it was written down; null: it is no recovery code. Compatibility forms, case, spaces and
// hyphens do not matter, nor do letters that look like a digit.
export function normalRecoveryCode(typed: string): string | null {
  if (typed.length > 16 * GROUP) return null;
  const letters = typed
    .normalize("NFKC")
    .toUpperCase()
    .replaceAll(/[\s\p{Pd}]/gu, "")
    .replaceAll("O", "0")
    .replaceAll(/[IL]/g, "1");
  const valid = letters.length === LETTERS && [...letters].every((each) => ALPHABET.includes(each));
  return valid ? letters.replace(/.{4}(?=.)/g, "$&-") : null;
}

// What is kept of a code in its normal form.
export function recoveryCodeDigest(code: string): string {
  return createHash("sha256").update(`recovery-code\0${code}`).digest("base64url");
}

// The set of these codes, as it is kept.
export function recoveryCodesOf(codes: readonly string[], issuedAt: Instant): RecoveryCodes {
  return { issuedAt, digests: codes.map(recoveryCodeDigest) };
}

// The set without a code that is used up now; null: the code is not in it.
export function withoutRecoveryCode(
  codes: RecoveryCodes | null | undefined,
  digest: string,
): RecoveryCodes | null {
  if (!codes?.digests.includes(digest)) return null;
  return { ...codes, digests: codes.digests.filter((each) => each !== digest) };
}

// How many codes a user has left.
export function recoveryCodesLeft(user: {
  readonly recoveryCodes?: RecoveryCodes | null | undefined;
}): number {
  return user.recoveryCodes?.digests.length ?? 0;
}
