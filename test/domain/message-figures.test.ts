import assert from "node:assert/strict";
import type { StoredMessage } from "../../src/domain/message.ts";
import { createFigures } from "../../src/domain/message-figures.ts";
import { NOON } from "../support/builders.ts";

function aMessage(given: Partial<StoredMessage> = {}): StoredMessage {
  return {
    id: "m1",
    at: NOON,
    purpose: "login",
    applicationId: "app1",
    country: "US",
    prefix: "+1415555",
    costMicros: 10_000,
    status: "accepted",
    statusAt: NOON,
    because: null,
    provider: "vonage",
    verifiedAt: null,
    ...given,
  };
}

describe("the figures of texts", () => {
  it("count what went out, arrived, was used and failed, and what it cost", () => {
    const figures = createFigures("all");
    figures.add(aMessage({ status: "delivered", verifiedAt: NOON + 8_000 }));
    figures.add(aMessage({ verifiedAt: NOON + 12_000 }));
    figures.add(aMessage({ status: "undelivered", because: "expired" }));
    figures.add(aMessage({ status: "unknown", because: "no-clear-answer" }));
    figures.add(aMessage({ status: "sending", provider: null }));
    figures.add(aMessage({ status: "failed", because: "throttled" }));
    figures.add(aMessage({ status: "failed", because: "throttled" }));
    assert.deepEqual(figures.end(), [
      {
        group: "all",
        sent: 7,
        notices: 0,
        accepted: 3,
        delivered: 1,
        undelivered: 1,
        failed: 2,
        unknown: 2,
        verified: 2,
        conversionPercent: 40,
        medianSecondsToVerify: 10,
        spentMicros: 50_000,
        failures: { expired: 1, throttled: 2 },
      },
    ]);
  });

  it("count a text without a code, and what it cost, but in no share and no median", () => {
    const figures = createFigures("application");
    const notice = { purpose: "notice", applicationId: null } as const;
    figures.add(aMessage({ verifiedAt: NOON + 8_000 }));
    figures.add(aMessage());
    figures.add(aMessage({ ...notice, status: "delivered" }));
    figures.add(aMessage({ ...notice, status: "failed", because: "throttled" }));
    const [all, , none] = figures.end();
    assert.deepEqual(
      [all?.sent, all?.notices, all?.delivered, all?.failed, all?.spentMicros],
      [4, 2, 1, 1, 30_000],
    );
    assert.deepEqual([all?.conversionPercent, all?.medianSecondsToVerify], [50, 8]);
    assert.deepEqual([none?.group, none?.sent, none?.conversionPercent], ["none", 2, null]);
  });

  it("say of nothing that there is no share and no median", () => {
    const figures = createFigures("all");
    figures.add(aMessage({ status: "failed", because: "no-balance" }));
    const [all] = figures.end();
    assert.equal(all?.conversionPercent, null);
    assert.equal(all?.medianSecondsToVerify, null);
  });

  for (const [by, groups] of [
    ["country", ["all", "US", "DE"]],
    ["application", ["all", "app1", "app2"]],
    ["provider", ["all", "vonage", "none"]],
  ] as const) {
    it(`group by ${by}, the largest first`, () => {
      const figures = createFigures(by);
      figures.add(aMessage({ country: "DE", applicationId: "app2", provider: null }));
      figures.add(aMessage());
      figures.add(aMessage());
      assert.deepEqual(
        figures.end().map(({ group, sent }) => [group, sent]),
        groups.map((group, i) => [group, [3, 2, 1][i]]),
      );
    });
  }
});
