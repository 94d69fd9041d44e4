import assert from "node:assert/strict";
import { type LinkBudget, linkBudgets } from "../../src/domain/binding-link.ts";
import type { MoveOutcome } from "../../src/ports/interactions.ts";
import { aMail, anInteractionState, LIMITS, NOON } from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race, tally } from "./opened-storage.ts";

const GAP = 60_000;
const LINK_LIMITS = { ...LIMITS, mailedLinkGapSeconds: 60, mailedLinksPerUserPerDay: 3 };
const WITHOUT_GAP = { ...LINK_LIMITS, mailedLinkGapSeconds: 0 };

export function linkBudgetsContract(openEmpty: OpenEmpty): void {
  describe("InteractionStore contract: budgets of a mailed link", () => {
    const storage = openedForEach(openEmpty);
    const counted = (key: string, now = NOON) => storage().numbers.counted(key, now);
    let mails = 0;

    // A mail in an interaction of its own.
    async function send(
      i: number,
      budgets: readonly LinkBudget[],
      { now = NOON, version = 0 } = {},
    ): Promise<MoveOutcome> {
      const uid = `i${i}-${now}`;
      await storage().interactions.save(uid, {}, now + 900_000);
      return storage().interactions.move({
        uid,
        now,
        from: { version },
        to: anInteractionState({ step: "mailed-link", challenge: null }),
        resetAttempts: true,
        effects: { link: { budgets }, mails: [aMail({ id: `m${++mails}` })] },
      });
    }
    async function queued(): Promise<number> {
      for (let count = 0; ; count++) {
        if ((await storage().mails.claim(NOON, 60)) === null) return count;
      }
    }

    it("hold a gap open for each user, whichever interaction the next mail is asked for in", async () => {
      const budgets = linkBudgets("u1", LINK_LIMITS);
      assert.equal((await send(0, budgets)).outcome, "moved");
      const refused = { outcome: "link-refused", because: "link-gap", retryAt: NOON + GAP };
      assert.deepEqual(await send(1, budgets), refused);
      assert.deepEqual(await send(2, budgets, { now: NOON + GAP - 1 }), refused);
      assert.equal((await send(3, linkBudgets("u2", LINK_LIMITS))).outcome, "moved");
      assert.equal((await send(4, budgets, { now: NOON + GAP })).outcome, "moved");
      assert.equal(await counted("link-user:u1", NOON + GAP), 2);
    });

    it("let so many out in a day, and queue nothing and move nothing after that", async () => {
      const budgets = linkBudgets("u1", WITHOUT_GAP);
      for (let i = 0; i < 3; i++) assert.equal((await send(i, budgets)).outcome, "moved");
      const retryAt = NOON + 86_400_000;
      const refused = { outcome: "link-refused", because: "link-user-cap", retryAt };
      assert.deepEqual(await send(3, budgets), refused);
      assert.equal((await storage().interactions.find(`i3-${NOON}`, NOON))?.state, null);
      assert.equal(await queued(), 3);
      assert.equal((await send(4, budgets, { now: retryAt })).outcome, "moved");
    });

    it("count nothing when the move is stale", async () => {
      const budgets = linkBudgets("u1", LINK_LIMITS);
      assert.equal((await send(0, budgets, { version: 3 })).outcome, "stale");
      assert.equal(await counted("link-user:u1"), 0);
      assert.equal((await send(1, budgets)).outcome, "moved");
    });

    it("let exactly so many of twenty at once through", async () => {
      const budgets = linkBudgets("u1", WITHOUT_GAP);
      const outcomes = await race(20, (i) => send(i, budgets));
      assert.deepEqual(tally(outcomes.map(({ outcome }) => outcome)), {
        moved: 3,
        "link-refused": 17,
      });
      assert.equal(await counted("link-user:u1"), 3);
      assert.equal(await queued(), 3);
    });
  });
}
