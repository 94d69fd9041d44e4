import assert from "node:assert/strict";
import { inspect } from "node:util";
import { BY_ADMINISTRATOR } from "../../src/domain/enrolment.ts";
import {
  decideMfa,
  type MfaOutcome,
  type MfaQuestion,
  needsLinkFirst,
} from "../../src/domain/mfa-decision.ts";
import { NO_ACR_REQUESTED, type RequestedAcr } from "../../src/domain/requested-acr.ts";
import { DEFAULT_RULES, type SecurityRules } from "../../src/domain/security-rules.ts";

const SMS_ON = rulesWith({ sms: true });
const SMS_OFF = rulesWith({ sms: false });
const DAY_SECONDS = 86_400;
const WITHIN_14_DAYS = rulesWith({ sms: true, binding: "within-days", bindingDaysMax: 14 });
const BY_LINK = rulesWith({ sms: true, binding: "mailed-link" });
const TWO_FACTORS: RequestedAcr = { level: "multi", essential: false };

const A_QUESTION: MfaQuestion = {
  request: NO_ACR_REQUESTED,
  rules: { global: SMS_ON, own: null },
  sourceId: "password",
  upstreamDidIt: false,
  firstFactor: "pwd",
  otherFactorAgeSeconds: null,
  user: {
    phone: "bound",
    enrolment: BY_ADMINISTRATOR,
    hasPassword: true,
    factorOff: false,
    hasVerifiedEmail: true,
    ageSeconds: 0,
  },
};

