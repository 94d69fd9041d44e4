import assert from "node:assert/strict";
import { type Asker, NO_SENDS } from "../../src/domain/send-policy.ts";
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

const FREE = { ...LIMITS, sendGapSeconds: 0 };

export function numberStoreContract(openEmpty: OpenEmpty): void {
  describe("NumberStore contract", () => {
    const storage = openedForEach(openEmpty);

    // Texts are counted with a move, and nowhere else.
    async function sendAt(...instants: number[]): Promise<void> {
      for (const [i, now] of instants.entries()) {
        assert.equal((await send(`i${i}`, "holder", now)).outcome, "moved");
      }
    }

    async function send(uid: string, asker: Asker, now: number, limits = FREE) {
      const { interactions } = storage();
      await interactions.save(uid, {}, NOON + 900_000);
      const challenge = { ...aChallenge(), sends: 0, lastSentAt: null };
      return interactions.move({
        uid,
        now,
        from: { version: 0 },
        to: anInteractionState(),
        resetAttempts: true,
        effects: { send: { asker, number: A_NUMBER, limits, challenge } },
      });
    }

    it("remembers nothing of a number that was never texted", async () => {
      assert.deepEqual(await storage().numbers.history(A_NUMBER), NO_SENDS);
      await storage().numbers.forgetSend({ number: A_NUMBER, asker: "holder", at: NOON });
      assert.deepEqual(await storage().numbers.history(A_NUMBER), NO_SENDS);
    });

    it("remembers the texts of a number, oldest first, and no other number's", async () => {
      await sendAt(NOON, NOON + 1000, NOON + 2000);
      const sentAt = [NOON, NOON + 1000, NOON + 2000];
      const holders = { sentAt, sinceSuccess: 3 };
      const { others } = NO_SENDS;
      assert.deepEqual(await storage().numbers.history(A_NUMBER), { holders, others });
      assert.deepEqual(await storage().numbers.history("+14155552672"), NO_SENDS);
    });

    it("takes a text back that failed, once, by its instant", async () => {
      await sendAt(NOON, NOON + 1000);
      const { numbers } = storage();
      await numbers.forgetSend({ number: A_NUMBER, asker: "holder", at: NOON + 1 });
      assert.equal((await numbers.history(A_NUMBER)).holders.sinceSuccess, 2);
      await numbers.forgetSend({ number: A_NUMBER, asker: "holder", at: NOON });
      await numbers.forgetSend({ number: A_NUMBER, asker: "holder", at: NOON });
      const history = { ...NO_SENDS, holders: { sentAt: [NOON + 1000], sinceSuccess: 1 } };
      assert.deepEqual(await numbers.history(A_NUMBER), history);
      await numbers.forgetSend({ number: A_NUMBER, asker: "holder", at: NOON + 1000 });
      assert.deepEqual(await numbers.history(A_NUMBER), NO_SENDS);
    });

    it("counts apart what holders of a number and what others ask for (SMS-21)", async () => {
      await send("i1", "stranger", NOON, LIMITS);
      assert.equal((await send("i2", "newcomer", NOON + 1, LIMITS)).outcome, "send-refused");
      assert.equal((await send("i3", "holder", NOON + 1, LIMITS)).outcome, "moved");
      const [others, holders] = [NOON, NOON + 1].map((at) => ({ sentAt: [at], sinceSuccess: 1 }));
      const { numbers } = storage();
      assert.deepEqual(await numbers.history(A_NUMBER), { holders, others });
      await numbers.forgetSend({ number: A_NUMBER, asker: "holder", at: NOON });
      await numbers.forgetSend({ number: A_NUMBER, asker: "stranger", at: NOON });
      assert.deepEqual(await numbers.history(A_NUMBER), { ...NO_SENDS, holders });
    });

    it("lets no more of twenty strangers at once through than is their share (SMS-21)", async () => {
      const outcomes = await race(20, (i) => send(`i${i}`, "stranger", NOON + i));
      const share = (FREE.sendsPerNumberPerDay * FREE.strangerSendsPerNumberPercent) / 100;
      assert.deepEqual(tally(outcomes.map(({ outcome }) => outcome)), {
        moved: share,
        "send-refused": 20 - share,
      });
      assert.equal((await send("own", "holder", NOON + 20)).outcome, "moved");
    });

    it("ends the gap of others with the code of a binding, and the holders' with theirs", async () => {
      await storage().users.create(aUser(), anAuditEvent());
      await send("i1", "holder", NOON);
      await send("i2", "newcomer", NOON);
      const codeProved = { userId: "u1", number: A_NUMBER, bind: true, usersPerBoundPhone: 9 };
      const prove = (uid: string, bind: boolean) =>
        storage().interactions.move({
          uid,
          now: NOON + 1,
          from: { challengeId: aChallenge().id },
          to: anInteractionState({ step: "done", challenge: null }),
          resetAttempts: false,
          effects: { codeProved: { ...codeProved, bind } },
        });
      assert.equal((await prove("i2", true)).outcome, "moved");
      const runs = async () => {
        const { holders, others } = await storage().numbers.history(A_NUMBER);
        return [holders.sinceSuccess, others.sinceSuccess];
      };
      assert.deepEqual(await runs(), [1, 0]);
      assert.equal((await prove("i1", false)).outcome, "moved");
      assert.deepEqual(await runs(), [0, 0]);
    });
  });
}
