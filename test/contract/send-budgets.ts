import assert from "node:assert/strict";
import type { SendBudget } from "../../src/domain/send-caps.ts";
import { NO_SENDS } from "../../src/domain/send-policy.ts";
import type { MoveOutcome } from "../../src/ports/interactions.ts";
import {
  A_NUMBER,
  aChallenge,
  anAuditEvent,
  anInteractionState,
  aUser,
  LIMITS,
  NOON,
} from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race, tally } from "./opened-storage.ts";

const END = NOON + 900_000;
const DAY = 86_400_000;

function aBudget(given: Partial<SendBudget> & { max?: number } = {}): SendBudget {
  const { max = 5, ...rest } = given;
  const policy = { kind: "window", max, windowSeconds: 86_400 } as const;
  return { key: "send-all", because: "day-cap", policy, weight: 1, ...rest };
}

const MONEY = aBudget({ key: "send-money", because: "money-cap", max: 100, weight: 30 });

export function sendBudgetsContract(openEmpty: OpenEmpty): void {
  describe("InteractionStore contract: budgets of a text", () => {
    const storage = openedForEach(openEmpty);
    const counted = (key: string, now = NOON) => storage().numbers.counted(key, now);

    // A text to a number of its own, in an interaction of its own.
    async function send(
      i: number,
      budgets: readonly SendBudget[],
      given: { now?: number; version?: number } = {},
    ): Promise<MoveOutcome> {
      const { now = NOON, version = 0 } = given;
      const uid = `i${i}-${now}`;
      await storage().interactions.save(uid, {}, now + 900_000);
      const challenge = { ...aChallenge(), sends: 0, lastSentAt: null, expiresAt: END };
      return storage().interactions.move({
        uid,
        now,
        from: { version },
        to: anInteractionState(),
        resetAttempts: true,
        effects: {
          send: { asker: "holder", number: numberOf(i), limits: LIMITS, challenge, budgets },
        },
      });
    }
    const numberOf = (i: number) => `+1415555${2000 + i}`;

    it("count with it, and say from what to what", async () => {
      const budgets = [aBudget(), MONEY];
      const first = await send(0, budgets);
      assert.deepEqual(first, {
        outcome: "moved",
        version: 1,
        counts: [
          { because: "day-cap", before: 0, after: 1, max: 5 },
          { because: "money-cap", before: 0, after: 30, max: 100 },
        ],
      });
      const second = await send(1, budgets);
      assert.ok(second.outcome === "moved");
      assert.deepEqual(
        second.counts?.map(({ before, after }) => [before, after]),
        [
          [1, 2],
          [30, 60],
        ],
      );
      assert.equal(await counted("send-all"), 2);
      assert.equal(await counted("send-money"), 60);
      assert.equal(await counted("another"), 0);
    });

    it("refuse what does not fit any more, each in its window, and begin anew after it", async () => {
      for (let i = 0; i < 3; i++) assert.equal((await send(i, [MONEY])).outcome, "moved");
      const refused = { outcome: "send-refused", because: "money-cap", retryAt: NOON + DAY };
      assert.deepEqual(await send(3, [MONEY]), refused);
      assert.equal((await send(3, [{ ...MONEY, weight: 10 }])).outcome, "moved");
      assert.deepEqual(await send(4, [MONEY], { now: NOON + DAY - 1 }), refused);
      assert.equal((await send(4, [MONEY], { now: NOON + DAY })).outcome, "moved");
      assert.equal(await counted("send-money", NOON + DAY), 30);
    });

    it("refuse a text that costs more than there is for a day", async () => {
      const outcome = await send(0, [{ ...MONEY, weight: 101 }]);
      assert.equal(outcome.outcome, "send-refused");
    });

    it("count under all or none of them, and not on the number", async () => {
      await send(0, [aBudget({ key: "b", max: 1 })]);
      const budgets = [aBudget({ key: "a" }), aBudget({ key: "b", max: 1 }), aBudget({ key: "c" })];
      assert.equal((await send(1, budgets)).outcome, "send-refused");
      assert.equal(await counted("a"), 0);
      assert.equal(await counted("c"), 0);
      assert.deepEqual(await storage().numbers.history(numberOf(1)), NO_SENDS);
    });

    it("do not count when the move is stale, or the gap refuses", async () => {
      assert.equal((await send(0, [aBudget()], { version: 3 })).outcome, "stale");
      assert.equal(await counted("send-all"), 0);
      await send(1, [aBudget()]);
      assert.equal((await send(1, [aBudget()], { now: NOON + 1 })).outcome, "send-refused");
      assert.equal(await counted("send-all"), 1);
    });

    it("let exactly so many of fifty at once through, none of them counted twice", async () => {
      const budgets = [aBudget({ max: 7 }), { ...MONEY, weight: 1 }];
      const outcomes = await race(50, (i) => send(i, budgets));
      assert.deepEqual(tally(outcomes.map(({ outcome }) => outcome)), {
        moved: 7,
        "send-refused": 43,
      });
      assert.equal(await counted("send-all"), 7);
      assert.equal(await counted("send-money"), 7);
      const passed = outcomes.flatMap((each) =>
        each.outcome === "moved" ? (each.counts?.slice(0, 1).map(({ after }) => after) ?? []) : [],
      );
      assert.deepEqual(passed.toSorted(), [1, 2, 3, 4, 5, 6, 7]);
    });

    it("are given back with the right code, once of twenty, and none that was counted in another window (SMS-22)", async () => {
      const network = aBudget({ key: "net", because: "address-cap" });
      for (const i of [0, 1, 2]) await send(i, [network, aBudget({ key: "old" })]);
      await storage().users.create(aUser(), anAuditEvent());
      const refundSends = [
        { key: "net", countedAt: NOON },
        { key: "net", countedAt: NOON },
        { key: "old", countedAt: NOON - 1 },
        { key: "unknown", countedAt: NOON },
      ];
      const done = anInteractionState({ step: "done", challenge: null });
      const outcomes = await race(20, () =>
        storage().interactions.move({
          uid: `i0-${NOON}`,
          now: NOON + 1,
          from: { challengeId: aChallenge().id },
          to: done,
          resetAttempts: false,
          effects: { refundSends },
        }),
      );
      assert.deepEqual(tally(outcomes.map(({ outcome }) => outcome)), { moved: 1, stale: 19 });
      assert.deepEqual(
        await Promise.all(["net", "old", "unknown"].map((key) => counted(key))),
        [1, 3, 0],
      );
    });

    it("are given back once with a text that certainly failed", async () => {
      const { numbers } = storage();
      const budgets = [aBudget(), MONEY];
      await send(0, budgets);
      await send(1, budgets);
      await numbers.forgetSend({
        number: numberOf(0),
        asker: "holder",
        at: NOON,
        budgets,
      });
      await numbers.forgetSend({
        number: numberOf(0),
        asker: "holder",
        at: NOON,
        budgets,
      });
      await numbers.forgetSend({ number: A_NUMBER, asker: "holder", at: NOON, budgets });
      assert.equal(await counted("send-all"), 1);
      assert.equal(await counted("send-money"), 30);
    });
  });
}
