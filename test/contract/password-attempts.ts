import assert from "node:assert/strict";
import type { AttemptPolicy } from "../../src/domain/attempt-budget.ts";
import type { PasswordAttempt } from "../../src/ports/storage.ts";
import { anAuditEvent, anInteractionState, aUser, NOON } from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race, tally } from "./opened-storage.ts";

const LOCK: AttemptPolicy = {
  kind: "growing-lock",
  untilLock: 10,
  lockSeconds: 60,
  lockSecondsMax: 900,
};
const WINDOW: AttemptPolicy = { kind: "window", max: 3, windowSeconds: 900 };
const LOGIN = { kind: "username", value: "alice" } as const;
const ALICE = aUser({ username: "alice" });

function anAttempt(given: Partial<PasswordAttempt> = {}): PasswordAttempt {
  return { login: LOGIN, budgets: [{ key: "login:alice", policy: LOCK }], now: NOON, ...given };
}

function outcomes(begun: readonly { outcome: string }[]): Record<string, number> {
  return tally(begun.map((each) => each.outcome));
}

export function passwordAttemptsContract(openEmpty: OpenEmpty): void {
  describe("UserStore contract: password attempts", () => {
    const storage = openedForEach(openEmpty);
    const begin = (given: Partial<PasswordAttempt> = {}) =>
      storage().users.beginPasswordAttempt(anAttempt(given));

    it("returns the user with the count, and null for an unknown one", async () => {
      await storage().users.create(ALICE, anAuditEvent());
      assert.deepEqual(await begin(), { outcome: "counted", user: ALICE, counts: [1] });
      const unknown = { kind: "username", value: "bob" } as const;
      assert.deepEqual(await begin({ login: unknown }), {
        outcome: "counted",
        user: null,
        counts: [2],
      });
    });

    it("counts exactly ten of a hundred parallel attempts, the user known", async () => {
      await storage().users.create(ALICE, anAuditEvent());
      assert.deepEqual(outcomes(await race(100, () => begin())), { counted: 10, limited: 90 });
    });

    it("counts exactly ten of a hundred parallel attempts, the user unknown", async () => {
      assert.deepEqual(outcomes(await race(100, () => begin())), { counted: 10, limited: 90 });
    });

    it("lets nobody through until the lock ends, then one by one", async () => {
      await race(10, () => begin());
      const limited = { outcome: "limited", retryAt: NOON + 60_000 };
      assert.deepEqual(await begin({ now: NOON + 59_999 }), limited);
      assert.equal((await begin({ now: NOON + 60_000 })).outcome, "counted");
    });

    it("counts under every key, and under none when one is at its limit", async () => {
      const both = [
        { key: "login:alice", policy: LOCK },
        { key: "network:a", policy: WINDOW },
      ];
      assert.deepEqual(outcomes(await race(5, () => begin({ budgets: both }))), {
        counted: 3,
        limited: 2,
      });
      // Seven are left under the login: the two that were refused did not count there.
      assert.deepEqual(outcomes(await race(9, () => begin())), { counted: 7, limited: 2 });
    });

    it("says the latest end when several keys are at their limit", async () => {
      const both = [
        { key: "login:alice", policy: { ...LOCK, untilLock: 3 } },
        { key: "network:a", policy: WINDOW },
      ];
      await race(3, () => begin({ budgets: both }));
      const limited = { outcome: "limited", retryAt: NOON + 900_000 };
      assert.deepEqual(await begin({ budgets: both }), limited);
      assert.deepEqual(await begin({ budgets: both.toReversed() }), limited);
    });

    it("begins anew when a window is over, at its very end", async () => {
      const budgets = [{ key: "network:a", policy: WINDOW }];
      await race(3, () => begin({ budgets }));
      assert.equal((await begin({ budgets, now: NOON + 899_999 })).outcome, "limited");
      assert.equal((await begin({ budgets, now: NOON + 900_000 })).outcome, "counted");
    });

    it("ends runs and gives attempts back with a move", async () => {
      const budgets = [
        { key: "login:alice", policy: LOCK },
        { key: "network:a", policy: WINDOW },
      ];
      await race(3, () => begin({ budgets }));
      const { interactions } = storage();
      await interactions.save("i1", {}, NOON + 1000);
      const moved = await interactions.move({
        uid: "i1",
        now: NOON,
        from: { version: 0 },
        to: anInteractionState(),
        resetAttempts: true,
        effects: {
          clearAttempts: ["login:alice"],
          refundAttempts: ["network:a", "network:unknown"],
        },
      });
      assert.equal(moved.outcome, "moved");
      const network = budgets.slice(1);
      assert.deepEqual(outcomes(await race(3, () => begin({ budgets: network }))), {
        counted: 1,
        limited: 2,
      });
      assert.deepEqual(outcomes(await race(11, () => begin())), { counted: 10, limited: 1 });
    });
  });
}
