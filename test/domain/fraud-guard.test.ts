// When the SMS fraud guard pauses a place, tries it again and resumes it (SMS-14, SMS-20).
import assert from "node:assert/strict";
import {
  type JudgedText,
  judgePlace,
  type Pause,
  type Place,
  textsToJudge,
} from "../../src/domain/fraud-guard.ts";
import { LIMITS, NOON } from "../support/builders.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const PREFIX: Place = { prefix: "+1415555" };
const COUNTRY: Place = { country: "US" };

// So many texts, each of a user, a network and a range of its own, but for what is given.
function texts(count: number, given: Partial<JudgedText> = {}): JudgedText[] {
  return Array.from({ length: count }, (_, i) => ({
    at: NOON - 10 * MINUTE,
    prefix: `+1${i}`,
    user: `u${i}`,
    network: `n${i}`,
    verified: false,
    ...given,
  }));
}
const judge = (place: Place, judged: JudgedText[], pause: Pause | null = null, now = NOON) =>
  judgePlace({ place, pause, texts: judged }, now, LIMITS);

describe("the fraud guard", () => {
  const cases: { sent: number; verified: number; expect: "open" | "pause" }[] = [
    { sent: 19, verified: 0, expect: "open" },
    { sent: 20, verified: 0, expect: "pause" },
    { sent: 20, verified: 1, expect: "pause" },
    { sent: 20, verified: 2, expect: "open" },
    { sent: 1000, verified: 99, expect: "pause" },
    { sent: 1000, verified: 100, expect: "open" },
  ];
  for (const { sent, verified, expect } of cases) {
    it(`finds ${verified} typed of ${sent} a reason to ${expect}`, () => {
      const judged = [...texts(verified, { verified: true }), ...texts(sent - verified)];
      for (const place of [PREFIX, COUNTRY]) {
        assert.equal(judge(place, judged).verdict, expect);
      }
    });
  }

  it("looks back for its window, not beyond what was lifted, and gives time to type", () => {
    const typedAfter = NOON - LIMITS.pumpingGraceSeconds * 1000;
    const max = 1000;
    assert.deepEqual(textsToJudge(null, NOON, LIMITS), { from: NOON - HOUR, typedAfter, max });
    const lifted = { scope: "country:US", pausedAt: null, liftedAt: NOON - 1000 };
    assert.deepEqual(textsToJudge(lifted, NOON, LIMITS), { from: NOON - 1000, typedAfter, max });
  });
});

describe("what pauses no wider place (SMS-20)", () => {
  const many = 1000;
  const alone: [it: string, place: Place, given: Partial<JudgedText>][] = [
    ["one account pauses no country", COUNTRY, { user: "u" }],
    ["one network pauses no country", COUNTRY, { network: "n" }],
    ["one range pauses no country", COUNTRY, { prefix: "+1415555" }],
    ["one account pauses no range", PREFIX, { user: "u" }],
    ["one network pauses no range", PREFIX, { network: "n" }],
  ];
  for (const [name, place, given] of alone) {
    it(`${name}, however many texts it leaves untyped`, () => {
      assert.equal(judge(place, texts(many, given)).verdict, "open");
    });
  }

  for (const source of ["user", "network", "prefix"] as const) {
    const needed = LIMITS.pumpingSendsMin / LIMITS.pumpingSendsPerSourceMax;
    it(`takes ${needed} of each ${source} to pause a country`, () => {
      const from = (count: number) =>
        texts(many).map((text, i) => ({ ...text, [source]: `s${i % count}` }));
      assert.equal(judge(COUNTRY, from(needed - 1)).verdict, "open");
      assert.equal(judge(COUNTRY, from(needed)).verdict, "pause");
    });
  }
});

describe("a pause (SMS-20)", () => {
  const pause: Pause = { scope: "prefix:+1415555", pausedAt: NOON, liftedAt: null };
  const trialAt = NOON + LIMITS.pumpingPauseSeconds * 1000;
  const trial = (count: number, verified = 0) => [
    ...texts(verified, { at: trialAt + 1, verified: true }),
    ...texts(count - verified, { at: trialAt + 1 }),
  ];
  const enough = LIMITS.pumpingTrialSends;

  it("holds for its time, and says until when", () => {
    assert.deepEqual(judge(PREFIX, [], pause, NOON), { verdict: "held", until: trialAt });
    assert.equal(judge(PREFIX, [], pause, trialAt - 1).verdict, "held");
    assert.equal(judge(PREFIX, [], pause, trialAt).verdict, "trial");
  });

  it("judges of its trial all texts since it began", () => {
    const all = { from: trialAt, typedAfter: trialAt + 5, max: 1000 };
    assert.deepEqual(textsToJudge(pause, trialAt + 5, LIMITS), all);
  });

  it("lets so many texts of a trial go, each counted under one budget", () => {
    for (const sent of [0, enough - 1]) {
      const verdict = judge(PREFIX, trial(sent), pause, trialAt + 2);
      assert.ok(verdict.verdict === "trial");
      assert.equal(verdict.budget.policy.max, enough);
      assert.equal(verdict.budget.because, "paused");
    }
  });

  it("waits for the codes of its trial, ends when they are typed, and begins again when they are not", () => {
    const until = trialAt + 1 + LIMITS.pumpingGraceSeconds * 1000;
    assert.deepEqual(judge(PREFIX, trial(enough), pause, until - 1), { verdict: "held", until });
    const conversion = { sent: enough, verified: 0 };
    const again = { verdict: "pause", again: true, conversion };
    assert.deepEqual(judge(PREFIX, trial(enough), pause, until), again);
    const typed = { verdict: "resume", conversion: { sent: enough, verified: 1 } };
    assert.deepEqual(judge(PREFIX, trial(enough, 1), pause, trialAt + 2), typed);
  });

  it("counts the next trial apart from this one", () => {
    const later = { ...pause, pausedAt: NOON + 1 };
    const key = (of: Pause) => {
      const verdict = judge(PREFIX, [], of, trialAt + 1);
      return verdict.verdict === "trial" ? verdict.budget.key : null;
    };
    assert.notEqual(key(pause), key(later));
  });
});
