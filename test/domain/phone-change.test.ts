import assert from "node:assert/strict";
import { BY_ADMINISTRATOR } from "../../src/domain/enrolment.ts";
import { type ChangeVerdict, mayChangePhone } from "../../src/domain/phone-change.ts";
import { DEFAULT_RULES, type SecurityRules, withRule } from "../../src/domain/security-rules.ts";
import { A_NUMBER, aUser, LIMITS, NOON } from "../support/builders.ts";

const USER = aUser({
  phone: { number: A_NUMBER, status: "bound", since: NOON, enrolment: BY_ADMINISTRATOR },
});
const ALLOWED: ChangeVerdict = { outcome: "allowed" };
const REFUSED: ChangeVerdict = { outcome: "refused", because: "change-not-allowed" };

function ask(
  global: SecurityRules,
  own: SecurityRules | null = null,
  recoveredAt: number | null = null,
): ChangeVerdict {
  const user = { ...USER, recoveredAt };
  return mayChangePhone({ user, rules: { global, own }, now: NOON, limits: LIMITS });
}

describe("mayChangePhone", () => {
  const rule = (binding: SecurityRules["mfa"]["binding"]) =>
    withRule(DEFAULT_RULES, { binding, bindingDaysMax: 1 });

  for (const binding of ["anybody", "mailed-link", "within-days"] as const) {
    it(`lets whoever has the old number, where the rule for a first one is ${binding}`, () => {
      assert.deepEqual(ask(rule(binding)), ALLOWED);
    });
  }

  for (const binding of ["mailed-link", "within-days"] as const) {
    it(`lets nobody with a number that does not count where the rule is ${binding}`, () => {
      const user = aUser({ phone: { number: A_NUMBER, status: "bound", since: NOON } });
      const rules = { global: rule(binding), own: null };
      const verdict = mayChangePhone({ user, rules, now: NOON, limits: LIMITS });
      assert.deepEqual(verdict, { outcome: "refused", because: "phone-not-accepted" });
    });
  }

  it("lets nobody where phones are the administrator's to give", () => {
    assert.deepEqual(ask(rule("administrator")), REFUSED);
  });

  it("goes by the rules that hold", () => {
    assert.deepEqual(ask(rule("administrator"), rule("anybody")), ALLOWED);
    assert.deepEqual(ask(rule("anybody"), rule("administrator")), REFUSED);
  });

  it("lets nobody who has recovered the account within a day (BIND-15)", () => {
    const day = LIMITS.phoneChangeAfterRecoverySeconds * 1000;
    const barred: ChangeVerdict = { outcome: "refused", because: "recovered-lately" };
    assert.deepEqual(ask(DEFAULT_RULES, null, NOON), barred);
    assert.deepEqual(ask(DEFAULT_RULES, null, NOON - day + 1), barred);
    assert.deepEqual(ask(DEFAULT_RULES, null, NOON - day), ALLOWED);
    assert.deepEqual(ask(rule("administrator"), null, NOON), REFUSED);
  });

  it("lets nobody by a rule that is unknown, or not there", () => {
    for (const mfa of [{ binding: "constructor" }, { binding: "everybody" }, {}, undefined]) {
      assert.deepEqual(ask({ mfa } as unknown as SecurityRules), REFUSED);
    }
  });
});