describe("decideMfa", () => {
  const cases: { it: string; given: Partial<MfaQuestion>; expect: MfaOutcome }[] = [
    {
      it: "needs nothing while the global switch is off",
      given: { rules: { global: SMS_OFF, own: null } },
      expect: { need: "none", because: "sms-off" },
    },
    {
      it: "lets an application's own switch beat the global one that is off",
      given: { rules: { global: SMS_OFF, own: SMS_ON } },
      expect: { need: "code", because: "application-rules" },
    },
    {
      it: "lets an application's own switch beat the global one that is on",
      given: { rules: { global: SMS_ON, own: SMS_OFF } },
      expect: { need: "none", because: "sms-off" },
    },
    {
      it: "needs nothing from a source that is switched off",
      given: {
        rules: { global: rulesWith({ sms: true, sources: { password: false } }), own: null },
      },
      expect: { need: "none", because: "source-off" },
    },
    {
      it: "counts a source that is not mentioned as on",
      given: { rules: { global: rulesWith({ sms: true, sources: { scan: false } }), own: null } },
      expect: { need: "code", because: "global-rules" },
    },
    {
      it: "does not take a member of every object for a source's switch",
      given: { sourceId: "constructor" },
      expect: { need: "code", because: "global-rules" },
    },
    {
      it: "ignores the global policy about sources where the application has its own",
      given: {
        rules: { global: rulesWith({ sms: true, sources: { password: false } }), own: SMS_ON },
      },
      expect: { need: "code", because: "application-rules" },
    },
    {
      it: "follows a request for two factors although everything is off",
      given: {
        request: TWO_FACTORS,
        rules: { global: rulesWith({ sms: false, sources: { password: false } }), own: null },
      },
      expect: { need: "code", because: "request-demands" },
    },
    {
      it: "demands what an essential value demands that nobody can give",
      given: {
        request: { level: "unsupported", essential: true },
        rules: { global: SMS_OFF, own: null },
      },
      expect: { need: "code", because: "request-demands" },
    },
    {
      it: "does not let a request for one factor switch the rules off",
      given: { request: { level: "single", essential: true } },
      expect: { need: "code", because: "global-rules" },
    },
    {
      it: "accepts what a trusted upstream provider did",
      given: { upstreamDidIt: true, request: TWO_FACTORS },
      expect: { need: "none", because: "upstream-did-it" },
    },
    {
      it: "accepts a factor exactly at its maximum age",
      given: { rules: { global: aged(3600), own: null }, otherFactorAgeSeconds: 3600 },
      expect: { need: "none", because: "factor-still-fresh" },
    },
    {
      it: "asks again one second later",
      given: { rules: { global: aged(3600), own: null }, otherFactorAgeSeconds: 3601 },
      expect: { need: "code", because: "global-rules" },
    },
    {
      it: "accepts a factor of any age without a maximum",
      given: { otherFactorAgeSeconds: 86_400 },
      expect: { need: "none", because: "factor-still-fresh" },
    },
    {
      it: "asks for the password after a code, never for another code",
      given: { sourceId: "sms", firstFactor: "sms" },
      expect: { need: "password", because: "global-rules" },
    },
    {
      it: "refuses who signed in by code and has no password",
      given: {
        sourceId: "sms",
        firstFactor: "sms",
        user: {
          phone: "bound",
          enrolment: BY_ADMINISTRATOR,
          hasPassword: false,
          factorOff: false,
          hasVerifiedEmail: true,
          ageSeconds: 0,
        },
      },
      expect: { need: "refuse", because: "no-other-factor" },
    },
    {
      it: "asks for the password after a code also while the phone's factor is off",
      given: {
        sourceId: "sms",
        firstFactor: "sms",
        user: {
          phone: "bound",
          enrolment: BY_ADMINISTRATOR,
          hasPassword: true,
          factorOff: true,
          hasVerifiedEmail: true,
          ageSeconds: 0,
        },
      },
      expect: { need: "password", because: "global-rules" },
    },
    {
      it: "sends a code to a phone that is only assigned",
      given: {
        user: {
          phone: "assigned",
          enrolment: BY_ADMINISTRATOR,
          hasPassword: true,
          factorOff: false,
          hasVerifiedEmail: true,
          ageSeconds: 0,
        },
      },
      expect: { need: "code", because: "global-rules" },
    },
    {
      it: "lets anybody bind a first phone by default",
      given: {
        user: {
          phone: "none",
          enrolment: null,
          hasPassword: true,
          factorOff: false,
          hasVerifiedEmail: true,
          ageSeconds: 0,
        },
      },
      expect: { need: "bind-phone", because: "global-rules" },
    },
    {
      it: "refuses to bind where only administrators may",
      given: {
        rules: { global: rulesWith({ sms: true, binding: "administrator" }), own: null },
        user: {
          phone: "none",
          enrolment: null,
          hasPassword: true,
          factorOff: false,
          hasVerifiedEmail: true,
          ageSeconds: 0,
        },
      },
      expect: { need: "refuse", because: "binding-not-allowed" },
    },
    {
      it: "lets an account bind that is exactly so many days old",
      given: { rules: { global: WITHIN_14_DAYS, own: null }, user: withoutPhone(14 * DAY_SECONDS) },
      expect: { need: "bind-phone", because: "global-rules" },
    },
    {
      it: "refuses to bind a millisecond later",
      given: {
        rules: { global: WITHIN_14_DAYS, own: null },
        user: withoutPhone(14 * DAY_SECONDS + 0.001),
      },
      expect: { need: "refuse", because: "binding-too-late" },
    },
    ...[null, Number.NaN].map((ageSeconds) => ({
      it: `refuses to bind for an account that is ${ageSeconds} seconds old`,
      given: { rules: { global: WITHIN_14_DAYS, own: null }, user: withoutPhone(ageSeconds) },
      expect: { need: "refuse", because: "binding-too-late" } as const,
    })),
    {
      it: "lets bind after a link to the verified address",
      given: { rules: { global: BY_LINK, own: null }, user: withoutPhone(0) },
      expect: { need: "bind-phone", because: "global-rules" },
    },
    {
      it: "refuses to bind by a link where there is no verified address",
      given: {
        rules: { global: BY_LINK, own: null },
        user: { ...withoutPhone(0), hasVerifiedEmail: false },
      },
      expect: { need: "refuse", because: "no-verified-email" },
    },
    {
      it: "refuses while the factor is off, also to bind another phone",
      given: {
        user: {
          phone: "none",
          enrolment: null,
          hasPassword: true,
          factorOff: true,
          hasVerifiedEmail: true,
          ageSeconds: 0,
        },
      },
      expect: { need: "refuse", because: "factor-off" },
    },
  ];

  for (const c of cases) {
    it(c.it, () => {
      const { layers, ...outcome } = decideMfa({ ...A_QUESTION, ...c.given });
      assert.deepEqual(outcome, c.expect);
      assert.ok(layers.length > 0);
    });
  }

  it("traces every question that it asked, in order", () => {
    const { layers } = decideMfa({
      ...A_QUESTION,
      user: {
        phone: "none",
        enrolment: null,
        hasPassword: true,
        factorOff: false,
        hasVerifiedEmail: true,
        ageSeconds: 0,
      },
    });
    assert.deepEqual(layers, [
      { layer: "request", verdict: "silent", because: "acr-none" },
      { layer: "rules", verdict: "demanded", because: "global-rules-sms-on" },
      { layer: "source", verdict: "demanded", because: "source-not-mentioned" },
      { layer: "upstream", verdict: "not-done", because: "not-proved-upstream" },
      { layer: "session", verdict: "not-done", because: "not-proved" },
      { layer: "first-factor", verdict: "sms", because: "password-was-first" },
      { layer: "phone", verdict: "absent", because: "no-phone" },
      { layer: "binding", verdict: "bind-phone", because: "anybody-may-bind" },
    ]);
  });
});

