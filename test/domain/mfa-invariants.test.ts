// What must hold for every question that can be posed: the full product of the inputs.
import assert from "node:assert/strict";
import { BY_ADMINISTRATOR, type Enrolment } from "../../src/domain/enrolment.ts";
import {
  decideMfa,
  type MfaDecision,
  type MfaLayer,
  type MfaQuestion,
} from "../../src/domain/mfa-decision.ts";
import type { RequestedAcr } from "../../src/domain/requested-acr.ts";
import {
  DEFAULT_RULES,
  effectiveRules,
  type SecurityRules,
} from "../../src/domain/security-rules.ts";

const LEVELS = ["none", "single", "multi", "unsupported"] as const;
const BOOLEANS = [true, false] as const;
const AGES = [null, 0, 3600, 3601] as const;
const BINDINGS = [
  { binding: "anybody", bindingDaysMax: null },
  { binding: "mailed-link", bindingDaysMax: null },
  { binding: "within-days", bindingDaysMax: 1 },
  { binding: "administrator", bindingDaysMax: null },
] as const;
const ACCOUNTS = [
  [true, 86_400],
  [false, 86_400],
  [true, 86_401],
] as const;
const BY_USER: Enrolment = {
  by: "user",
  firstBy: "user",
  linkOpened: false,
  accountAgeSeconds: 86_401,
};
const PHONES: readonly (readonly [MfaQuestion["user"]["phone"], Enrolment | null])[] = [
  ["none", null],
  ["assigned", BY_ADMINISTRATOR],
  ["bound", null],
  ["bound", { ...BY_USER, linkOpened: true }],
  ["bound", { ...BY_USER, accountAgeSeconds: 86_400 }],
];
const LAYERS: readonly MfaLayer["layer"][] = [
  "request",
  "rules",
  "source",
  "upstream",
  "session",
  "first-factor",
  "phone",
  "binding",
];

const RULES = [...allRules()];
const REQUESTS: readonly RequestedAcr[] = LEVELS.flatMap((level) =>
  BOOLEANS.map((essential) => ({ level, essential })),
);

describe("every decision about the second step", () => {
  const invariants: { it: string; holds: (q: MfaQuestion, d: MfaDecision) => boolean }[] = [
    {
      it: "is never none unless a switch is off, or the factor was proved",
      holds: (q, d) => d.need !== "none" || mayBeNone(q),
    },
    {
      it: "is none whenever a switch is off and the request is silent",
      holds: (q, d) => requestDemands(q) || !isSwitchedOff(q) || d.need === "none",
    },
    {
      it: "follows the request whatever the switches say",
      holds: (q, d) =>
        !requestDemands(q) || (d.because !== "sms-off" && d.because !== "source-off"),
    },
    {
      it: "names the request as its reason when the request demands",
      holds: (q, d) =>
        !requestDemands(q) ||
        !["code", "bind-phone", "password"].includes(d.need) ||
        d.because === "request-demands",
    },
    {
      it: "never asks the phone that was the first step",
      holds: (q, d) => q.firstFactor !== "sms" || (d.need !== "code" && d.need !== "bind-phone"),
    },
    {
      it: "never asks for the password twice",
      holds: (q, d) => q.firstFactor !== "pwd" || d.need !== "password",
    },
    {
      it: "asks for a password only of somebody who has one",
      holds: (q, d) => d.need !== "password" || q.user.hasPassword,
    },
    {
      it: "binds only where the rule says so, and only a first phone",
      holds: (q, d) => d.need !== "bind-phone" || (mayBind(q) && q.user.phone === "none"),
    },
    {
      it: "sends a code only to a phone that is there",
      holds: (q, d) => d.need !== "code" || q.user.phone !== "none",
    },
    {
      it: "takes neither a code nor a proof of a phone that was not bound as strictly as is asked for",
      holds: (q, d) =>
        isPhoneAccepted(q) || (d.need !== "code" && d.because !== "factor-still-fresh"),
    },
    {
      it: "never uses a factor that is off",
      holds: (q, d) => !q.user.factorOff || (d.need !== "code" && d.need !== "bind-phone"),
    },
    {
      it: "has a reason in kebab case",
      holds: (_q, d) => [d, ...d.layers].every((each) => /^[a-z]+(-[a-z]+)*$/.test(each.because)),
    },
    {
      it: "has a trace that begins with the request and goes in order",
      holds: (_q, d) => {
        const places = d.layers.map((each) => LAYERS.indexOf(each.layer));
        return places[0] === 0 && places.every((at, i) => i === 0 || at > (places[i - 1] ?? 99));
      },
    },
    {
      it: "is the same when it is asked again",
      holds: (q, d) => JSON.stringify(decideMfa(q)) === JSON.stringify(d),
    },
  ];

  for (const { it: name, holds } of invariants) {
    it(name, () => {
      for (const question of allQuestions()) {
        const decision = decideMfa(question);
        if (!holds(question, decision)) assert.fail(JSON.stringify({ question, decision }));
      }
    });
  }

  it("does not depend on the global rules where the application has its own", () => {
    for (const question of allQuestions()) {
      if (question.rules.own === null) continue;
      const expected = decideMfa(question);
      for (const global of RULES.slice(0, 3)) {
        const other = { ...question, rules: { ...question.rules, global } };
        assert.deepEqual(decideMfa(other), expected);
      }
    }
  }).timeout(20_000);
});

