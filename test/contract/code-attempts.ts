import assert from "node:assert/strict";
import type { InteractionState } from "../../src/domain/interaction.ts";
import type { User } from "../../src/domain/user.ts";
import {
  aChallenge,
  aGuess,
  anAuditEvent,
  anInteractionState,
  aUser,
  LIMITS,
  NOON,
} from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race, tally } from "./opened-storage.ts";

const END = NOON + 900_000;
// So that the limit of one challenge is not in the way of those of a user.
const MANY_PER_CODE = { ...LIMITS, attemptsPerCode: 1000 };

export function codeAttemptsContract(openEmpty: OpenEmpty): void {
  describe("InteractionStore contract: attempts at a code", () => {
    const storage = openedForEach(openEmpty);
    const count = (limits = LIMITS, now = NOON, typed = aGuess()) =>
      storage().interactions.countAttempt("i1", now, limits, typed);
    const outcomes = async (racers: number, limits = LIMITS) =>
      tally((await race(racers, () => count(limits))).map((each) => each.outcome));

    async function wait(given: Partial<InteractionState> = {}, user: Partial<User> = {}) {
      await storage().users.create(aUser(user), anAuditEvent());
      await storage().interactions.save("i1", {}, END);
      await storage().interactions.move({
        uid: "i1",
        now: NOON,
        from: { version: 0 },
        to: anInteractionState(given),
        resetAttempts: true,
        effects: {},
      });
    }

    it("gives back what was counted, with the interaction and its user", async () => {
      await wait();
      const counted = await count();
      assert.equal(counted.outcome, "counted");
      assert.ok(counted.outcome === "counted");
      assert.equal(counted.interaction.attempts, 1);
      assert.deepEqual(counted.interaction, await storage().interactions.find("i1", NOON));
      assert.deepEqual(counted.user, {
        ...aUser(),
        factorAttempts: { inARow: 1, lockedUntil: null },
      });
      assert.deepEqual(counted.user, await storage().users.find("u1"));
    });

    it("counts exactly as many of two hundred at once as one code allows (FLT-13)", async () => {
      await wait();
      assert.deepEqual(await outcomes(200), { counted: 5, dead: 195 });
      assert.equal((await storage().interactions.find("i1", NOON))?.attempts, 5);
      assert.equal((await storage().users.find("u1"))?.factorAttempts.inARow, 5);
      const dead = await count();
      assert.ok(dead.outcome === "dead" && dead.because === "too-many-attempts");
    });

    it("counts the same guess of two hundred at once a single time (OTP-28)", async () => {
      await wait();
      const same = aGuess();
      const all = await race(200, () => count(LIMITS, NOON, same));
      assert.deepEqual(tally(all.map(({ outcome }) => outcome)), { counted: 200 });
      const first = all.filter((each) => each.outcome === "counted" && !each.isRepeated);
      assert.equal(first.length, 1);
      assert.equal((await storage().interactions.find("i1", NOON))?.attempts, 1);
      assert.equal((await storage().users.find("u1"))?.factorAttempts.inARow, 1);
    });

    it("counts five guesses of many that are typed again and again, and then none (OTP-28)", async () => {
      await wait();
      const guesses = Array.from({ length: 10 }, () => aGuess());
      await race(100, (i) => count(LIMITS, NOON, guesses[i % guesses.length]));
      assert.equal((await storage().interactions.find("i1", NOON))?.attempts, 5);
      assert.equal((await storage().users.find("u1"))?.factorAttempts.inARow, 5);
      for (const guess of guesses) {
        assert.equal((await count(LIMITS, NOON, guess)).outcome, "dead");
      }
    });

    it("forgets the guesses with the challenge that they were made at (OTP-28)", async () => {
      await wait();
      const same = aGuess();
      await count(LIMITS, NOON, same);
      await storage().interactions.move({
        uid: "i1",
        now: NOON,
        from: { version: 1 },
        to: anInteractionState({ challenge: aChallenge({ id: "challenge-2" }) }),
        resetAttempts: true,
        effects: {},
      });
      const counted = await count(LIMITS, NOON, same);
      assert.ok(counted.outcome === "counted" && !counted.isRepeated);
      assert.equal(counted.interaction.attempts, 1);
    });

    it("locks with the tenth in a row, until the lock ends", async () => {
      await wait();
      assert.deepEqual(await outcomes(200, MANY_PER_CODE), { counted: 10, locked: 190 });
      const until = NOON + LIMITS.lockSeconds * 1000;
      const user = await storage().users.find("u1");
      assert.deepEqual(user?.factorAttempts, { inARow: 10, lockedUntil: until });
      // The challenge would be dead by then: another one, of a life that reaches further.
      const challenge = aChallenge({ expiresAt: END });
      await storage().interactions.save("i1", {}, END + 1000);
      await storage().interactions.move({
        uid: "i1",
        now: NOON,
        from: { version: 1 },
        to: anInteractionState({ challenge: { ...challenge, expiresAt: until + 1 } }),
        resetAttempts: true,
        effects: {},
      });
      const locked = await count(MANY_PER_CODE, until - 1);
      assert.ok(locked.outcome === "locked" && locked.retryAt === until);
      assert.equal((await count(MANY_PER_CODE, until)).outcome, "counted");
    });

    it("puts the factor off with the hundredth in a row, for good", async () => {
      await wait({}, { factorAttempts: { inARow: 99, lockedUntil: null } });
      assert.deepEqual(await outcomes(20), { counted: 1, locked: 19 });
      const off = await count(LIMITS, END - 1);
      assert.ok(off.outcome === "locked" && off.retryAt === null);
    });

    it("counts the attempts of one user over several interactions together", async () => {
      await wait({}, { factorAttempts: { inARow: 8, lockedUntil: null } });
      await storage().interactions.save("i2", {}, END);
      await storage().interactions.move({
        uid: "i2",
        now: NOON,
        from: { version: 0 },
        to: anInteractionState(),
        resetAttempts: true,
        effects: {},
      });
      const all = await race(10, (i) =>
        storage().interactions.countAttempt(i % 2 === 0 ? "i1" : "i2", NOON, LIMITS, aGuess()),
      );
      assert.deepEqual(tally(all.map((each) => each.outcome)), { counted: 2, locked: 8 });
    });

    it("counts until the millisecond at which the challenge expires", async () => {
      const { expiresAt } = aChallenge();
      await wait();
      assert.equal((await count(LIMITS, expiresAt - 1)).outcome, "counted");
      const dead = await count(LIMITS, expiresAt);
      assert.ok(dead.outcome === "dead" && dead.because === "expired");
      assert.equal((await storage().users.find("u1"))?.factorAttempts.inARow, 1);
    });

    it("is not due without an interaction, nor once it has expired", async () => {
      assert.deepEqual(await count(), { outcome: "not-due", interaction: null });
      await wait({ challenge: aChallenge({ expiresAt: END + 1000 }) });
      assert.deepEqual(await count(LIMITS, END), { outcome: "not-due", interaction: null });
    });

    it("is not due before the first step", async () => {
      await storage().interactions.save("i1", {}, END);
      const interaction = await storage().interactions.find("i1", NOON);
      assert.deepEqual(await count(), { outcome: "not-due", interaction });
    });

    const notDue: { it: string; state?: Partial<InteractionState>; user?: Partial<User> }[] = [
      { it: "at another step", state: { step: "consent" } },
      { it: "without a challenge", state: { challenge: null } },
      { it: "before a text was sent", state: { challenge: aChallenge({ sends: 0 }) } },
      { it: "when nobody has signed in", state: { userId: null } },
      { it: "when the user is gone", state: { userId: "u-gone" } },
      { it: "when the user is disabled", user: { status: "disabled" } },
    ];
    for (const each of notDue) {
      it(`is not due ${each.it}, and counts nothing`, async () => {
        await wait(each.state, each.user);
        const before = await storage().interactions.find("i1", NOON);
        assert.deepEqual(await count(), { outcome: "not-due", interaction: before });
        assert.deepEqual(await storage().interactions.find("i1", NOON), before);
        assert.equal((await storage().users.find("u1"))?.factorAttempts.inARow, 0);
      });
    }
  });
}