describe("needsLinkFirst", () => {
  const cases: [it: string, rules: SecurityRules, expected: boolean][] = [
    ["is true where a link is the rule", BY_LINK, true],
    ["is false where anybody may bind", SMS_ON, false],
    ["is false while the account is new enough", WITHIN_14_DAYS, false],
  ];
  for (const [name, global, expected] of cases) {
    it(name, () => {
      const question = { ...A_QUESTION, rules: { global, own: null }, user: withoutPhone(0) };
      assert.equal(needsLinkFirst(decideMfa(question)), expected);
    });
  }

  it("is true for a decision that does not say", () => {
    assert.equal(needsLinkFirst({ layers: [] }), true);
  });
});

describe("decideMfa, given rules that nobody can read", () => {
  const odd: { what: string; mfa: unknown }[] = [
    ...[null, undefined, 0, "", "off", "false", [], Number.NaN].map((sms) => ({
      what: `an SMS switch that is ${inspect(sms)}`,
      mfa: { ...SMS_ON.mfa, sms },
    })),
    ...[null, undefined, 0, "false", []].map((password) => ({
      what: `a source's switch that is ${inspect(password)}`,
      mfa: { ...SMS_ON.mfa, sources: { password } },
    })),
    ...[null, undefined, false, "password", 7].map((sources) => ({
      what: `a policy of sources that is ${inspect(sources)}`,
      mfa: { ...SMS_ON.mfa, sources },
    })),
    { what: "no rules about the second step", mfa: undefined },
    { what: "empty rules about the second step", mfa: {} },
  ];
  for (const { what, mfa } of odd) {
    it(`needs a code, given ${what}`, () => {
      const decision = decideMfa({ ...A_QUESTION, rules: { global: oddRules(mfa), own: null } });
      assert.equal(decision.need, "code");
    });
  }

  for (const ageMax of [undefined, Number.NaN, "3600", "", true, {}]) {
    it(`needs a code, given a maximum age that is ${inspect(ageMax)}`, () => {
      const global = oddRules({ ...SMS_ON.mfa, factorAgeSecondsMax: ageMax });
      const question = { ...A_QUESTION, rules: { global, own: null }, otherFactorAgeSeconds: 1 };
      assert.equal(decideMfa(question).need, "code");
    });
  }

  it("needs a code when the age of the factor is no number", () => {
    const question = { ...A_QUESTION, otherFactorAgeSeconds: Number.NaN };
    assert.equal(decideMfa(question).need, "code");
  });

  for (const [binding, bindingDaysMax] of [
    ...[undefined, null, "", "ANYBODY", true].map((each) => [each, null] as const),
    ...[null, undefined, "14", {}].map((days) => ["within-days", days] as const),
  ]) {
    it(`refuses to bind, given the binding rule ${inspect(binding)} with ${inspect(bindingDaysMax)} days`, () => {
      const global = oddRules({ ...SMS_ON.mfa, binding, bindingDaysMax });
      const user = {
        phone: "none",
        enrolment: null,
        hasPassword: true,
        factorOff: false,
        hasVerifiedEmail: true,
        ageSeconds: 0,
      } as const;
      const decision = decideMfa({ ...A_QUESTION, rules: { global, own: null }, user });
      assert.equal(decision.because, "binding-not-allowed");
    });
  }
});

function rulesWith(mfa: Partial<SecurityRules["mfa"]>): SecurityRules {
  return { mfa: { ...DEFAULT_RULES.mfa, ...mfa } };
}

function withoutPhone(ageSeconds: number | null): MfaQuestion["user"] {
  return { ...A_QUESTION.user, phone: "none", ageSeconds };
}

function aged(factorAgeSecondsMax: number): SecurityRules {
  return rulesWith({ sms: true, factorAgeSecondsMax });
}

function oddRules(mfa: unknown): SecurityRules {
  return { mfa } as unknown as SecurityRules;
}
