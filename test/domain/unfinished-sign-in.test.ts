// What of a sign-in is unfinished, and whether its user hears of it.
import assert from "node:assert/strict";
import { NOTHING_PROVED } from "../../src/domain/factors.ts";
import type { InteractionState, Step } from "../../src/domain/interaction.ts";
import {
  isUnderWay,
  noticeOfUnfinished,
  rememberedWrongCodes,
  unfinishedMailBudget,
  unfinishedOf,
} from "../../src/domain/unfinished-sign-in.ts";
import { A_NUMBER, anInteractionState, LIMITS, NOON } from "../support/builders.ts";

const BOTH = { pwd: NOON, sms: NOON } as const;

// As published: told at the third wrong code in a row, locked at every tenth, off at the hundredth.
const notice = (given: Partial<InteractionState> = {}, { attempts = 0, inARow = 0 } = {}) =>
  noticeOfUnfinished({ state: anInteractionState(given), attempts }, { inARow }, LIMITS);

describe("what of a sign-in is unfinished", () => {
  const cases: [
    step: Step,
    given: Partial<InteractionState>,
    stopped: string | null,
    line: boolean,
  ][] = [
    ["first-factor", { userId: null, proved: NOTHING_PROVED }, null, false],
    ["mailed-link", { binding: true }, "mailed-link", true],
    ["bind-phone", { binding: true }, "bind-phone", true],
    ["code", {}, "code", true],
    ["code", { challenge: null }, "code", true],
    ["code", { binding: true }, "bind-phone", true],
    ["refused", { refusal: "factor-off" }, "refused", true],
    // The second step is done; only the codes were not kept.
    ["recovery-codes", { proved: BOTH }, null, true],
    // So it is while a phone is being replaced.
    ["new-phone", { binding: true, replaces: A_NUMBER, proved: BOTH }, null, true],
    ["code", { binding: true, replaces: A_NUMBER, proved: BOTH }, null, true],
    // Also when the rules have come to forbid it on the way.
    ["refused", { refusal: "change-not-allowed", proved: BOTH }, null, true],
    ["consent", {}, null, false],
    ["done", {}, null, false],
    ["done", { proved: BOTH }, null, false],
    // Nobody typed a password: a step-up, which goes by what its session proved.
    ["code", { proved: NOTHING_PROVED }, null, true],
    ["bind-phone", { proved: NOTHING_PROVED, binding: true }, null, true],
    ["mailed-link", { proved: NOTHING_PROVED, binding: true }, null, true],
    ["refused", { proved: NOTHING_PROVED }, null, true],
    // The first factor was the phone.
    ["code", { proved: { pwd: null, sms: NOON } }, null, true],
  ];
  for (const [step, given, stopped, line] of cases) {
    const state = anInteractionState({ ...given, step });
    const what = Object.keys(given).join(", ") || "plain";
    it(`is ${stopped ?? "nothing"} at ${step} (${what}), with ${line ? "a" : "no"} line in the log`, () => {
      assert.deepEqual(unfinishedOf(state), stopped && { step: stopped, since: NOON });
      assert.equal(isUnderWay(state), line);
    });
  }

  it("is nothing before the first step, and of nobody", () => {
    assert.equal(unfinishedOf(null), null);
    assert.equal(unfinishedOf(anInteractionState({ userId: null })), null);
    assert.equal(isUnderWay(anInteractionState({ userId: null })), false);
  });
});

describe("the notice of a sign-in that was not finished", () => {
  const told: [
    name: string,
    attempts: number,
    inARow: number,
    wrongCodesBefore: number,
    told: boolean,
  ][] = [
    ["comes without a wrong code", 0, 0, 0, true],
    ["comes after one", 1, 1, 0, true],
    ["comes after two, one short of the mail about them", 2, 2, 0, true],
    ["comes not after the third, of which a mail told", 3, 3, 0, false],
    ["comes not after a fourth", 4, 4, 0, false],
    ["comes without one in a run that was told of before", 0, 3, 0, true],
    ["comes after one that follows such a run", 1, 4, 0, true],
    ["comes not after the one that completed a run", 1, 3, 0, false],
    ["comes one short of a lock", 2, 9, 0, true],
    ["comes not after a lock", 1, 10, 0, false],
    ["comes not after a second lock", 5, 20, 0, false],
    ["comes not after the end", 1, 100, 0, false],
    ["comes at an end that was there before", 0, 100, 0, true],
    ["comes not when the third was at an earlier challenge", 1, 4, 3, false],
    ["comes when the run was ended meanwhile", 2, 0, 0, true],
  ];
  for (const [name, attempts, inARow, wrongCodes, isTold] of told) {
    it(name, () => {
      const expected = {
        kind: "second-step-unfinished",
        step: "code",
        since: NOON,
        wrongCodes: attempts + wrongCodes,
      };
      assert.deepEqual(notice({ wrongCodes }, { attempts, inARow }), isTold ? expected : null);
    });
  }

  it("comes of nothing that is finished", () => {
    assert.equal(notice({ step: "done" }), null);
    assert.equal(notice({ proved: NOTHING_PROVED }), null);
  });

  it("counts the wrong codes of all challenges", () => {
    const state = anInteractionState({ wrongCodes: 5 });
    assert.deepEqual(rememberedWrongCodes({ state, attempts: 2 }), { wrongCodes: 7 });
    assert.deepEqual(rememberedWrongCodes({ state: anInteractionState(), attempts: 0 }), {});
  });

  it("has a budget for each user and day", () => {
    assert.deepEqual(unfinishedMailBudget("u1", LIMITS), {
      key: "unfinished-mail:u1",
      policy: { kind: "window", max: 5, windowSeconds: 86_400 },
    });
  });
});
