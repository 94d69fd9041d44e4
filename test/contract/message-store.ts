import assert from "node:assert/strict";
import type { JudgedText, Place, TextsToJudge } from "../../src/domain/fraud-guard.ts";
import type { Message, Receipt } from "../../src/domain/message.ts";
import {
  aChallenge,
  anAuditEvent,
  anInteractionState,
  aUser,
  LIMITS,
  NOON,
} from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race, tally } from "./opened-storage.ts";

const END = NOON + 900_000;
const AUDIT = anAuditEvent({ action: "texts-paused" });
const PREFIX = "+1415555";

function aMessage(given: Partial<Message> = {}): Message {
  return {
    id: "m1",
    challengeId: "challenge-1",
    at: NOON,
    purpose: "login",
    applicationId: "app1",
    country: "US",
    prefix: PREFIX,
    costMicros: 10_000,
    source: { userId: "u1", network: "203.0.113" },
    ...given,
  };
}

function aReceipt(given: Partial<Receipt> = {}): Receipt {
  return {
    provider: "vonage",
    providerMessageId: "p1",
    messageId: null,
    status: "delivered",
    because: null,
    ...given,
  };
}

export function messageStoreContract(openEmpty: OpenEmpty): void {
  describe("MessageStore contract", () => {
    const storage = openedForEach(openEmpty);
    const list = async (from = 0, to = NOON * 2) =>
      storage().messages.list({ from, to, limit: 100 });

    async function send(given: Partial<Message> = {}, version = 0) {
      const message = aMessage(given);
      const uid = `i-${message.id}`;
      await storage().interactions.save(uid, {}, END);
      const challenge = { ...aChallenge(), sends: 0, lastSentAt: null };
      return storage().interactions.move({
        uid,
        now: message.at,
        from: { version },
        to: anInteractionState({ challenge: aChallenge({ id: message.challengeId }) }),
        resetAttempts: true,
        effects: {
          send: {
            asker: "holder",
            number: `${PREFIX}${message.id}`,
            limits: LIMITS,
            challenge,
            message,
          },
        },
      });
    }
    const settle = (id: string, given: { providerMessageId?: string; status?: "failed" } = {}) =>
      storage().messages.settle({
        id,
        at: NOON + 500,
        status: given.status ?? "accepted",
        because: given.status === "failed" ? "throttled" : null,
        provider: "vonage",
        providerMessageId: given.providerMessageId ?? null,
      });

    async function prove(id: string, challengeId: string) {
      const phone = { number: `${PREFIX}${id}`, status: "bound", since: NOON } as const;
      await storage().users.create(aUser({ phone }), anAuditEvent());
      const codeProved = {
        userId: "u1",
        number: phone.number,
        bind: false,
        usersPerBoundPhone: 1,
        challengeId,
      };
      return storage().interactions.move({
        uid: `i-${id}`,
        now: NOON + 7000,
        from: { challengeId },
        to: anInteractionState({ step: "done", challenge: null }),
        resetAttempts: false,
        effects: { codeProved },
      });
    }

    it("remembers a text that was sent with a move, and its fate", async () => {
      assert.equal((await send()).outcome, "moved");
      const { challengeId: _, source: __, ...kept } = aMessage();
      const sending = {
        ...kept,
        status: "sending",
        statusAt: NOON,
        because: null,
        provider: null,
        verifiedAt: null,
      };
      assert.deepEqual(await list(), [sending]);
      await settle("m1", { providerMessageId: "p1" });
      const accepted = {
        ...sending,
        status: "accepted",
        statusAt: NOON + 500,
        provider: "vonage",
      };
      assert.deepEqual(await storage().messages.findLatest("challenge-1"), accepted);
    });

    it("remembers none of a move that is stale or refused", async () => {
      assert.equal((await send({}, 3)).outcome, "stale");
      assert.deepEqual(await list(), []);
    });

    it("finds the last text of a challenge alone", async () => {
      await send();
      await send({ id: "m2", at: NOON + 1000 });
      await send({ id: "m3", at: NOON + 2000, challengeId: "challenge-2" });
      assert.equal((await storage().messages.findLatest("challenge-1"))?.id, "m2");
      assert.equal(await storage().messages.findLatest("challenge-3"), null);
    });

    it("takes the first receipt that says how it ended, by the provider's id or by ours", async () => {
      await send();
      await settle("m1", { providerMessageId: "p1" });
      const { messages } = storage();
      assert.equal(await messages.receive(aReceipt({ provider: "twilio" }), NOON), "unknown");
      assert.equal(await messages.receive(aReceipt({ providerMessageId: "p2" }), NOON), "unknown");
      const receipts = await race(20, () => messages.receive(aReceipt(), NOON + 900));
      assert.deepEqual(tally(receipts), { updated: 1, unchanged: 19 });
      const late = aReceipt({ status: "undelivered", because: "expired" });
      assert.equal(await messages.receive(late, NOON + 950), "unchanged");
      const found = await messages.findLatest("challenge-1");
      assert.equal(found?.status, "delivered");
      assert.equal(found?.statusAt, NOON + 900);

      await send({ id: "m2", challengeId: "challenge-2" });
      const ours = aReceipt({ messageId: "m2", status: "undelivered", because: "expired" });
      assert.equal(await messages.receive(ours, NOON), "updated");
      // The answer to sending came after the receipt.
      await settle("m2", { providerMessageId: "p2" });
      const early = await messages.findLatest("challenge-2");
      assert.deepEqual([early?.status, early?.because], ["undelivered", "expired"]);

      await send({ id: "m3", challengeId: "challenge-3" });
      await settle("m3");
      const foreign = aReceipt({ provider: "webhook", messageId: "m3" });
      assert.equal(await messages.receive(foreign, NOON), "unknown");
      assert.equal((await messages.findLatest("challenge-3"))?.status, "accepted");
    });

    it("takes no receipt for a text that certainly did not go out", async () => {
      await send();
      await settle("m1", { providerMessageId: "p1", status: "failed" });
      assert.equal(await storage().messages.receive(aReceipt(), NOON), "unchanged");
      assert.deepEqual(
        (await list()).map(({ status, because }) => [status, because]),
        [["failed", "throttled"]],
      );
    });

    it("says of all texts of a challenge that their code was typed", async () => {
      await send();
      await send({ id: "m2", challengeId: "challenge-2" });
      const moved = await prove("m1", "challenge-1");
      assert.equal(moved.outcome, "moved");
      assert.deepEqual(
        (await list()).map(({ id, verifiedAt }) => [id, verifiedAt]),
        [
          ["m1", NOON + 7000],
          ["m2", null],
        ],
      );
    });

    it("lists by time, a page at a time, from and until", async () => {
      for (const [i, at] of [NOON, NOON + 1, NOON + 1, NOON + 2].entries()) {
        await send({ id: `m${i}`, at });
      }
      const ids: string[] = [];
      for (let after: { at: number; id: string } | undefined; ; ) {
        const page = await storage().messages.list({
          from: NOON,
          to: NOON + 2,
          after,
          limit: 2,
        });
        ids.push(...page.map(({ id }) => id));
        if (page.length < 2) break;
        after = page.at(-1);
      }
      assert.deepEqual(ids, ["m0", "m1", "m2"]);
      assert.equal((await list(NOON + 1, NOON + 2)).length, 2);
    });

    const judged = (place: Place, given: Partial<TextsToJudge> = {}) =>
      storage().messages.listJudged(place, { from: NOON, typedAfter: NOON + 10, max: 9, ...given });

    it("lists what went out to a prefix or a country and is judged, the newest first", async () => {
      await send();
      await send({ id: "m2", challengeId: "c2", at: NOON + 10 });
      await send({ id: "m3", challengeId: "c3", prefix: "+1415556", at: NOON + 5 });
      await send({ id: "m4", challengeId: "c4", prefix: "+44791112", country: "GB" });
      await send({ id: "m5", challengeId: "c5", at: NOON + 10 });
      await settle("m5", { status: "failed" });
      await send({ id: "m6", challengeId: "c6", source: null });
      const [of, us] = [{ prefix: PREFIX }, { country: "US" }];
      const at = (texts: readonly JudgedText[]) => texts.map((text) => text.at - NOON);
      assert.deepEqual(at(await judged(of)), [10, 0]);
      assert.deepEqual(at(await judged(of, { from: NOON + 1 })), [10]);
      assert.deepEqual(at(await judged(of, { max: 1 })), [10]);
      assert.deepEqual(at(await judged(us)), [10, 5, 0]);
      assert.equal((await judged(us))[1]?.prefix, "+1415556");
    });

    it("tells users and networks apart, and does not name them", async () => {
      const sources = [
        { userId: "u1", network: "203.0.113" },
        { userId: "u1", network: "203.0.114" },
        { userId: "u2", network: "203.0.114" },
      ];
      for (const [i, source] of sources.entries()) {
        await send({ id: `m${i}`, challengeId: `c${i}`, at: NOON + i, source });
      }
      const [third, second, first] = await judged({ prefix: PREFIX });
      assert.ok(first && second && third);
      assert.equal(first.user, second.user);
      assert.notEqual(second.user, third.user);
      assert.notEqual(first.network, second.network);
      assert.equal(second.network, third.network);
      const told = JSON.stringify([first, second, third]);
      for (const { userId, network } of sources) {
        assert.ok(!told.includes(`"${userId}"`) && !told.includes(network));
      }
    });

    it("lists a text that somebody may be about to type only once its code was typed", async () => {
      await send();
      await send({ id: "m2", challengeId: "c2", at: NOON + 10 });
      const place = { prefix: PREFIX };
      const early = { typedAfter: NOON + 9 };
      const verified = async () => (await judged(place, early)).map((text) => text.verified);
      assert.deepEqual(await verified(), [false]);
      await prove("m2", "c2");
      assert.deepEqual(await verified(), [true, false]);
    });

    it("is swept when it is old, and not before", async () => {
      await send();
      await storage().sweep(NOON + 99 * 86_400_000, 100);
      assert.equal((await list()).length, 1);
      await storage().sweep(NOON + 101 * 86_400_000, 100);
      assert.equal((await list()).length, 0);
    });
  });

  describe("MessageStore contract: pauses", () => {
    const storage = openedForEach(openEmpty);
    const SCOPE = "prefix:+1415555";
    const pausing = (at: number, since: number | null = null) => ({
      scope: SCOPE,
      at,
      since,
      audit: AUDIT,
    });

    it("pauses once, however many find that it must, and lifts once", async () => {
      const { messages, audit } = storage();
      const paused = await race(20, () => messages.pause(pausing(NOON)));
      assert.equal(paused.filter(Boolean).length, 1);
      const pause = { scope: SCOPE, pausedAt: NOON, liftedAt: null };
      assert.deepEqual(await messages.findPauses([SCOPE, "country:US"]), [pause]);
      assert.deepEqual(await messages.listPauses(), [pause]);

      assert.equal(await messages.lift(SCOPE, NOON + 1, AUDIT), true);
      assert.equal(await messages.lift(SCOPE, NOON + 2, AUDIT), false);
      assert.equal(await messages.lift("country:GB", NOON, AUDIT), false);
      assert.deepEqual(await messages.findPauses([SCOPE]), [
        { scope: SCOPE, pausedAt: null, liftedAt: NOON + 1 },
      ]);
      assert.deepEqual(await messages.listPauses(), []);
      assert.equal((await audit.list({ limit: 10 })).length, 2);

      assert.equal(await messages.pause(pausing(NOON + 3)), true);
      assert.deepEqual(await messages.listPauses(), [
        { scope: SCOPE, pausedAt: NOON + 3, liftedAt: NOON + 1 },
      ]);
    });

    it("pauses again once, from the pause that was read, and not from an older one (SMS-20)", async () => {
      const { messages } = storage();
      await messages.pause(pausing(NOON));
      const again = await race(20, () => messages.pause(pausing(NOON + 5, NOON)));
      assert.equal(again.filter(Boolean).length, 1);
      assert.equal(await messages.pause(pausing(NOON + 9, NOON)), false);
      assert.equal(await messages.pause(pausing(NOON + 9)), false);
      assert.deepEqual(await messages.listPauses(), [
        { scope: SCOPE, pausedAt: NOON + 5, liftedAt: null },
      ]);
      await messages.lift(SCOPE, NOON + 6, AUDIT);
      assert.equal(await messages.pause(pausing(NOON + 9, NOON + 5)), false);
    });
  });
}
