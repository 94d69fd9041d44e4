import assert from "node:assert/strict";
import type { Unsent } from "../../src/domain/interaction.ts";
import { isOutage, type OtherFactor, otherFactor } from "../../src/domain/outage-policy.ts";
import { recoveryCodesOf } from "../../src/domain/recovery-codes.ts";
import { DEFAULT_RULES, withRule } from "../../src/domain/security-rules.ts";
import { A_NUMBER, anInteractionState, aUser, NOON } from "../support/builders.ts";

const OPEN = withRule(DEFAULT_RULES, { outage: "other-factor" });
const PHONE = { number: A_NUMBER, status: "bound", since: NOON } as const;
const GIVEN: Parameters<typeof otherFactor>[0] = {
  state: anInteractionState({ unsent: { because: "send-failed", retryAt: NOON } }),
  rules: { global: DEFAULT_RULES, own: OPEN },
  user: aUser({ phone: PHONE, recoveryCodes: recoveryCodesOf(["A"], NOON) }),
};

describe("otherFactor", () => {
  const cases: { it: string; given: Partial<typeof GIVEN>; expect: OtherFactor | null }[] = [
    { it: "is a recovery code where the rules let it", given: {}, expect: "recovery-code" },
    {
      it: "follows the global rules of an application without its own",
      given: { rules: { global: OPEN, own: null } },
      expect: "recovery-code",
    },
    {
      it: "is nothing by default",
      given: { rules: { global: DEFAULT_RULES, own: null } },
      expect: null,
    },
    {
      it: "is nothing where the application's own rules are closed, whatever the global ones say",
      given: { rules: { global: OPEN, own: DEFAULT_RULES } },
      expect: null,
    },
    {
      it: "is nothing for a user without recovery codes",
      given: { user: aUser({ phone: PHONE }) },
      expect: null,
    },
    {
      it: "is nothing for a user whose recovery codes are used up",
      given: { user: aUser({ phone: PHONE, recoveryCodes: { issuedAt: NOON, digests: [] } }) },
      expect: null,
    },
    {
      it: "is nothing for a user without a phone",
      given: { user: { ...GIVEN.user, phone: null } },
      expect: null,
    },
    {
      it: "is nothing while a text can be sent",
      given: { state: anInteractionState({ unsent: null }) },
      expect: null,
    },
    {
      it: "is nothing while a number is being bound",
      given: { state: { ...GIVEN.state, binding: true } },
      expect: null,
    },
    {
      it: "is nothing at another step",
      given: { state: { ...GIVEN.state, step: "first-factor" } },
      expect: null,
    },
    {
      it: "is nothing when one only has to wait a minute",
      given: { state: anInteractionState({ unsent: { because: "send-gap", retryAt: NOON } }) },
      expect: null,
    },
  ];
  for (const { it: name, given, expect } of cases) {
    it(name, () => assert.equal(otherFactor({ ...GIVEN, ...given }), expect));
  }
});

describe("isOutage", () => {
  const OUTAGES: Record<Unsent, boolean> = {
    "send-gap": false,
    "challenge-sends-spent": false,
    "send-failed": true,
    "number-daily-cap": true,
    "user-daily-cap": true,
    "address-cap": true,
    "prefix-cap": true,
    "country-cap": true,
    "day-cap": true,
    "money-cap": true,
    paused: true,
  };
  for (const [because, expect] of Object.entries(OUTAGES)) {
    it(`says ${expect ? "yes" : "no"} to ${because}`, () => {
      assert.equal(isOutage(because as Unsent), expect);
    });
  }
});
