import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Asker,
  afterFailedSend,
  afterSend,
  afterSuccess,
  type ChallengeSends,
  judgeSend,
  NO_SENDS,
  type NumberHistory,
  type Sends,
  type SendVerdict,
  sendGapEndsAt,
} from "../../src/domain/send-policy.ts";

const LIMITS = {
  sendGapSeconds: 60,
  sendsPerChallenge: 5,
  sendsPerNumberPerDay: 10,
  strangerSendsPerNumberPercent: 40,
};
const NOON = Date.UTC(2026, 0, 1, 12);
const SECOND = 1000;
const DAY = 86_400 * SECOND;
const A_CHALLENGE: ChallengeSends = {
  sends: 0,
  lastSentAt: null,
  expiresAt: NOON + 300 * SECOND,
};
// Of texts that holders of the number asked for, when one of them asks for another.
const byHolders = (holders: Sends): NumberHistory => ({ ...NO_SENDS, holders });
function judge(holders: Sends, now: number, challenge = A_CHALLENGE): SendVerdict {
  return judgeSend(byHolders(holders), { asker: "holder", challenge, limits: LIMITS }, now);
}
const ASKERS: readonly Asker[] = ["holder", "stranger", "newcomer"];
const ALLOWED: SendVerdict = { outcome: "allowed" };

describe("judgeSend", () => {
  const cases: {
    it: string;
    history: Sends;
    challenge?: ChallengeSends;
    expect: SendVerdict;
  }[] = [
    { it: "allows the first text", history: NO_SENDS.holders, expect: ALLOWED },
    {
      it: "refuses a text a millisecond before the gap ends",
      history: { sentAt: [NOON - 60 * SECOND + 1], sinceSuccess: 1 },
      expect: { outcome: "refused", because: "send-gap", retryAt: NOON + 1 },
    },
    {
      it: "allows a text when the gap ends",
      history: { sentAt: [NOON - 60 * SECOND], sinceSuccess: 1 },
      expect: ALLOWED,
    },
    {
      it: "doubles the gap after the second text",
      history: { sentAt: [NOON - 300 * SECOND, NOON - 119 * SECOND], sinceSuccess: 2 },
      expect: { outcome: "refused", because: "send-gap", retryAt: NOON + SECOND },
    },
    {
      it: "allows a text when the doubled gap ends",
      history: { sentAt: [NOON - 300 * SECOND, NOON - 120 * SECOND], sinceSuccess: 2 },
      expect: ALLOWED,
    },
    {
      it: "doubles the gap no further than a challenge has texts",
      history: { sentAt: [NOON - 960 * SECOND], sinceSuccess: 9 },
      expect: ALLOWED,
    },
    {
      it: "allows a text at once after a right code",
      history: { sentAt: [NOON - 1], sinceSuccess: 0 },
      expect: ALLOWED,
    },
    {
      it: "refuses a text in the challenge's own gap, though the number had a right code since",
      history: { sentAt: [NOON - 1], sinceSuccess: 0 },
      challenge: { ...A_CHALLENGE, sends: 1, lastSentAt: NOON - 60 * SECOND + 1 },
      expect: { outcome: "refused", because: "send-gap", retryAt: NOON + 1 },
    },
    {
      it: "allows a text when the challenge's own gap ends",
      history: NO_SENDS.holders,
      challenge: { ...A_CHALLENGE, sends: 1, lastSentAt: NOON - 60 * SECOND },
      expect: ALLOWED,
    },
    {
      it: "waits for the later of both gaps",
      history: { sentAt: [NOON - 30 * SECOND], sinceSuccess: 1 },
      challenge: { ...A_CHALLENGE, sends: 2, lastSentAt: NOON - 60 * SECOND },
      expect: { outcome: "refused", because: "send-gap", retryAt: NOON + 60 * SECOND },
    },
    {
      it: "allows the last text of a challenge",
      history: NO_SENDS.holders,
      challenge: { ...A_CHALLENGE, sends: 4 },
      expect: ALLOWED,
    },
    {
      it: "refuses one more than a challenge may have, until the challenge ends",
      history: NO_SENDS.holders,
      challenge: { ...A_CHALLENGE, sends: 5 },
      expect: {
        outcome: "refused",
        because: "challenge-sends-spent",
        retryAt: A_CHALLENGE.expiresAt,
      },
    },
    {
      it: "allows the tenth text of a day",
      history: { sentAt: hoursAgo(9), sinceSuccess: 0 },
      expect: ALLOWED,
    },
    {
      it: "refuses the eleventh, until the oldest is a day old",
      history: { sentAt: hoursAgo(10), sinceSuccess: 0 },
      expect: {
        outcome: "refused",
        because: "number-daily-cap",
        retryAt: NOON - 10 * 3600 * SECOND + DAY,
      },
    },
    {
      it: "still refuses a millisecond before the oldest is a day old",
      history: { sentAt: [NOON - DAY + 1, ...hoursAgo(9)], sinceSuccess: 0 },
      expect: { outcome: "refused", because: "number-daily-cap", retryAt: NOON + 1 },
    },
    {
      it: "allows it once the oldest is a day old",
      history: { sentAt: [NOON - DAY, ...hoursAgo(9)], sinceSuccess: 0 },
      expect: ALLOWED,
    },
    {
      it: "waits for as many as are too many, when a cap was lowered",
      history: { sentAt: hoursAgo(12), sinceSuccess: 0 },
      expect: {
        outcome: "refused",
        because: "number-daily-cap",
        retryAt: NOON - 10 * 3600 * SECOND + DAY,
      },
    },
  ];
  for (const c of cases) {
    it(c.it, () => {
      const verdict = judge(c.history, NOON, c.challenge);
      assert.deepEqual(verdict, c.expect);
    });
  }

  it("never refuses at the instant that it named, the challenge's own cap aside", () => {
    fc.assert(
      fc.property(histories(), (history) => {
        const verdict = judge(history, NOON);
        if (verdict.outcome === "allowed") return;
        assert.ok(verdict.retryAt > NOON);
        const later = judge(history, verdict.retryAt);
        assert.ok(later.outcome === "allowed" || later.because !== verdict.because);
      }),
    );
  });
});

