// Whether users may replace their bound phone themselves. That the old number, and the password, are proved once more
// before is for the steps to see to; here it is decided who may at all.
import { acceptsEnrolment } from "./enrolment.ts";
import type { Limits } from "./limits.ts";
import { phoneChangeBarredUntil } from "./recovery.ts";
import { effectiveRules, type RulesOfApplication, type SecurityRules } from "./security-rules.ts";
import type { Instant } from "./time.ts";
import type { User } from "./user.ts";

// By the rules; or since the phone that is there does not count under them; or since the account was recovered so lately that whoever did it may be somebody else.
export type ChangeRefusal = "change-not-allowed" | "phone-not-accepted" | "recovered-lately";

export type ChangeVerdict =
  | { readonly outcome: "allowed" }
  | { readonly outcome: "refused"; readonly because: ChangeRefusal };

export interface ChangeQuestion {
  readonly user: User;
  readonly rules: RulesOfApplication;
  readonly now: Instant;
  readonly limits: Limits;
}

// Who may bind a first phone only by a link, or only with a new account, has the old number to show instead; where
// phones are the administrator's to give, they are to change as well.
const MAY_CHANGE: Readonly<Record<SecurityRules["mfa"]["binding"], boolean>> = {
  anybody: true,
  "mailed-link": true,
  "within-days": true,
  administrator: false,
};

// Every bar to a change is judged here, and asked again before each of its steps (NIST SP 800-63B, 4.1.2). A rule that
// is unknown lets nobody.
export function mayChangePhone({ user, rules, now, limits }: ChangeQuestion): ChangeVerdict {
  const mfa: Partial<SecurityRules["mfa"]> = effectiveRules(rules).mfa ?? {};
  const { binding = "administrator" } = mfa;
  const may = Object.hasOwn(MAY_CHANGE, binding) && MAY_CHANGE[binding];
  if (!may) return { outcome: "refused", because: "change-not-allowed" };
  if (!acceptsEnrolment(mfa, user.phone?.enrolment)) {
    return { outcome: "refused", because: "phone-not-accepted" };
  }
  if (phoneChangeBarredUntil(user, now, limits) !== null) {
    return { outcome: "refused", because: "recovered-lately" };
  }
  return { outcome: "allowed" };
}
