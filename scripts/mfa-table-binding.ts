// The tables of the truth table about the phone: who may bind one, and which one is accepted.
import { BY_ADMINISTRATOR, type Enrolment } from "../src/domain/enrolment.ts";
import { decideMfa, type MfaQuestion, needsLinkFirst } from "../src/domain/mfa-decision.ts";
import type { SecurityRules } from "../src/domain/security-rules.ts";
import {
  A_QUESTION,
  type Choices,
  PHONES,
  rulesWith,
  type Table,
  withPhone,
} from "./mfa-table-question.ts";

const RULES: Choices<Pick<SecurityRules["mfa"], "binding" | "bindingDaysMax">> = [
  ["anybody", { binding: "anybody", bindingDaysMax: null }],
  ["a mailed link", { binding: "mailed-link", bindingDaysMax: null }],
  ["within 14 days", { binding: "within-days", bindingDaysMax: 14 }],
  ["administrator", { binding: "administrator", bindingDaysMax: null }],
];

// Who may bind, where there is no phone and the factor is usable.
export function bindings(): Table {
  const accounts: Choices<Pick<MfaQuestion["user"], "ageSeconds" | "hasVerifiedEmail">> = [
    ["new | verified", { ageSeconds: 0, hasVerifiedEmail: true }],
    ["new | none", { ageSeconds: 0, hasVerifiedEmail: false }],
    ["14 days | verified", { ageSeconds: 14 * DAY_SECONDS, hasVerifiedEmail: true }],
    ["14 days and 1 s | verified", { ageSeconds: 14 * DAY_SECONDS + 1, hasVerifiedEmail: true }],
  ];
  const rows = RULES.flatMap(([ruleCell, rule]) =>
    accounts.map(([cells, account]) => {
      const global = rulesWith({ sms: true, ...rule });
      const user = { ...A_QUESTION.user, phone: "none" as const, ...account };
      const question = { ...A_QUESTION, rules: { global, own: null }, user };
      return [[ruleCell, ...cells.split(" | "), firstOf(question)], question] as const;
    }),
  );
  return {
    title: "Who may bind a first phone",
    about:
      "A first phone that is bound on the strength of a password alone is trust on first use, so who may bind " +
      "one is a rule. The age is that of the account. A rule that cannot be read lets nobody bind. Where a link " +
      "is wanted first, the layer `binding` of the trace says `mailed-link` instead of `bind-phone`.",
    columns: ["who may bind", "the account is", "e-mail address", "first"],
    rows,
  };
}

function firstOf(question: MfaQuestion): string {
  const decision = decideMfa(question);
  if (decision.need !== "bind-phone") return "";
  return needsLinkFirst(decision) ? "the link" : "nothing";
}

const DAY_SECONDS = 86_400;

const BY_USER: Enrolment = {
  by: "user",
  firstBy: "user",
  linkOpened: false,
  accountAgeSeconds: 14 * DAY_SECONDS + 1,
};

// Which phone counts, by how it was bound.
export function enrolments(): Table {
  const phones: Choices<Enrolment | null> = [
    ["nobody knows", null],
    ["by the user", BY_USER],
    [
      "by the user, 14 days after the account was made",
      { ...BY_USER, accountAgeSeconds: 14 * DAY_SECONDS },
    ],
    ["by the user, after the link", { ...BY_USER, linkOpened: true }],
    ["by the user, in the place of an administrator's", { ...BY_USER, firstBy: "administrator" }],
    ["by an administrator", BY_ADMINISTRATOR],
  ];
  const proofs: Choices<number | null> = [
    ["no", null],
    ["yes", 0],
  ];
  const rows = RULES.flatMap(([ruleCell, rule]) =>
    phones.flatMap(([phoneCell, enrolment]) =>
      proofs.map(([proofCell, otherFactorAgeSeconds]) => {
        const rules = { global: rulesWith({ sms: true, ...rule }), own: null };
        const user = { ...A_QUESTION.user, enrolment };
        const question = { ...A_QUESTION, rules, user, otherFactorAgeSeconds };
        return [[ruleCell, phoneCell, proofCell], question] as const;
      }),
    ),
  );
  return {
    title: "Which phone is accepted",
    about:
      "A phone that was bound under a laxer rule, at another application or at the user's own page, is not accepted " +
      "where it could not have been bound: neither a code to it nor what the session proved with it, nor a recovery " +
      "code. It cannot be bound over either; an administrator who gives the number makes it theirs.",
    columns: ["who may bind", "the phone was given", "proved just now"],
    rows,
  };
}

export function phonesAndBinding(): Table {
  const cases: Choices<Pick<MfaQuestion, "upstreamDidIt"> & { factorOff: boolean }> = [
    ["usable | no", { factorOff: false, upstreamDidIt: false }],
    ["off | no", { factorOff: true, upstreamDidIt: false }],
    ["usable | yes", { factorOff: false, upstreamDidIt: true }],
    ["off | yes", { factorOff: true, upstreamDidIt: true }],
  ];
  const bindings = ["anybody", "administrator"] as const;
  const rows = bindings.flatMap((binding) =>
    PHONES.flatMap(([phoneCell, phone]) =>
      cases.map(([cells, { factorOff, upstreamDidIt }]) => {
        const global = rulesWith({ sms: true, binding });
        const question = withPhone(phone, { rules: { global, own: null }, upstreamDidIt });
        const user = { ...question.user, enrolment: BY_ADMINISTRATOR, factorOff };
        return [[binding, phoneCell, ...cells.split(" | ")], { ...question, user }] as const;
      }),
    ),
  );
  return {
    title: "Phone, binding, upstream",
    about:
      "The phone was given by an administrator. A factor is off after too many wrong codes in a row, until an administrator puts it back. Binding a " +
      "new phone is no way around that.",
    columns: ["who may bind", "phone", "factor", "done upstream"],
    rows,
  };
}
