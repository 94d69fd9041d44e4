import assert from "node:assert/strict";
import type { InteractionState } from "../../src/domain/interaction.ts";
import { unfinishedMailBudget } from "../../src/domain/unfinished-sign-in.ts";
import type {
  InteractionMove,
  JudgeLeft,
  LeftInteraction,
  MoveEffects,
  MoveOutcome,
} from "../../src/ports/interactions.ts";
import {
  aGuess,
  aMail,
  anAuditEvent,
  anInteractionState,
  aUser,
  LIMITS,
  NOON,
} from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race } from "./opened-storage.ts";

const END = NOON + 900_000;
const ALICE = aUser({ username: "alice" });
const BUDGET = unfinishedMailBudget("u1", { ...LIMITS, unfinishedSignInMailsPerDay: 3 });

export function leftInteractionsContract(openEmpty: OpenEmpty): void {
  describe("InteractionStore contract: what is left", () => {
    const storage = openedForEach(openEmpty);
    let mails = 0;
    beforeEach(() => {
      mails = 0;
    });

    const capped = (budget = BUDGET) => [{ mail: aMail({ id: `m${++mails}` }), budget }];
    const telling: JudgeLeft = () => ({
      audit: [anAuditEvent({ action: "left" })],
      cappedMails: capped(),
    });
    const sweep = (judge = telling, now = END, rowsMax = 100) =>
      storage().interactions.sweep(now, rowsMax, judge);

    async function leave(
      uid: string,
      given: Partial<InteractionState> = {},
      also: Partial<InteractionMove> = {},
    ): Promise<void> {
      await storage().interactions.save(uid, { about: uid }, END);
      const moved = await move(uid, {}, { to: anInteractionState(given), ...also });
      assert.equal(moved.outcome, "moved");
    }
    function move(
      uid: string,
      effects: MoveEffects,
      also: Partial<InteractionMove> = {},
    ): Promise<MoveOutcome> {
      return storage().interactions.move({
        uid,
        now: NOON,
        from: { version: 0 },
        to: anInteractionState(),
        resetAttempts: true,
        effects,
        ...also,
      });
    }
    async function queued(): Promise<number> {
      for (let count = 0; ; count++) {
        if ((await storage().mails.claim(END, 60)) === null) return count;
      }
    }
    const events = async () =>
      (await storage().audit.list({ limit: 99, action: "left" })).map(({ action }) => action);

    it("is shown as it was, with its user as it is, and deleted with what is said of it", async () => {
      await storage().users.create(ALICE, anAuditEvent());
      await leave("i1", { language: "de", wrongCodes: 2 });
      await storage().interactions.countAttempt("i1", NOON, LIMITS, aGuess());
      const seen: LeftInteraction[] = [];
      const judge: JudgeLeft = (left, now) => {
        seen.push(left);
        return telling(left, now);
      };
      assert.equal(await sweep(judge, END - 1), 0);
      assert.equal(seen.length, 0);
      assert.equal(await sweep(judge), 1);
      const [first] = seen;
      assert.ok(first);
      const { record, ...left } = first;
      assert.equal(record.about, "i1");
      assert.deepEqual(left, {
        state: anInteractionState({ language: "de", wrongCodes: 2 }),
        attempts: 1,
        user: { ...ALICE, factorAttempts: { inARow: 1, lockedUntil: null } },
      });
      assert.deepEqual(await events(), ["left"]);
      assert.equal(await queued(), 1);
      assert.equal(await sweep(), 0);
      assert.deepEqual(await events(), ["left"]);
    });

    it("is said once, however many sweep at once (OTP-13)", async () => {
      await storage().users.create(ALICE, anAuditEvent());
      await leave("i1");
      const swept = await race(8, () => sweep());
      assert.equal(
        swept.reduce((all, each) => all + each),
        1,
      );
      assert.deepEqual(await events(), ["left"]);
      assert.equal(await queued(), 1);
      assert.equal(await storage().numbers.counted(BUDGET.key, END), 1);
    });

    it("is told when there is room for one mail alone, however many sweep at once", async () => {
      await storage().users.create(ALICE, anAuditEvent());
      const limits = { ...LIMITS, unfinishedSignInMailsPerDay: 1 };
      for (let round = 1; round <= 10; round++) {
        await leave(`i${round}`);
        const budget = unfinishedMailBudget(`u${round}`, limits);
        await race(8, () =>
          sweep((...left) => ({ ...telling(...left), cappedMails: capped(budget) })),
        );
        assert.equal(await queued(), 1);
      }
    });

    it("counts the mail of the one move alone that is made of several at once", async () => {
      const budget = unfinishedMailBudget("u1", { ...LIMITS, unfinishedSignInMailsPerDay: 99 });
      await storage().interactions.save("i1", {}, END);
      await race(8, () => move("i1", { cappedMails: capped(budget) }));
      assert.equal(await storage().numbers.counted(budget.key, NOON), 1);
      assert.equal(await queued(), 1);
    });

    it("is not asked about where nobody had got anywhere, and goes all the same", async () => {
      const never: JudgeLeft = () => assert.fail("asked");
      await race(120, (i) => storage().interactions.save(`i${i}`, {}, END));
      assert.equal(await sweep(never, END, 70), 70);
      assert.equal(await sweep(never, END, 70), 50);
      assert.equal(await sweep(never, END, 70), 0);
    });

    it("goes without a word when there is nothing to say, and when its user is gone", async () => {
      await leave("i1");
      await leave("i2", { userId: null });
      const users: unknown[] = [];
      const swept = await sweep(({ user }) => {
        users.push(user);
        return {};
      });
      assert.equal(swept, 2);
      assert.deepEqual(users, [null, null]);
      assert.deepEqual(await events(), []);
      assert.equal(await queued(), 0);
    });

    it("leaves alone what has ended or is alive", async () => {
      await leave("i1", { step: "done" }, { record: { result: {} } });
      await storage().interactions.save("i2", {}, END + 1);
      await move("i2", {});
      const judge: JudgeLeft = ({ state }) => {
        assert.equal(state.step, "done");
        return {};
      };
      assert.equal(await sweep(judge), 1);
      assert.notEqual((await storage().interactions.find("i2", END))?.state, null);
    });

    it("is told so often in a day, and written down each time", async () => {
      await storage().users.create(ALICE, anAuditEvent());
      for (let i = 0; i < 5; i++) await leave(`i${i}`);
      assert.equal(await sweep(), 5);
      assert.equal((await events()).length, 5);
      assert.equal(await queued(), 3);
    });

    it("is told with a move under the same budget, and the move is made without it", async () => {
      for (let i = 0; i < 5; i++) {
        await storage().interactions.save(`i${i}`, {}, END);
        const audit = [anAuditEvent({ action: "left" })];
        const moved = await move(`i${i}`, { audit, cappedMails: capped() });
        assert.equal(moved.outcome, "moved");
      }
      assert.equal((await events()).length, 5);
      assert.equal(await queued(), 3);
    });

    it("counts no mail of a move that is stale", async () => {
      await storage().interactions.save("i1", {}, END);
      const moved = await move("i1", { cappedMails: capped() }, { from: { version: 3 } });
      assert.equal(moved.outcome, "stale");
      assert.equal(await storage().numbers.counted(BUDGET.key, NOON), 0);
      assert.equal(await queued(), 0);
    });

    it("lets exactly so many mails of twenty moves at once through", async () => {
      await race(20, (i) => storage().interactions.save(`i${i}`, {}, END));
      const moved = await race(20, (i) => move(`i${i}`, { cappedMails: capped() }));
      assert.ok(moved.every(({ outcome }) => outcome === "moved"));
      assert.equal(await queued(), 3);
    });

    it("is not moved any more by whoever still has it for alive", async () => {
      await leave("i1");
      const end = { from: { version: 1 }, now: END - 1, to: anInteractionState({ step: "done" }) };
      const judge: JudgeLeft = (left, now) =>
        left.state.step === "done" ? {} : telling(left, now);
      const outcomes = await race(2, async (i) =>
        i === 0 ? String(await sweep(judge)) : (await move("i1", {}, end)).outcome,
      );
      const told = await queued();
      assert.equal(told, outcomes[1] === "moved" ? 0 : 1);
    });
  });
}
