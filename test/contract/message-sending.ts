// Texts that no interaction sends: counted and remembered before they go out, so that none goes out twice.
import assert from "node:assert/strict";
import type { Message } from "../../src/domain/message.ts";
import type { SendBudget } from "../../src/domain/send-caps.ts";
import { NOON } from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race, tally } from "./opened-storage.ts";

const COUNT: SendBudget = {
  key: "send-all",
  because: "day-cap",
  policy: { kind: "window", max: 2, windowSeconds: 86_400 },
  weight: 1,
};
const MONEY: SendBudget = {
  key: "send-money",
  because: "money-cap",
  policy: { kind: "window", max: 100, windowSeconds: 86_400 },
  weight: 30,
};
const BUDGETS = [COUNT, MONEY];

function aNotice(given: Partial<Message> = {}): Message {
  const id = given.id ?? "n1";
  return {
    id,
    challengeId: id,
    at: NOON,
    purpose: "notice",
    applicationId: null,
    country: "US",
    prefix: "+1415555",
    costMicros: 30,
    source: null,
    ...given,
  };
}

export function messageSendingContract(openEmpty: OpenEmpty): void {
  describe("MessageStore contract: texts that no interaction sends", () => {
    const storage = openedForEach(openEmpty);
    const begin = (given: Partial<Message> = {}, budgets: readonly SendBudget[] = BUDGETS) =>
      storage().messages.begin(aNotice(given), budgets);
    const counted = () =>
      Promise.all(["send-all", "send-money"].map((key) => storage().numbers.counted(key, NOON)));
    const list = () => storage().messages.list({ from: 0, to: NOON * 2, limit: 100 });
    const settle = (status: "accepted" | "failed" | "unknown", budgets?: readonly SendBudget[]) => {
      const because = status === "accepted" ? null : "provider-down";
      const settled = { id: "n1", at: NOON + 500, status, because, providerMessageId: null };
      return storage().messages.settle({ ...settled, provider: "vonage" }, budgets);
    };

    it("counts one and remembers it, and says from what to what", async () => {
      assert.deepEqual(await begin(), {
        outcome: "begun",
        counts: [
          { because: "day-cap", before: 0, after: 1, max: 2 },
          { because: "money-cap", before: 0, after: 30, max: 100 },
        ],
      });
      assert.deepEqual(await counted(), [1, 30]);
      const { challengeId: _, source: __, ...kept } = aNotice();
      const fate = { status: "sending", statusAt: NOON, because: null, provider: null };
      assert.deepEqual(await list(), [{ ...kept, ...fate, verifiedAt: null }]);
    });

    it("begins one for one of twenty racers, and counts it once", async () => {
      const begun = await race(20, () =>
        begin({}, [{ ...COUNT, policy: { ...COUNT.policy, max: 99 } }]),
      );
      const outcomes = tally(begun.map(({ outcome }) => outcome));
      assert.deepEqual(outcomes, { begun: 1, "begun-before": 19 });
      assert.deepEqual(await counted(), [1, 0]);
      assert.equal((await list()).length, 1);
    });

    it("refuses what has no room under one of its budgets, and leaves no trace", async () => {
      await begin();
      const full = { ...MONEY, policy: { ...MONEY.policy, max: 59 } };
      const refused = { outcome: "refused", because: "money-cap", retryAt: NOON + 86_400_000 };
      assert.deepEqual(await begin({ id: "n2" }, [COUNT, full]), refused);
      assert.deepEqual(await counted(), [1, 30]);
      assert.equal((await list()).length, 1);
    });

    for (const status of ["accepted", "unknown"] as const) {
      it(`does not begin one again that is ${status}, nor take back what it counted`, async () => {
        await begin();
        await settle(status, BUDGETS);
        assert.deepEqual(await begin({ at: NOON + 1000 }), { outcome: "begun-before", status });
        assert.deepEqual(await counted(), [1, 30]);
      });
    }

    it("does not begin one again that is still being sent", async () => {
      await begin();
      const before = { outcome: "begun-before", status: "sending" };
      assert.deepEqual(await begin({ at: NOON + 1000 }), before);
    });

    it("takes back once what one counted that failed, and begins it again for one of twenty racers", async () => {
      await begin();
      await begin({ id: "n2" });
      await race(5, () => settle("failed", BUDGETS));
      assert.deepEqual(await counted(), [1, 30]);
      const again = await race(20, () =>
        begin({ at: NOON + 1000 }, [{ ...COUNT, policy: { ...COUNT.policy, max: 99 } }, MONEY]),
      );
      const outcomes = tally(again.map(({ outcome }) => outcome));
      assert.equal(outcomes.begun, 1);
      assert.deepEqual(await counted(), [2, 60]);
      const [, one] = await list();
      assert.deepEqual(
        [one?.id, one?.status, one?.because, one?.at],
        ["n1", "sending", null, NOON + 1000],
      );
      await settle("accepted", BUDGETS);
      assert.equal((await list())[1]?.status, "accepted");
    });

    it("takes its receipt", async () => {
      await begin();
      await settle("accepted");
      const receipt = { provider: "vonage", providerMessageId: "p", messageId: "n1" };
      const delivered = { ...receipt, status: "delivered", because: null } as const;
      assert.equal(await storage().messages.receive(delivered, NOON), "updated");
    });

    it("is not judged with the codes that are typed", async () => {
      await begin();
      const which = { from: 0, typedAfter: NOON, max: 9 };
      for (const place of [{ prefix: "+1415555" }, { country: "US" }]) {
        assert.deepEqual(await storage().messages.listJudged(place, which), []);
      }
    });
  });
}
