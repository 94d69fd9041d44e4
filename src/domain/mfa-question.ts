// From what is stored to the question that decideMfa answers: the only such mapping, so that what an
// administrator has explained to him is what the sign-in does.
import { factorIsOff } from "./attempt-budget.ts";
import { acceptsEnrolment } from "./enrolment.ts";
import { latest, type Proved } from "./factors.ts";
import type { Limits } from "./limits.ts";
import { verifiedAddressOf } from "./mail.ts";
import type { MfaQuestion } from "./mfa-decision.ts";
import type { RequestedAcr } from "./requested-acr.ts";
import { effectiveRules, type RulesOfApplication, type SecurityRules } from "./security-rules.ts";
import type { Instant } from "./time.ts";
import type { User } from "./user.ts";

export interface MfaFacts {
  readonly request: RequestedAcr;
  readonly rules: RulesOfApplication;
  readonly sourceId: string;
  readonly upstreamDidIt: boolean;
  // What the session proved, as far as it counts for this request.
  readonly provedForRequest: Proved;
  readonly user: Pick<
    User,
    "phone" | "passwordHash" | "factorAttempts" | "email" | "emailVerified" | "createdAt"
  >;
  readonly now: Instant;
  readonly limits: Pick<
    Limits,
    "attemptsInARowUntilLock" | "attemptsInARowUntilOff" | "lockSeconds"
  >;
}

// The question that these facts pose. The other factor's age is in seconds.
export function mfaQuestion(facts: MfaFacts): MfaQuestion {
  const { request, rules, sourceId, upstreamDidIt, user } = facts;
  const firstFactor = firstFactorOf(sourceId);
  const { pwd, sms, otp } = facts.provedForRequest;
  // A recovery code stands in for a text where these rules take one, and nowhere else.
  const mfa: Partial<SecurityRules["mfa"]> = effectiveRules(rules).mfa ?? {};
  const second = mfa.outage === "other-factor" ? latest(sms, otp) : sms;
  const other = firstFactor === "sms" ? pwd : second;
  return {
    request,
    rules,
    sourceId,
    upstreamDidIt,
    firstFactor,
    otherFactorAgeSeconds: ageSeconds(other, facts.now),
    user: {
      phone: user.phone?.status ?? "none",
      enrolment: user.phone?.enrolment ?? null,
      hasPassword: user.passwordHash !== null,
      factorOff: factorIsOff(user.factorAttempts, facts.limits),
      hasVerifiedEmail: verifiedAddressOf(user) !== null,
      ageSeconds: ageSeconds(user.createdAt, facts.now),
    },
  };
}

// What of these proofs counts under these rules: a code to the phone if they accept it, and a recovery code in its place
// if they take one.
export function provedUnderRules(
  rules: RulesOfApplication,
  { phone }: Pick<User, "phone">,
  { pwd, sms, otp }: Proved,
): Proved {
  const mfa: Partial<SecurityRules["mfa"]> = effectiveRules(rules).mfa ?? {};
  const isAccepted = phone !== null && acceptsEnrolment(mfa, phone.enrolment);
  if (!isAccepted) return { pwd, sms: null };
  return { pwd, sms, ...(mfa.outage === "other-factor" && { otp }) };
}

// The factor that the first step of an identity source proves.
export function firstFactorOf(sourceId: string): "pwd" | "sms" {
  return sourceId === "sms" ? "sms" : "pwd";
}

// An instant that is not a number would make an age that is older than nothing: it proves nothing.
function ageSeconds(provedAt: Instant | null, now: Instant): number | null {
  if (provedAt === null || !Number.isFinite(provedAt)) return null;
  return Math.max(0, (now - provedAt) / 1000);
}
