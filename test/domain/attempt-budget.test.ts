import assert from "node:assert/strict";
import {
  type AttemptPolicy,
  type AttemptRun,
  countAttempt,
  countFactorAttempt,
  factorIsOff,
  factorLockedUntil,
} from "../../src/domain/attempt-budget.ts";

const NOON = Date.UTC(2026, 0, 1, 12);
const LIMITS = { attemptsInARowUntilLock: 10, attemptsInARowUntilOff: 100, lockSeconds: 900 };
const LOCK_ENDS = NOON + 900_000;

describe("countFactorAttempt", () => {
  const cases: [inARow: number, after: number, lockedUntil: number | null][] = [
    [0, 1, null],
    [8, 9, null],
    [9, 10, LOCK_ENDS],
    [10, 11, null],
    [18, 19, null],
    [19, 20, LOCK_ENDS],
    [99, 100, LOCK_ENDS],
  ];
  for (const [inARow, after, lockedUntil] of cases) {
    it(`${lockedUntil === null ? "does not lock" : "locks"} with attempt ${after}`, () => {
      const counted = countFactorAttempt({ inARow, lockedUntil: null }, NOON, LIMITS);
      assert.deepEqual(counted, { inARow: after, lockedUntil });
    });
  }
});

describe("factorIsOff", () => {
  for (const [inARow, off] of [
    [0, false],
    [99, false],
    [100, true],
    [101, true],
  ] as const) {
    it(`says ${off} after ${inARow} wrong codes in a row`, () =>
      assert.equal(factorIsOff({ inARow, lockedUntil: null }, LIMITS), off));
  }
});

describe("factorLockedUntil", () => {
  const cases: [it: string, lockedUntil: number | null, answer: number | null][] = [
    ["knows no lock", null, null],
    ["holds until its last millisecond", NOON + 1, NOON + 1],
    ["ends at its instant", NOON, null],
    ["is over later", NOON - 1, null],
  ];
  for (const [name, lockedUntil, answer] of cases) {
    it(name, () => assert.equal(factorLockedUntil({ inARow: 10, lockedUntil }, NOON), answer));
  }
});

describe("countAttempt, towards a growing lock", () => {
  const POLICY: AttemptPolicy = {
    kind: "growing-lock",
    untilLock: 10,
    lockSeconds: 60,
    lockSecondsMax: 900,
  };
  const DAY_LATER = NOON + 86_400_000;

  const locks: [attempt: number, seconds: number | null][] = [
    [1, null],
    [9, null],
    [10, 60],
    [11, null],
    [20, 120],
    [30, 240],
    [40, 480],
    [50, 900],
    [60, 900],
    [1000, 900],
  ];
  for (const [attempt, seconds] of locks) {
    it(`locks for ${seconds ?? "no"} seconds with attempt ${attempt}`, () => {
      const before = attempt === 1 ? null : aRun({ count: attempt - 1 });
      assert.deepEqual(countAttempt(before, POLICY, NOON), {
        outcome: "counted",
        run: aRun({
          count: attempt,
          lockedUntil: seconds === null ? null : NOON + seconds * 1000,
        }),
        // A day from the end of the lock.
        expiresAt: DAY_LATER + (seconds ?? 0) * 1000,
      });
    });
  }

  const thenEach: [attempt: number, seconds: number | null][] = [
    [99, null],
    [100, 60],
    [101, 120],
    [102, 240],
    [103, 480],
    [104, 900],
    [1000, 900],
  ];
  for (const [attempt, seconds] of thenEach) {
    it(`locks for ${seconds ?? "no"} seconds with attempt ${attempt} where each one locks after 100`, () => {
      const policy = { ...POLICY, untilLock: 100, untilNextLock: 1 };
      const counted = countAttempt(aRun({ count: attempt - 1 }), policy, NOON);
      const lockedUntil = seconds === null ? null : NOON + seconds * 1000;
      assert.deepEqual(
        counted.outcome === "counted" && counted.run,
        aRun({ count: attempt, lockedUntil }),
      );
    });
  }

  it("counts nothing until the lock ends, and at its end counts on", () => {
    const run = aRun({ count: 10, lockedUntil: NOON + 1 });
    assert.deepEqual(countAttempt(run, POLICY, NOON), { outcome: "limited", retryAt: NOON + 1 });
    const next = countAttempt(run, POLICY, NOON + 1);
    assert.deepEqual(next.outcome === "counted" && next.run.count, 11);
  });
});

describe("countAttempt, in a window", () => {
  const POLICY: AttemptPolicy = { kind: "window", max: 3, windowSeconds: 900 };
  const ENDS = NOON + 900_000;

  it("begins a window with the first attempt", () => {
    assert.deepEqual(countAttempt(null, POLICY, NOON), {
      outcome: "counted",
      run: aRun({ count: 1 }),
      expiresAt: ENDS,
    });
  });

  it("counts up to the maximum", () => {
    const counted = countAttempt(aRun({ count: 2 }), POLICY, NOON + 1);
    assert.deepEqual(counted, {
      outcome: "counted",
      run: aRun({ count: 3 }),
      expiresAt: ENDS,
    });
  });

  it("refuses one more, until the window ends", () => {
    const limited = countAttempt(aRun({ count: 3 }), POLICY, ENDS - 1);
    assert.deepEqual(limited, { outcome: "limited", retryAt: ENDS });
  });

  it("begins anew when the window ends", () => {
    assert.deepEqual(countAttempt(aRun({ count: 3 }), POLICY, ENDS), {
      outcome: "counted",
      run: { count: 1, firstAt: ENDS, lockedUntil: null },
      expiresAt: ENDS + 900_000,
    });
  });
});

function aRun(given: Partial<AttemptRun>): AttemptRun {
  return { count: 1, firstAt: NOON, lockedUntil: null, ...given };
}
