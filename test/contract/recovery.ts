import assert from "node:assert/strict";
import { mailBudget, type RecoveryRequest, recoveredUser } from "../../src/domain/recovery.ts";
import type { User } from "../../src/domain/user.ts";
import type { UserRecovery } from "../../src/ports/storage.ts";
import {
  aMail,
  anAuditEvent,
  anInteractionState,
  aUser,
  LIMITS,
  NOON,
} from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race, tally } from "./opened-storage.ts";

const OFF = { inARow: 100, lockedUntil: NOON + 900_000 };
const DONE = anAuditEvent({ action: "recovery-done" });
const REQUEST: RecoveryRequest = {
  channel: "recovery",
  id: "r1",
  linkId: "l1",
  login: { kind: "username", value: "alice" },
  language: "en",
  at: NOON,
};

export function recoveryContract(openEmpty: OpenEmpty): void {
  describe("UserStore contract: recovery", () => {
    const storage = openedForEach(openEmpty);
    const actions = async () =>
      (await storage().audit.list({ limit: 100 })).map(({ action }) => action);

    async function create(): Promise<User> {
      const user = aUser({ username: "alice", passwordHash: "$old", factorAttempts: OFF });
      await storage().users.create(user, anAuditEvent({ action: "created" }));
      return user;
    }
    const recover = (before: User, i = 0, given: Partial<UserRecovery> = {}) =>
      storage().users.recover({
        before,
        after: recoveredUser(before, `$new${i}`, NOON + 1000 + i),
        endFactorRun: false,
        forgetDevices: false,
        audit: [DONE],
        telling: [aMail({ id: `told${i}` })],
        ...given,
      });

    it("lets one of a hundred racers set its password, with its event and its mail (REC-03)", async () => {
      const before = await create();
      const outcomes = await race(100, (i) => recover(before, i));
      assert.deepEqual(tally(outcomes), { changed: 1, stale: 99 });
      const winner = outcomes.indexOf("changed");
      assert.equal((await storage().users.find("u1"))?.passwordHash, `$new${winner}`);
      assert.deepEqual(await actions(), ["created", "recovery-done"]);
      assert.equal((await storage().mails.claim(NOON, 60))?.mail.id, `told${winner}`);
      assert.equal(await storage().mails.claim(NOON, 60), null);
    });

    it("ends the run of wrong codes only where it is told to", async () => {
      const before = await create();
      assert.equal(await recover(before), "changed");
      const kept = await storage().users.find("u1");
      assert.deepEqual(kept?.factorAttempts, OFF);
      assert.ok(kept);
      assert.equal(await recover(kept, 5000, { endFactorRun: true }), "changed");
      const ended = await storage().users.find("u1");
      assert.deepEqual(ended?.factorAttempts, { inARow: 0, lockedUntil: null });
    });

    it("ends nothing when it is too late", async () => {
      const before = await create();
      await recover(before);
      assert.equal(await recover(before, 1, { endFactorRun: true }), "stale");
      assert.deepEqual((await storage().users.find("u1"))?.factorAttempts, OFF);
      const nobody = { ...before, id: "nobody" };
      assert.equal(await recover(nobody, 1, { endFactorRun: true }), "absent");
    });

    it("forgets browsers only where it is told to (BIND-14)", async () => {
      const device = { userId: "u1", deviceId: "d1", network: "192.0.2" };
      const before = await create();
      await storage().interactions.save("i1", {}, NOON + 900_000);
      await storage().interactions.move({
        uid: "i1",
        now: NOON,
        from: { version: 0 },
        to: anInteractionState({ step: "done", challenge: null }),
        resetAttempts: true,
        effects: { device },
      });
      const known = async () => (await storage().devices.judge(device, NOON)).device;
      assert.equal(await known(), "known");
      await recover(before);
      assert.equal(await known(), "known");
      const kept = await storage().users.find("u1");
      assert.ok(kept);
      await recover(kept, 5000, { forgetDevices: true });
      assert.notEqual(await known(), "known");
    });
  });

  describe("MailQueue contract: requests for a link", () => {
    const storage = openedForEach(openEmpty);
    const claim = (now = NOON) => storage().mails.claimRecovery(now, 60);

    it("gives a request to one of twenty racers, as it was made, and to nobody who delivers mails or texts", async () => {
      await storage().mails.enqueue([REQUEST]);
      assert.equal(await storage().mails.claim(NOON, 60), null);
      assert.equal(await storage().mails.claimText(NOON, 60), null);
      const claimed = (await race(20, () => claim())).filter((each) => each !== null);
      assert.deepEqual(
        claimed.map(({ request }) => request),
        [REQUEST],
      );
    });

    it("gives it again when its lease is over, and never once it is done", async () => {
      await storage().mails.enqueue([REQUEST]);
      assert.ok(await claim());
      assert.equal(await claim(NOON + 59_999), null);
      const again = await claim(NOON + 60_000);
      assert.equal(again?.attempts, 2);
      assert.ok(again && (await storage().mails.markDelivered(again)));
      assert.equal(await claim(NOON + 900_000), null);
    });
  });

  describe("BudgetStore contract", () => {
    const storage = openedForEach(openEmpty);
    const [one, other] = [mailBudget("u1", LIMITS), mailBudget("u2", LIMITS)];
    const count = (...budgets: (typeof one)[]) => storage().budgets.count(budgets, NOON);
    const counted = (key: string) => storage().numbers.counted(key, NOON);

    it("counts as many of twenty racers as there is room for", async () => {
      const outcomes = await race(20, () => count(one));
      assert.deepEqual(tally(outcomes.map(({ outcome }) => outcome)), { counted: 5, limited: 15 });
      assert.equal(await counted(one.key), 5);
    });

    it("says when there is room again, and counts nothing when one of them has none", async () => {
      for (let i = 0; i < 5; i++) await count(one);
      const retryAt = NOON + 86_400_000;
      assert.deepEqual(await count(other, one), { outcome: "limited", retryAt });
      assert.equal(await counted(other.key), 0);
      assert.deepEqual(await storage().budgets.count([one], retryAt), { outcome: "counted" });
    });

    it("counts nothing under no key", async () => {
      assert.deepEqual(await count(), { outcome: "counted" });
    });
  });
}
