import assert from "node:assert/strict";
import {
  DEFAULT_RULES,
  effectiveRules,
  securityRulesSchema,
  withSms,
  withSource,
} from "../../src/domain/security-rules.ts";

const SMS_ON = withSms(DEFAULT_RULES, true);

describe("security rules", () => {
  it("start with SMS off, every source on, binding open to anybody, and closed to an outage", () => {
    assert.deepEqual(DEFAULT_RULES, {
      mfa: {
        sms: false,
        sources: {},
        factorAgeSecondsMax: null,
        binding: "anybody",
        bindingDaysMax: null,
        outage: "closed",
        refresh: "recheck",
      },
    });
  });

  it("are the global ones unless the application has its own", () => {
    assert.equal(effectiveRules({ global: SMS_ON, own: null }), SMS_ON);
    assert.equal(effectiveRules({ global: SMS_ON, own: DEFAULT_RULES }), DEFAULT_RULES);
  });

  it("change in one switch and nothing else", () => {
    assert.deepEqual(SMS_ON, { mfa: { ...DEFAULT_RULES.mfa, sms: true } });
    const off = withSource(withSource(SMS_ON, "password", false), "scan", true);
    assert.deepEqual(off, { mfa: { ...SMS_ON.mfa, sources: { password: false, scan: true } } });
    assert.deepEqual(withSource(off, "password", true).mfa.sources, { password: true, scan: true });
    assert.deepEqual(DEFAULT_RULES.mfa.sources, {});
  });

  it("hold a source of any name as their own", () => {
    const { sources } = withSource(DEFAULT_RULES, "__proto__", false).mfa;
    assert.ok(Object.hasOwn(sources, "__proto__"));
    assert.equal(Object.getPrototypeOf(sources), Object.prototype);
  });
});

describe("securityRulesSchema", () => {
  const { mfa } = DEFAULT_RULES;

  it("takes rules from before an outage was a choice for closed", () => {
    const { outage: _, ...older } = mfa;
    assert.deepEqual(securityRulesSchema.parse({ mfa: older }), DEFAULT_RULES);
  });
  const refused: [it: string, rules: unknown][] = [
    ["refuses a switch that is a text", { mfa: { ...mfa, sms: "false" } }],
    ["refuses a source's switch that is null", { mfa: { ...mfa, sources: { password: null } } }],
    ["refuses a missing switch", { mfa: { ...mfa, sms: undefined } }],
    ["refuses a negative age", { mfa: { ...mfa, factorAgeSecondsMax: -1 } }],
    ["refuses half a second", { mfa: { ...mfa, factorAgeSecondsMax: 0.5 } }],
    ["refuses another binding rule", { mfa: { ...mfa, binding: "nobody" } }],
    ["refuses within-days without a number", { mfa: { ...mfa, binding: "within-days" } }],
    ...[0, 3651, 1.5, "14"].map((bindingDaysMax): [string, unknown] => [
      `refuses within-days with ${JSON.stringify(bindingDaysMax)}`,
      { mfa: { ...mfa, binding: "within-days", bindingDaysMax } },
    ]),
    ["refuses what it does not know", { mfa: { ...mfa, email: true } }],
    ["refuses nothing", {}],
  ];
  for (const [name, rules] of refused) {
    it(name, () => assert.equal(securityRulesSchema.safeParse(rules).success, false));
  }

  it("takes rules from before there was a number of days", () => {
    const { bindingDaysMax: _, ...before } = mfa;
    assert.deepEqual(securityRulesSchema.parse({ mfa: before }), DEFAULT_RULES);
  });

  for (const bindingDaysMax of [1, 3650]) {
    it(`takes within-days with ${bindingDaysMax}`, () => {
      const rules = { mfa: { ...mfa, binding: "within-days", bindingDaysMax } };
      assert.deepEqual(securityRulesSchema.parse(rules), rules);
    });
  }

  it("takes the default rules, and an age of zero", () => {
    assert.deepEqual(securityRulesSchema.parse(DEFAULT_RULES), DEFAULT_RULES);
    assert.ok(securityRulesSchema.safeParse({ mfa: { ...mfa, factorAgeSecondsMax: 0 } }).success);
  });
});
