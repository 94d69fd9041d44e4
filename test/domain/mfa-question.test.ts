import assert from "node:assert/strict";
import { BY_ADMINISTRATOR } from "../../src/domain/enrolment.ts";
import {
  firstFactorOf,
  type MfaFacts,
  mfaQuestion,
  provedUnderRules,
} from "../../src/domain/mfa-question.ts";
import { NO_ACR_REQUESTED } from "../../src/domain/requested-acr.ts";
import { DEFAULT_RULES, withRule } from "../../src/domain/security-rules.ts";

const NOON = Date.UTC(2026, 0, 1, 12);

const FACTS: MfaFacts = {
  request: NO_ACR_REQUESTED,
  rules: { global: DEFAULT_RULES, own: null },
  sourceId: "password",
  upstreamDidIt: false,
  provedForRequest: { pwd: null, sms: null },
  user: {
    phone: null,
    passwordHash: null,
    factorAttempts: { inARow: 0, lockedUntil: null },
    email: null,
    emailVerified: false,
    createdAt: NOON,
  },
  now: NOON,
  limits: { attemptsInARowUntilLock: 10, attemptsInARowUntilOff: 100, lockSeconds: 900 },
};

describe("mfaQuestion", () => {
  it("poses the question of a user who has nothing", () => {
    assert.deepEqual(mfaQuestion(FACTS), {
      request: NO_ACR_REQUESTED,
      rules: FACTS.rules,
      sourceId: "password",
      upstreamDidIt: false,
      firstFactor: "pwd",
      otherFactorAgeSeconds: null,
      user: {
        phone: "none",
        enrolment: null,
        hasPassword: false,
        factorOff: false,
        hasVerifiedEmail: false,
        ageSeconds: 0,
      },
    });
  });

  const OPEN = withRule(DEFAULT_RULES, { outage: "other-factor" });
  const counts: { it: string; own: typeof OPEN | null; global: typeof OPEN; age: number | null }[] =
    [
      { it: "where the rules take one", own: OPEN, global: DEFAULT_RULES, age: 2 },
      { it: "where the global rules take one", own: null, global: OPEN, age: 2 },
      { it: "not where they are closed", own: null, global: DEFAULT_RULES, age: null },
      { it: "not where its own are closed", own: DEFAULT_RULES, global: OPEN, age: null },
    ];
  for (const { it: where, own, global, age } of counts) {
    it(`counts a recovery code as the other factor ${where}`, () => {
      const provedForRequest = { pwd: NOON, sms: null, otp: NOON - 2000 };
      const question = mfaQuestion({ ...FACTS, rules: { own, global }, provedForRequest });
      assert.equal(question.otherFactorAgeSeconds, age);
    });
  }

  it("says what the user has", () => {
    const enrolment = BY_ADMINISTRATOR;
    const phone = { number: "+14155552671", status: "assigned", since: NOON, enrolment } as const;
    const factorAttempts = { inARow: 100, lockedUntil: null };
    const { user } = mfaQuestion({
      ...FACTS,
      user: {
        phone,
        passwordHash: "x",
        factorAttempts,
        email: "a@b.example",
        emailVerified: true,
        createdAt: NOON - 1500,
      },
    });
    assert.deepEqual(user, {
      phone: "assigned",
      enrolment,
      hasPassword: true,
      factorOff: true,
      hasVerifiedEmail: true,
      ageSeconds: 1.5,
    });
  });

  it("counts no address that nobody verified", () => {
    const user = { ...FACTS.user, email: "a@b.example" };
    assert.equal(mfaQuestion({ ...FACTS, user }).user.hasVerifiedEmail, false);
  });

  const ages: [
    it: string,
    sourceId: string,
    pwd: number | null,
    sms: number | null,
    age: number | null,
  ][] = [
    ["takes the code's age after a password", "password", NOON, NOON - 60_000, 60],
    ["does not take the password's age after a password", "password", NOON - 60_000, null, null],
    ["takes the password's age after a code", "sms", NOON - 60_000, NOON, 60],
    ["does not take the code's age after a code", "sms", null, NOON - 60_000, null],
    ["keeps fractions, or a factor would stay young", "password", null, NOON - 1, 0.001],
    ["takes a proof from another clock's future for a new one", "password", null, NOON + 5000, 0],
    ["takes what is no instant for no proof", "password", null, Number.NaN, null],
  ];
  for (const [name, sourceId, pwd, sms, age] of ages) {
    it(name, () => {
      const question = mfaQuestion({ ...FACTS, sourceId, provedForRequest: { pwd, sms } });
      assert.equal(question.otherFactorAgeSeconds, age);
    });
  }
});

describe("firstFactorOf", () => {
  it("is the phone where the source is sms, else the password", () => {
    assert.equal(firstFactorOf("sms"), "sms");
    assert.equal(firstFactorOf("password"), "pwd");
  });
});

describe("provedUnderRules", () => {
  const all = { pwd: NOON, sms: NOON, otp: NOON };
  const rulesOf = (mfa: Parameters<typeof withRule>[1]) => ({
    global: withRule(DEFAULT_RULES, mfa),
    own: null,
  });
  const phone = { number: "+14155552671", status: "bound", since: NOON } as const;
  const given = { ...phone, enrolment: BY_ADMINISTRATOR };
  const cases = [
    { it: "a code to a phone that counts", mfa: {}, phone, expect: { pwd: NOON, sms: NOON } },
    {
      it: "a recovery code where it is taken",
      mfa: { outage: "other-factor" },
      phone,
      expect: all,
    },
    {
      it: "nothing of a phone that does not count, nor a code in its place",
      mfa: { binding: "administrator", outage: "other-factor" },
      phone,
      expect: { pwd: NOON, sms: null },
    },
    {
      it: "a code to an administrator's number",
      mfa: { binding: "administrator" },
      phone: given,
      expect: { pwd: NOON, sms: NOON },
    },
    {
      it: "the password alone of a user without a phone",
      mfa: {},
      phone: null,
      expect: { pwd: NOON, sms: null },
    },
  ] as const;
  for (const { it: what, mfa, phone: has, expect } of cases) {
    it(`counts ${what}`, () => {
      assert.deepEqual(provedUnderRules(rulesOf(mfa), { phone: has }, all), expect);
    });
  }
});
