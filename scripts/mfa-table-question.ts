// What the questions of the published truth table have in common.
import type { MfaQuestion } from "../src/domain/mfa-decision.ts";
import { NO_ACR_REQUESTED } from "../src/domain/requested-acr.ts";
import { DEFAULT_RULES, type SecurityRules } from "../src/domain/security-rules.ts";

// What stands in a cell, and what it stands for.
export type Choices<T> = readonly (readonly [cell: string, value: T])[];

export interface Table {
  readonly title: string;
  readonly about: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly [cells: readonly string[], question: MfaQuestion])[];
}

export const PHONES: Choices<MfaQuestion["user"]["phone"]> = [
  ["none", "none"],
  ["assigned", "assigned"],
  ["bound", "bound"],
];
// A password sign-in by somebody with a bound phone, where the global rules hold and SMS is on.
export const A_QUESTION: MfaQuestion = {
  request: NO_ACR_REQUESTED,
  rules: { global: rulesWith({ sms: true }), own: null },
  sourceId: "password",
  upstreamDidIt: false,
  firstFactor: "pwd",
  otherFactorAgeSeconds: null,
  user: {
    phone: "bound",
    enrolment: null,
    hasPassword: true,
    factorOff: false,
    hasVerifiedEmail: true,
    ageSeconds: 0,
  },
};

// The same by somebody whose phone is in this state.
export function withPhone(
  phone: MfaQuestion["user"]["phone"],
  given: Partial<MfaQuestion>,
): MfaQuestion {
  return { ...A_QUESTION, ...given, user: { ...A_QUESTION.user, phone } };
}

// Rules that differ from the default in this.
export function rulesWith(given: Partial<SecurityRules["mfa"]>): SecurityRules {
  return { mfa: { ...DEFAULT_RULES.mfa, ...given } };
}
