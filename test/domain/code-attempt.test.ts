import assert from "node:assert/strict";
import {
  type CodeAttemptGiven,
  type CodeAttemptVerdict,
  judgeCodeAttempt,
} from "../../src/domain/code-attempt.ts";
import { LIMITS, NOON } from "../support/builders.ts";

const GIVEN: CodeAttemptGiven = {
  before: { count: 0, guesses: [] },
  factorAttempts: { inARow: 0, lockedUntil: null },
  expiresAt: NOON + 1,
  guess: "a",
};
const counted = (count: number, guesses: string[], inARow: number): CodeAttemptVerdict => ({
  outcome: "counted",
  attempts: { count, guesses },
  factorAttempts: { inARow, lockedUntil: null },
});

const cases: { it: string; given: Partial<CodeAttemptGiven>; expect: CodeAttemptVerdict }[] = [
  { it: "counts the first", given: {}, expect: counted(1, ["a"], 1) },
  {
    it: "counts the fifth",
    given: { before: { count: 4, guesses: ["b", "c", "d", "e"] } },
    expect: counted(5, ["b", "c", "d", "e", "a"], 1),
  },
  {
    it: "counts no sixth",
    given: { before: { count: 5, guesses: ["b", "c", "d", "e", "f"] } },
    expect: { outcome: "dead", because: "too-many-attempts" },
  },
  {
    it: "does not count the same again",
    given: { before: { count: 4, guesses: ["a", "b", "c", "d"] } },
    expect: { outcome: "repeated" },
  },
  {
    it: "lets the same again be dead once five were counted",
    given: { before: { count: 5, guesses: ["a", "b", "c", "d", "e"] } },
    expect: { outcome: "dead", because: "too-many-attempts" },
  },
  {
    it: "counts what an earlier version counted without its digest",
    given: { before: { count: 3, guesses: [] } },
    expect: counted(4, ["a"], 1),
  },
  {
    it: "counts none at the end of the code",
    given: { expiresAt: NOON },
    expect: { outcome: "dead", because: "expired" },
  },
  {
    it: "says that the factor is locked before anything else of the same again",
    given: {
      before: { count: 1, guesses: ["a"] },
      factorAttempts: { inARow: 10, lockedUntil: NOON + 1 },
    },
    expect: { outcome: "locked", retryAt: NOON + 1 },
  },
  {
    it: "says that the factor is off",
    given: { factorAttempts: { inARow: 100, lockedUntil: NOON + 1 } },
    expect: { outcome: "locked", retryAt: null },
  },
];

describe("an attempt at a code", () => {
  for (const each of cases) {
    it(each.it, () => {
      assert.deepEqual(judgeCodeAttempt({ ...GIVEN, ...each.given }, NOON, LIMITS), each.expect);
    });
  }
});
