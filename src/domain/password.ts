// What a password has to be (NIST SP 800-63B-4, 3.1.1.2): long, not known, and nothing else.
import { randomBytes } from "node:crypto";
import type { User } from "./user.ts";

export type PasswordRefusal = "too-short" | "too-long" | "blocklisted" | "contains-login";

export type PasswordOutcome =
  // `password` in the form in which it is hashed.
  | { readonly outcome: "ok"; readonly password: string }
  | { readonly outcome: "refused"; readonly because: PasswordRefusal };

export interface PasswordContext {
  // Whether a second factor guards this account as well; then a shorter password will do.
  readonly secondFactorOn: boolean;
  // The user's login names and whatever else is easily guessed of them.
  readonly words: readonly string[];
  // Common passwords, in lower case.
  readonly blocklist: ReadonlySet<string>;
}

const LENGTH_MIN = 15;
const LENGTH_MIN_WITH_SECOND_FACTOR = 8;
const LENGTH_MAX = 128;
// What must be left of a password when the login names are taken out.
const REST_MIN = 8;
// Shorter words occur in too many passwords by chance.
const WORD_MIN = 4;

// The form in which passwords are compared and hashed: one text, however a keyboard composed it.
// Spaces are part of it, at the ends too.
export function normalPassword(typed: string): string {
  return typed.normalize("NFKC");
}

// What of a typed password may have been hashed. Our own hashes are of the normal form; imported ones as a rule of the
// bytes that were typed, which come first.
export function passwordForms(typed: string): string[] {
  const normal = normalPassword(typed);
  return normal === typed ? [typed] : [typed, normal];
}

// How many code points it needs.
export function passwordLengthMin({
  secondFactorOn,
}: Pick<PasswordContext, "secondFactorOn">): number {
  return secondFactorOn ? LENGTH_MIN_WITH_SECOND_FACTOR : LENGTH_MIN;
}

// Whether it may become somebody's password. Its length counts in code points.
export function judgePassword(typed: string, context: PasswordContext): PasswordOutcome {
  // Before normalizing, which can make eighteen characters of one.
  if (typed.length > 2 * LENGTH_MAX) return { outcome: "refused", because: "too-long" };
  const password = normalPassword(typed);
  const length = [...password].length;
  if (length > LENGTH_MAX) return { outcome: "refused", because: "too-long" };
  if (length < passwordLengthMin(context)) return { outcome: "refused", because: "too-short" };

  const folded = [...password.toLowerCase()];
  if (isBlocklisted(folded, context.blocklist)) {
    return { outcome: "refused", because: "blocklisted" };
  }
  if (isMadeOfLogin(folded.join(""), context.words)) {
    return { outcome: "refused", because: "contains-login" };
  }
  return { outcome: "ok", password };
}

// What is easily guessed of a user.
export function passwordWords(
  user: Pick<User, "username" | "email" | "loginPhone" | "profile">,
): string[] {
  const words = [user.username, user.email, user.loginPhone, user.profile.name];
  return words.filter((word) => typeof word === "string");
}

// A random password of 100 bits in four groups. Its 32 characters leave out i, l, o and u, which are
// misread or make words (Crockford's base 32).
export function generatePassword(): string {
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  const characters = [...randomBytes(20)].map((byte) => alphabet[byte % 32]).join("");
  return (characters.match(/.{5}/g) ?? []).join("-");
}

// The whole password is compared, as the standard says, and also what it repeats over and over:
// "passwordpassword" and "aaaaaaaaaaaaaaa" are long without being hard to guess.
function isBlocklisted(folded: readonly string[], blocklist: ReadonlySet<string>): boolean {
  for (let period = 1; period <= folded.length; period++) {
    if (!folded.every((character, i) => i < period || character === folded[i - period])) continue;
    if (period < 4 || blocklist.has(folded.slice(0, period).join(""))) return true;
  }
  return false;
}

// Whether little is left once the login names are taken out. That a name merely occurs in it does
// not weaken a long password.
function isMadeOfLogin(folded: string, words: readonly string[]): boolean {
  const parts = words.flatMap((word) => [word, ...word.split("@")]);
  const names = parts.map((part) => normalPassword(part).toLowerCase());
  let rest = folded;
  for (const name of names.toSorted((a, b) => b.length - a.length)) {
    if (name.length >= WORD_MIN) rest = rest.replaceAll(name, "");
  }
  return rest !== folded && [...rest].length < REST_MIN;
}
