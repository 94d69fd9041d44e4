// A person's account: its login names, its phone, and what guards its second factor.
import type { Enrolment } from "./enrolment.ts";
import type { Recovery } from "./recovery.ts";
import type { RecoveryCodes } from "./recovery-codes.ts";
import type { Instant } from "./time.ts";

// A number is "assigned" when an administrator filled it in, or the user with the fixed code of a test number;
// "bound" once its owner typed a code that was sent to it. Only a bound number counts as verified.
export interface UserPhone {
  readonly number: string;
  readonly status: "assigned" | "bound";
  readonly since: Instant;
  // How it came to be the user's; absent or null in what was stored before that was written down.
  readonly enrolment?: Enrolment | null | undefined;
}

// The run of attempts at the second factor since the last success, over all codes and sign-ins.
export interface FactorAttempts {
  readonly inARow: number;
  readonly lockedUntil: Instant | null;
}

// The claims of the scopes profile and address (OpenID Connect Core, 5.1).
export interface Profile {
  readonly name?: string | undefined;
  readonly given_name?: string | undefined;
  readonly family_name?: string | undefined;
  readonly middle_name?: string | undefined;
  readonly nickname?: string | undefined;
  readonly profile?: string | undefined;
  readonly picture?: string | undefined;
  readonly website?: string | undefined;
  readonly gender?: string | undefined;
  readonly birthdate?: string | undefined;
  readonly zoneinfo?: string | undefined;
  readonly locale?: string | undefined;
  readonly address?: Address | undefined;
}

export interface Address {
  readonly formatted?: string | undefined;
  readonly street_address?: string | undefined;
  readonly locality?: string | undefined;
  readonly region?: string | undefined;
  readonly postal_code?: string | undefined;
  readonly country?: string | undefined;
}

export interface User {
  readonly id: string;
  readonly username: string | null;
  // What no other user's name may look like; absent: the name was given before that was looked at.
  readonly lookAlikes?: readonly string[] | undefined;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly loginPhone: string | null;
  readonly phone: UserPhone | null;
  readonly profile: Profile;
  readonly passwordHash: string | null;
  readonly status: "active" | "disabled";
  readonly factorAttempts: FactorAttempts;
  // For when no text can be sent; absent or null: the user was never given any.
  readonly recoveryCodes?: RecoveryCodes | null | undefined;
  // The mailed link by which a forgotten password can be replaced; absent or null: there is none.
  readonly recovery?: Recovery | null | undefined;
  // When that happened last.
  readonly recoveredAt?: Instant | null | undefined;
  // Sessions and tokens that are older than this are dead: password changed, phone taken away,
  // signed out everywhere.
  readonly credentialsChangedAt: Instant;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

// When a change of the credentials takes effect: later than what was issued or proved before it, and than the change
// before, also when the clock was set back or is that of another machine.
export function nextCredentialsChangedAt(
  user: Pick<User, "credentialsChangedAt">,
  now: Instant,
): Instant {
  return Math.max(now, user.credentialsChangedAt + 1);
}

// The language in which a user is written to who is not there to ask for another. The locale claim may be written with
// an underscore (OpenID Connect Core, 5.1).
export function mailLanguageOf({ profile }: Pick<User, "profile">): string {
  return profile.locale?.replaceAll("_", "-") ?? "en";
}

// One of a user's login names, in its normal form. No two users share one.
export interface LoginName {
  readonly kind: "username" | "email" | "phone";
  readonly value: string;
}

// The login names that a user has, in normal form.
export function loginNamesOf(user: Pick<User, "username" | "email" | "loginPhone">): LoginName[] {
  const names: LoginName[] = [];
  if (user.username !== null)
    names.push({ kind: "username", value: normalUsername(user.username) });
  if (user.email !== null) names.push({ kind: "email", value: normalEmail(user.email) });
  if (user.loginPhone !== null) names.push({ kind: "phone", value: user.loginPhone });
  return names;
}

// The form under which a username is unique: NFKC, lower case (compare RFC 8265, UsernameCaseMapped).
export function normalUsername(username: string): string {
  return folded(username);
}

// The form under which an address is unique. The local part is folded as well: two mailboxes that
// differ in case alone are more often a typing slip than two people.
export function normalEmail(email: string): string {
  return folded(email);
}

// Normalized again at the end: some lower-case letters compose with an accent that their capitals
// cannot take.
function folded(name: string): string {
  return name.normalize("NFKC").toLowerCase().normalize("NFKC");
}
