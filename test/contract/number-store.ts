import assert from "node:assert/strict";
import { NO_SENDS } from "../../src/domain/send-policy.ts";
import { A_NUMBER, aChallenge, anInteractionState, LIMITS, NOON } from "../support/builders.ts";
import { type OpenEmpty, openedForEach } from "./opened-storage.ts";

const FREE = { ...LIMITS, sendGapSeconds: 0 };

export function numberStoreContract(openEmpty: OpenEmpty): void {
  describe("NumberStore contract", () => {
    const storage = openedForEach(openEmpty);

    // Texts are counted with a move, and nowhere else.
    async function sendAt(...instants: number[]): Promise<void> {
      const { interactions } = storage();
      for (const [i, now] of instants.entries()) {
        await interactions.save(`i${i}`, {}, NOON + 900_000);
        const challenge = { ...aChallenge(), sends: 0, lastSentAt: null };
        const moved = await interactions.move({
          uid: `i${i}`,
          now,
          from: { version: 0 },
          to: anInteractionState(),
          resetAttempts: true,
          effects: { send: { number: A_NUMBER, limits: FREE, challenge } },
        });
        assert.equal(moved.outcome, "moved");
      }
    }

    it("remembers nothing of a number that was never texted", async () => {
      assert.deepEqual(await storage().numbers.history(A_NUMBER), NO_SENDS);
      await storage().numbers.forgetSend(A_NUMBER, NOON);
      assert.deepEqual(await storage().numbers.history(A_NUMBER), NO_SENDS);
    });

    it("remembers the texts of a number, oldest first, and no other number's", async () => {
      await sendAt(NOON, NOON + 1000, NOON + 2000);
      const sentAt = [NOON, NOON + 1000, NOON + 2000];
      assert.deepEqual(await storage().numbers.history(A_NUMBER), { sentAt, sinceSuccess: 3 });
      assert.deepEqual(await storage().numbers.history("+14155552672"), NO_SENDS);
    });

    it("takes a text back that failed, once, by its instant", async () => {
      await sendAt(NOON, NOON + 1000);
      const { numbers } = storage();
      await numbers.forgetSend(A_NUMBER, NOON + 1);
      assert.equal((await numbers.history(A_NUMBER)).sinceSuccess, 2);
      await numbers.forgetSend(A_NUMBER, NOON);
      await numbers.forgetSend(A_NUMBER, NOON);
      const history = { sentAt: [NOON + 1000], sinceSuccess: 1 };
      assert.deepEqual(await numbers.history(A_NUMBER), history);
      await numbers.forgetSend(A_NUMBER, NOON + 1000);
      assert.deepEqual(await numbers.history(A_NUMBER), NO_SENDS);
    });
  });
}
