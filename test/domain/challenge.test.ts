import assert from "node:assert/strict";
import { judgeChallenge, openChallenge } from "../../src/domain/challenge.ts";

const NOON = Date.UTC(2026, 0, 1, 12);
const LIMITS = { attemptsPerCode: 5, codeLifeSeconds: 300 };

describe("openChallenge", () => {
  it("opens one that was not sent yet and ends with the code's life", () => {
    const given = { id: "c1", codeKeyId: "k1", purpose: "bind", phone: "+14155552671" } as const;
    assert.deepEqual(openChallenge(given, NOON, LIMITS), {
      ...given,
      openedAt: NOON,
      expiresAt: NOON + 300_000,
      sends: 0,
      lastSentAt: null,
    });
  });
});

describe("judgeChallenge", () => {
  const cases: [it: string, expiresIn: number, attempts: number, expect: string][] = [
    ["is open at first", 300_000, 0, "open"],
    ["is open in its last millisecond", 1, 0, "open"],
    ["has expired at its end", 0, 0, "expired"],
    ["has expired after its end", -1, 0, "expired"],
    ["is open for the fifth attempt", 1, 4, "open"],
    ["is dead for the sixth", 1, 5, "too-many-attempts"],
    ["says expired when it is both", 0, 5, "expired"],
  ];
  for (const [name, expiresIn, attempts, expect] of cases) {
    it(name, () => {
      const verdict = judgeChallenge({ expiresAt: NOON + expiresIn }, attempts, NOON, LIMITS);
      assert.equal(verdict.outcome === "open" ? "open" : verdict.because, expect);
    });
  }
});