function requestDemands(q: MfaQuestion): boolean {
  return q.request.level === "multi" || q.request.level === "unsupported";
}

function mayBind({ rules, user }: MfaQuestion): boolean {
  const { binding } = effectiveRules(rules).mfa;
  if (binding === "mailed-link") return user.hasVerifiedEmail;
  return binding === "anybody" || (binding === "within-days" && user.ageSeconds === 86_400);
}

function isPhoneAccepted({ rules, user: { phone, enrolment } }: MfaQuestion): boolean {
  if (phone === "none" || enrolment?.by === "administrator") return true;
  const { binding } = effectiveRules(rules).mfa;
  if (binding === "mailed-link") return enrolment?.linkOpened === true;
  if (binding === "within-days") return enrolment?.accountAgeSeconds === 86_400;
  return binding === "anybody";
}

function isSwitchedOff(q: MfaQuestion): boolean {
  const { sms, sources } = effectiveRules(q.rules).mfa;
  return sms === false || sources[q.sourceId] === false;
}

function mayBeNone(q: MfaQuestion): boolean {
  if (isSwitchedOff(q) && !requestDemands(q)) return true;
  const { factorAgeSecondsMax } = effectiveRules(q.rules).mfa;
  const age = q.otherFactorAgeSeconds;
  const fresh = age !== null && (factorAgeSecondsMax === null || age <= factorAgeSecondsMax);
  return q.upstreamDidIt || fresh;
}

function* allRules(): Generator<SecurityRules> {
  for (const sms of BOOLEANS)
    for (const sources of [{}, { password: true }, { password: false }, { sms: false }])
      for (const factorAgeSecondsMax of [null, 3600])
        for (const binding of BINDINGS)
          yield {
            mfa: { ...DEFAULT_RULES.mfa, sms, sources, factorAgeSecondsMax, ...binding },
          };
}

// 983 040 of them: each set of rules once as the global ones and once as the application's own.
function* allQuestions(): Generator<MfaQuestion> {
  const [elsewhere] = RULES;
  assert.ok(elsewhere);
  const inForce = RULES.flatMap((rules) => [
    { global: rules, own: null },
    { global: elsewhere, own: rules },
  ]);
  for (const rules of inForce)
    for (const request of REQUESTS)
      for (const firstFactor of ["pwd", "sms"] as const)
        for (const otherFactorAgeSeconds of AGES)
          for (const rest of allUsers())
            yield {
              ...rest,
              rules,
              request,
              firstFactor,
              otherFactorAgeSeconds,
              sourceId: firstFactor === "sms" ? "sms" : "password",
            };
}

function* allUsers(): Generator<Pick<MfaQuestion, "upstreamDidIt" | "user">> {
  for (const upstreamDidIt of BOOLEANS)
    for (const [phone, enrolment] of PHONES)
      for (const hasPassword of BOOLEANS)
        for (const factorOff of BOOLEANS)
          for (const [hasVerifiedEmail, ageSeconds] of ACCOUNTS)
            yield {
              upstreamDidIt,
              user: { phone, enrolment, hasPassword, factorOff, hasVerifiedEmail, ageSeconds },
            };
}
