// What an administrator sees of a user: never a hash, and of a number only its ends.
import { factorIsOff, factorLockedUntil } from "../domain/attempt-budget.ts";
import type { Enrolment } from "../domain/enrolment.ts";
import type { Limits } from "../domain/limits.ts";
import { maskPhone } from "../domain/phone.ts";
import { recoveryCodesLeft } from "../domain/recovery-codes.ts";
import type { Instant } from "../domain/time.ts";
import type { User } from "../domain/user.ts";
import { type Claims, claimsOfProfile } from "./profile-claims.ts";

// Instants are in ISO 8601, UTC.
export interface ShownUser {
  readonly id: string;
  readonly username: string | null;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly loginPhone: string | null;
  readonly phone: string | null;
  readonly phoneStatus: "none" | "assigned" | "bound";
  // How the phone became the user's; null: nobody knows, or there is none.
  readonly phoneEnrolment: Enrolment | null;
  readonly name: string | null;
  // The others of the scopes profile and address.
  readonly claims: Claims;
  readonly hasPassword: boolean;
  readonly status: User["status"];
  readonly secondFactor: {
    // "off": out of use until an administrator unlocks it.
    readonly state: "usable" | "locked" | "off";
    readonly attemptsInARow: number;
    readonly lockedUntil: string | null;
  };
  // For when no text can be sent.
  readonly recoveryCodesLeft: number;
  readonly credentialsChangedAt: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

// A user as an administrator sees it, its numbers masked.
export function showUserFacts(
  user: User,
  deps: { readonly limits: Limits; now(): Instant },
): ShownUser {
  return {
    id: user.id,
    ...userSummary(user),
    secondFactor: secondFactorOf(user, deps),
    recoveryCodesLeft: recoveryCodesLeft(user),
    credentialsChangedAt: iso(user.credentialsChangedAt),
    createdAt: iso(user.createdAt),
    updatedAt: iso(user.updatedAt),
  };
}

// What the audit log may keep of a user.
export function userSummary(user: User) {
  return {
    username: user.username,
    email: user.email,
    emailVerified: user.emailVerified,
    loginPhone: user.loginPhone === null ? null : maskPhone(user.loginPhone),
    phone: user.phone === null ? null : maskPhone(user.phone.number),
    phoneStatus: user.phone?.status ?? "none",
    phoneEnrolment: user.phone?.enrolment ?? null,
    name: user.profile.name ?? null,
    claims: claimsOfProfile(user.profile),
    hasPassword: user.passwordHash !== null,
    status: user.status,
  } as const;
}

function secondFactorOf(
  user: User,
  deps: { readonly limits: Limits; now(): Instant },
): ShownUser["secondFactor"] {
  const attempts = user.factorAttempts;
  const lockedUntil = factorLockedUntil(attempts, deps.now());
  const off = factorIsOff(attempts, deps.limits);
  return {
    state: off ? "off" : lockedUntil === null ? "usable" : "locked",
    attemptsInARow: attempts.inARow,
    lockedUntil: lockedUntil === null ? null : iso(lockedUntil),
  };
}

function iso(at: Instant): string {
  return new Date(at).toISOString();
}
