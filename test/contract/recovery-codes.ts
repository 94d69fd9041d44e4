import assert from "node:assert/strict";
import { recoveryCodeDigest, recoveryCodesOf } from "../../src/domain/recovery-codes.ts";
import type { User } from "../../src/domain/user.ts";
import {
  aGuess,
  aMail,
  anAuditEvent,
  anInteractionState,
  aUser,
  LIMITS,
  NOON,
} from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race, tally } from "./opened-storage.ts";

const [A, B] = ["A", "B"].map(recoveryCodeDigest) as [string, string];
const USED = anAuditEvent({ action: "used" });

export function recoveryCodesContract(openEmpty: OpenEmpty): void {
  describe("UserStore contract: recovery codes", () => {
    const storage = openedForEach(openEmpty);
    const create = (given: Partial<User> = {}) =>
      storage().users.create(
        aUser({ recoveryCodes: recoveryCodesOf(["A", "B"], NOON), ...given }),
        anAuditEvent({ action: "created" }),
      );
    const take = (digest: string, id = "u1") =>
      storage().users.takeRecoveryCode(id, digest, USED, [aMail()]);
    const left = async () => (await storage().users.find("u1"))?.recoveryCodes?.digests;
    const actions = async () =>
      (await storage().audit.list({ limit: 100 })).map(({ action }) => action);

    it("gives a code to one of twenty racers, with the event and the mail, and keeps the others", async () => {
      await create();
      assert.deepEqual(tally((await race(20, () => take(A))).map(String)), { true: 1, false: 19 });
      assert.deepEqual(await left(), [B]);
      assert.deepEqual(await actions(), ["created", "used"]);
      assert.equal((await storage().mails.claim(NOON, 60))?.mail.id, aMail().id);
    });

    it("gives two codes to two racers, once each", async () => {
      await create();
      const taken = await race(20, (i) => take(i % 2 === 0 ? A : B));
      assert.equal(taken.filter(Boolean).length, 2);
      assert.deepEqual(await left(), []);
    });

    it("changes nothing for a code that is not there, nor for nobody", async () => {
      await create();
      assert.equal(await take(recoveryCodeDigest("C")), false);
      assert.equal(await take(A, "nobody"), false);
      assert.deepEqual(await left(), [A, B]);
      assert.deepEqual(await actions(), ["created"]);
      assert.equal(await storage().mails.claim(NOON, 60), null);
    });

    it("gives nothing to a disabled user, nor to one who never had any", async () => {
      await create({ status: "disabled" });
      await storage().users.create(aUser({ id: "u2" }), anAuditEvent());
      assert.equal(await take(A), false);
      assert.equal(await take(A, "u2"), false);
    });

    it("ends the run of wrong codes", async () => {
      await create({ factorAttempts: { inARow: 9, lockedUntil: null } });
      assert.equal(await take(A), true);
      const user = await storage().users.find("u1");
      assert.deepEqual(user?.factorAttempts, { inARow: 0, lockedUntil: null });
    });

    it("does not let a replacement bring a used code back", async () => {
      await create();
      const before = await storage().users.find("u1");
      assert.ok(before);
      await take(A);
      const after = { ...before, username: "alicia", updatedAt: before.updatedAt + 5000 };
      assert.equal(await storage().users.replace(before, after, anAuditEvent()), "stale");
    });
  });

  describe("InteractionStore contract: attempts at a recovery code", () => {
    const storage = openedForEach(openEmpty);
    const count = () =>
      storage().interactions.countAttempt("i1", NOON, LIMITS, aGuess("recovery-code"));

    async function wait(step: "code" | "done") {
      await storage().users.create(aUser(), anAuditEvent());
      await storage().interactions.save("i1", {}, NOON + 900_000);
      await storage().interactions.move({
        uid: "i1",
        now: NOON,
        from: { version: 0 },
        to: anInteractionState({ step, challenge: null }),
        resetAttempts: true,
        effects: {},
      });
    }

    it("counts as many of two hundred at once as one code allows, though no code was sent", async () => {
      await wait("code");
      const outcomes = await race(200, count);
      assert.deepEqual(tally(outcomes.map(({ outcome }) => outcome)), { counted: 5, dead: 195 });
      assert.equal((await storage().users.find("u1"))?.factorAttempts.inARow, 5);
      const byText = await storage().interactions.countAttempt("i1", NOON, LIMITS, aGuess());
      assert.equal(byText.outcome, "not-due");
    });

    it("counts nothing at another step", async () => {
      await wait("done");
      assert.equal((await count()).outcome, "not-due");
    });
  });
}
