import assert from "node:assert/strict";
import type { InteractionMove } from "../../src/ports/interactions.ts";
import type { ClaimedMail, Queued } from "../../src/ports/mail.ts";
import {
  aMail,
  aNoticeText,
  anAuditEvent,
  anInteractionState,
  aUser,
  NOON,
} from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race } from "./opened-storage.ts";

const LEASE_SECONDS = 60;
const LEASE_OVER = NOON + LEASE_SECONDS * 1000;
const THREE_DAYS = 259_200_000;
const ALICE = aUser({ email: "alice@example.com", emailVerified: true });

export function mailQueueContract(openEmpty: OpenEmpty): void {
  describe("MailQueue contract", () => {
    const storage = openedForEach(openEmpty);
    const enqueue = (...items: Queued[]) => storage().mails.enqueue(items);
    const claim = (now = NOON) => storage().mails.claim(now, LEASE_SECONDS);
    const claimText = (now = NOON) => storage().mails.claimText(now, LEASE_SECONDS);
    const actions = async () => (await storage().audit.list({ limit: 9 })).map((e) => e.action);

    async function claimed(now = NOON): Promise<ClaimedMail> {
      const found = await claim(now);
      assert.ok(found);
      return found;
    }

    // The ids of all that are due, in the order in which they are handed out.
    async function due(now = NOON): Promise<string[]> {
      const ids: string[] = [];
      for (let next = await claim(now); next !== null; next = await claim(now)) {
        ids.push(next.mail.id);
      }
      return ids;
    }

    it("hands a mail out as it was queued", async () => {
      await enqueue(aMail());
      const { mail, attempts } = await claimed();
      assert.deepEqual(mail, aMail());
      assert.equal(attempts, 1);
    });

    it("has nothing to hand out when it is empty, and before a mail is due", async () => {
      assert.equal(await claim(), null);
      await enqueue(aMail());
      assert.equal(await claim(NOON - 1), null);
    });

    it("hands out what has been due longest first", async () => {
      await enqueue(aMail({ id: "late", at: NOON }), aMail({ id: "early", at: NOON - 1000 }));
      assert.deepEqual(await due(), ["early", "late"]);
    });

    it("lets one of fifty racers claim a mail", async () => {
      await enqueue(aMail());
      const claims = await race(50, () => claim());
      assert.equal(claims.filter((each) => each !== null).length, 1);
    });

    it("hands each of ten mails to one of fifty racers", async () => {
      const ids = Array.from({ length: 10 }, (_, i) => `m${i}`);
      await enqueue(...ids.map((id) => aMail({ id })));
      const claims = await race(50, () => claim());
      const got = claims.flatMap((each) => (each === null ? [] : each.mail.id));
      assert.equal(new Set(got).size, got.length, "one mail was claimed twice");
      assert.deepEqual([...got, ...(await due())].toSorted(), ids);
    });

    it("hands a mail out again once the lease of its claimer is over, and not before", async () => {
      await enqueue(aMail());
      const first = await claimed();
      assert.equal(await claim(LEASE_OVER - 1), null);
      const second = await claimed(LEASE_OVER);
      assert.equal(second.attempts, 2);
      assert.notEqual(second.lease, first.lease);
    });

    it("lets one of fifty racers claim what a dead claimer left", async () => {
      await enqueue(aMail());
      await claimed();
      const claims = await race(50, () => claim(LEASE_OVER));
      assert.equal(claims.filter((each) => each !== null).length, 1);
    });

    it("forgets a mail that was delivered", async () => {
      await enqueue(aMail());
      assert.equal(await storage().mails.markDelivered(await claimed()), true);
      assert.equal(await claim(LEASE_OVER), null);
    });

    it("hands a mail that failed out again when it is told to", async () => {
      await enqueue(aMail());
      assert.equal(await storage().mails.markFailed(await claimed(), NOON + 5000), true);
      assert.equal(await claim(NOON + 4999), null);
      assert.equal((await claimed(NOON + 5000)).attempts, 2);
    });

    it("gives a mail up with an event", async () => {
      await enqueue(aMail());
      const event = anAuditEvent({ action: "given-up" });
      assert.equal(await storage().mails.giveUp(await claimed(), event), true);
      assert.equal(await claim(LEASE_OVER), null);
      assert.deepEqual(await actions(), ["given-up"]);
    });

    it("takes no word from a claimer whose lease is over", async () => {
      await enqueue(aMail());
      const dead = await claimed();
      const alive = await claimed(LEASE_OVER);
      const { mails } = storage();
      assert.equal(await mails.markDelivered(dead), false);
      assert.equal(await mails.markFailed(dead, NOON), false);
      assert.equal(await mails.giveUp(dead, anAuditEvent()), false);
      assert.deepEqual(await actions(), []);
      assert.equal(await claim(LEASE_OVER), null);
      assert.equal(await mails.markDelivered(alive), true);
      assert.equal(await mails.markDelivered(alive), false);
    });

    it("queues the same mail once, whoever queues it again", async () => {
      await race(20, () => enqueue(aMail()));
      assert.deepEqual(await due(), ["m1"]);
      await enqueue(aMail());
      assert.deepEqual(await due(), []);
    });

    it("hands out nothing that is three days old, and sweeps it", async () => {
      await enqueue(aMail());
      assert.equal(await storage().sweep(NOON + THREE_DAYS - 1, 10), 0);
      assert.equal(await claim(NOON + THREE_DAYS), null);
      assert.equal(await storage().sweep(NOON + THREE_DAYS, 10), 1);
    });

    it("queues the mails of a user's change with it, and none of one that was refused", async () => {
      const { users } = storage();
      await users.create(ALICE, anAuditEvent());
      const after = { ...ALICE, username: "alice", updatedAt: NOON + 1 };
      const replace = (id: string) => users.replace(ALICE, after, anAuditEvent(), [aMail({ id })]);
      assert.equal(await replace("first"), "changed");
      assert.equal(await replace("second"), "stale");
      assert.deepEqual(await due(), ["first"]);
    });

    it("notes what happened to a user, the event and its mails together", async () => {
      const { users } = storage();
      const event = anAuditEvent({ action: "noted" });
      assert.equal(await users.note(ALICE.id, event, [aMail()]), "absent");
      await users.create(ALICE, anAuditEvent({ action: "created" }));
      assert.equal(await users.note(ALICE.id, event, [aMail()]), "noted");
      assert.deepEqual(await actions(), ["created", "noted"]);
      assert.deepEqual(await due(), ["m1"]);
      assert.deepEqual(await users.find(ALICE.id), ALICE);
    });

    it("hands out mails and texts each as its own, whichever has been due longer", async () => {
      await enqueue(aNoticeText({ at: NOON - 1 }), aMail());
      assert.deepEqual((await claimed()).mail, aMail());
      assert.equal(await claim(), null);
      const found = await claimText();
      assert.deepEqual(found?.text, aNoticeText({ at: NOON - 1 }));
      assert.equal(found?.attempts, 1);
      assert.equal(await claimText(), null);
    });

    it("lets one of fifty racers claim a text, and again once its lease is over", async () => {
      await enqueue(aNoticeText());
      for (const now of [NOON, LEASE_OVER]) {
        const claims = await race(50, () => claimText(now));
        assert.equal(claims.filter((each) => each !== null).length, 1);
      }
    });

    it("forgets, hands out later and gives up a text like a mail", async () => {
      const { mails } = storage();
      await enqueue(aNoticeText({ id: "a" }), aNoticeText({ id: "b" }), aNoticeText({ id: "c" }));
      const [a, b, c] = [await claimText(), await claimText(), await claimText()];
      assert.ok(a && b && c);
      assert.equal(await mails.markDelivered(a), true);
      assert.equal(await mails.giveUp(b, anAuditEvent({ action: "given-up" })), true);
      assert.equal(await mails.markFailed(c, NOON + 5000), true);
      assert.equal(await claimText(NOON + 4999), null);
      assert.equal((await claimText(NOON + 5000))?.id, c.id);
      assert.equal(await claimText(NOON + 5000), null);
      assert.deepEqual(await actions(), ["given-up"]);
    });

    it("hands out logouts to be told as their own, each to one of fifty racers", async () => {
      const logout = {
        channel: "logout",
        id: "l1",
        clientId: "shop",
        userId: "alice",
        sid: "s1",
        at: NOON - 1,
      } as const;
      await enqueue(logout, aMail());
      assert.deepEqual((await claimed()).mail, aMail());
      const claims = await race(50, () => storage().mails.claimLogout(NOON, LEASE_SECONDS));
      const [found, ...others] = claims.filter((each) => each !== null);
      assert.deepEqual([found?.logout, found?.attempts, others], [logout, 1, []]);
    });

    it("queues the text of a user's removal with it, and none of one who is gone", async () => {
      const { users } = storage();
      await users.create(ALICE, anAuditEvent({ action: "created" }));
      const remove = (id: string) =>
        users.remove(ALICE.id, anAuditEvent({ action: "removed" }), [aNoticeText({ id })]);
      assert.equal(await remove("first"), "changed");
      assert.equal(await remove("second"), "absent");
      assert.equal((await claimText())?.id, "first");
      assert.equal(await claimText(), null);
      assert.deepEqual(await actions(), ["created", "removed"]);
    });

    it("queues a mail and a text of one change, and neither of one that is stale", async () => {
      const { users } = storage();
      await users.create(ALICE, anAuditEvent());
      const after = { ...ALICE, username: "alice", updatedAt: NOON + 1 };
      const replace = (mail: string, text: string) =>
        users.replace(ALICE, after, anAuditEvent(), [
          aMail({ id: mail }),
          aNoticeText({ id: text }),
        ]);
      assert.equal(await replace("m1", "t1"), "changed");
      assert.equal(await replace("m2", "t2"), "stale");
      assert.deepEqual(await due(), ["m1"]);
      assert.equal((await claimText())?.id, "t1");
      assert.equal(await claimText(), null);
    });

    it("queues the mails of a move for the one that makes it", async () => {
      const { interactions } = storage();
      await interactions.save("i1", {}, NOON + 900_000);
      const moves = await race(20, (i) => {
        const move: InteractionMove = {
          uid: "i1",
          now: NOON,
          from: { version: 0 },
          to: anInteractionState(),
          resetAttempts: true,
          effects: { mails: [aMail({ id: `m${i}` })] },
        };
        return interactions.move(move);
      });
      const winner = moves.findIndex(({ outcome }) => outcome === "moved");
      assert.deepEqual(await due(), [`m${winner}`]);
    });
  });
}