describe("sendGapEndsAt", () => {
  const gaps = [60, 120, 240, 480, 960, 960, 960];
  gaps.forEach((gap, i) => {
    const sends = i + 1;
    it(`waits ${gap} s after text ${sends} to a number, or of a challenge`, () => {
      const byNumber = { sentAt: [NOON], sinceSuccess: sends };
      assert.equal(sendGapEndsAt(byNumber, A_CHALLENGE, LIMITS), NOON + gap * SECOND);
      const byChallenge = { sends, lastSentAt: NOON };
      assert.equal(sendGapEndsAt(NO_SENDS.holders, byChallenge, LIMITS), NOON + gap * SECOND);
    });
  });

  it("knows no gap when nothing was sent", () => {
    assert.equal(sendGapEndsAt(NO_SENDS.holders, A_CHALLENGE, LIMITS), null);
    assert.equal(sendGapEndsAt({ sentAt: [], sinceSuccess: 3 }, A_CHALLENGE, LIMITS), null);
  });
});

describe("the history of a number", () => {
  it("remembers a day of texts and forgets the rest", () => {
    const history = byHolders({ sentAt: [NOON - DAY, NOON - DAY + 1], sinceSuccess: 2 });
    const after = byHolders({ sentAt: [NOON - DAY + 1, NOON], sinceSuccess: 3 });
    assert.deepEqual(afterSend(history, "holder", NOON), after);
  });

  it("is as it was before, when a text is taken back that failed", () => {
    fc.assert(
      fc.property(histories(), fc.constantFrom(...ASKERS), (sends, asker) => {
        const history = { holders: sends, others: sends };
        const sent = afterSend(history, asker, NOON);
        assert.deepEqual(afterFailedSend(sent, asker, NOON), history);
      }),
    );
  });

  it("does not change, when a text is taken back that is not in it", () => {
    const history = byHolders({ sentAt: [NOON], sinceSuccess: 1 });
    assert.deepEqual(afterFailedSend(history, "holder", NOON + 1), history);
  });

  it("does not count below zero, when a right code came in between", () => {
    const history = byHolders({ sentAt: [NOON], sinceSuccess: 0 });
    assert.deepEqual(
      afterFailedSend(history, "holder", NOON),
      byHolders({ sentAt: [], sinceSuccess: 0 }),
    );
  });

  it("keeps the day's texts after a right code", () => {
    const history = byHolders({ sentAt: [NOON - 1, NOON], sinceSuccess: 2 });
    assert.deepEqual(
      afterSuccess(history, "holder"),
      byHolders({ sentAt: [NOON - 1, NOON], sinceSuccess: 0 }),
    );
  });
});

function hoursAgo(texts: number): number[] {
  return Array.from({ length: texts }, (_, i) => NOON - (texts - i) * 3600 * SECOND);
}

// Histories of the last day before noon.
function histories(): fc.Arbitrary<Sends> {
  const age = fc.integer({ min: 1, max: DAY - 1 });
  return fc.tuple(fc.array(age, { maxLength: 14 }), fc.nat(14)).map(([ages, sinceSuccess]) => ({
    sentAt: ages.map((each) => NOON - each).toSorted((a, b) => a - b),
    sinceSuccess,
  }));
}
