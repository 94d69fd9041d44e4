import assert from "node:assert/strict";
import type { Interaction } from "../../src/domain/interaction.ts";
import { NO_SENDS } from "../../src/domain/send-policy.ts";
import type { InteractionMove } from "../../src/ports/interactions.ts";
import type { Storage } from "../../src/ports/storage.ts";
import {
  A_NUMBER,
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
const RECORD = { returnTo: "https://op.example/auth/i1" };
const WAITING = anInteractionState();
const DONE = anInteractionState({ step: "done", challenge: null });
const ANOTHER_NUMBER = "+14155552672";

function aMove(given: Partial<InteractionMove> = {}): InteractionMove {
  return {
    uid: "i1",
    now: NOON,
    from: { version: 0 },
    to: WAITING,
    resetAttempts: true,
    effects: {},
    ...given,
  };
}

// The right answer to the challenge that WAITING waits for.
function anAnswer(given: Partial<InteractionMove> = {}): InteractionMove {
  return aMove({ from: { challengeId: "challenge-1" }, to: DONE, ...given });
}

async function begin(storage: Storage): Promise<void> {
  await storage.interactions.save("i1", RECORD, END);
}

async function waitForCode(storage: Storage): Promise<void> {
  await begin(storage);
  assert.equal((await storage.interactions.move(aMove())).outcome, "moved");
}

function found(storage: Storage): Promise<Interaction | null> {
  return storage.interactions.find("i1", NOON);
}

async function actions(storage: Storage): Promise<string[]> {
  return (await storage.audit.list({ limit: 100 })).map((event) => event.action);
}

export function interactionMovesContract(openEmpty: OpenEmpty): void {
  describe("InteractionStore contract: moves", () => {
    const storage = openedForEach(openEmpty);
    const move = (given: InteractionMove) => storage().interactions.move(given);

    it("stores the new state under the next version", async () => {
      await begin(storage());
      assert.deepEqual(await move(aMove()), { outcome: "moved", version: 1 });
      const interaction = await found(storage());
      assert.deepEqual(interaction?.state, WAITING);
      assert.equal(interaction?.version, 1);
      assert.deepEqual(interaction?.record, { ...RECORD, jti: "i1" });
      assert.deepEqual(await move(aMove({ from: { version: 1 }, to: DONE })), {
        outcome: "moved",
        version: 2,
      });
    });

    it("puts the engine's record with its result in on the last step", async () => {
      await begin(storage());
      const record = { ...RECORD, result: { login: { accountId: "u1" } } };
      await move(aMove({ to: DONE, record }));
      assert.deepEqual((await found(storage()))?.record, { ...record, jti: "i1" });
      assert.deepEqual((await storage().interactions.take("i1", NOON))?.state, DONE);
    });

    it("is stale from a version that is over, without an interaction, and once it has expired", async () => {
      assert.deepEqual(await move(aMove()), { outcome: "stale" });
      await begin(storage());
      assert.deepEqual(await move(aMove({ from: { version: 1 } })), { outcome: "stale" });
      assert.deepEqual(await move(aMove({ now: END })), { outcome: "stale" });
      assert.equal((await move(aMove({ now: END - 1 }))).outcome, "moved");
      assert.deepEqual(await move(aMove()), { outcome: "stale" });
    });

    it("moves one of fifty from a version, its effects once", async () => {
      await begin(storage());
      const outcomes = await race(50, (i) =>
        move(
          aMove({
            to: anInteractionState({ sourceId: `racer-${i}` }),
            effects: { audit: [anAuditEvent({ action: `racer-${i}` })] },
          }),
        ),
      );
      assert.deepEqual(tally(outcomes.map((each) => each.outcome)), { moved: 1, stale: 49 });
      const winner = outcomes.findIndex((each) => each.outcome === "moved");
      assert.equal((await found(storage()))?.state?.sourceId, `racer-${winner}`);
      assert.deepEqual(await actions(storage()), [`racer-${winner}`]);
    });

    it("accepts one of two hundred right answers to a challenge", async () => {
      await waitForCode(storage());
      const outcomes = await race(200, () => move(anAnswer()));
      assert.deepEqual(tally(outcomes.map((each) => each.outcome)), { moved: 1, stale: 199 });
      assert.equal((await found(storage()))?.version, 2);
    });

    it("accepts no answer to another challenge, or where none is open", async () => {
      await begin(storage());
      assert.deepEqual(await move(anAnswer()), { outcome: "stale" });
      await move(aMove());
      assert.deepEqual(await move(anAnswer({ from: { challengeId: "challenge-2" } })), {
        outcome: "stale",
      });
      await move(aMove({ from: { version: 1 }, to: anInteractionState({ step: "refused" }) }));
      assert.deepEqual(await move(anAnswer()), { outcome: "stale" });
    });

    it("accepts an answer until the millisecond at which its challenge expires", async () => {
      const { expiresAt } = aChallenge();
      await waitForCode(storage());
      assert.deepEqual(await move(anAnswer({ now: expiresAt })), { outcome: "stale" });
      assert.equal((await move(anAnswer({ now: expiresAt - 1 }))).outcome, "moved");
    });

    it("refuses an answer that would leave its challenge open", async () => {
      await waitForCode(storage());
      await assert.rejects(move(anAnswer({ to: WAITING })), RangeError);
      const next = anInteractionState({ challenge: aChallenge({ id: "challenge-2" }) });
      assert.equal((await move(anAnswer({ to: next }))).outcome, "moved");
    });

    it("keeps or resets the attempts at a challenge, as it is told", async () => {
      await waitForCode(storage());
      await storage().users.create(aUser(), anAuditEvent());
      await storage().interactions.countAttempt("i1", NOON, LIMITS, aGuess());
      await move(aMove({ from: { version: 1 }, resetAttempts: false }));
      assert.equal((await found(storage()))?.attempts, 1);
      await move(aMove({ from: { version: 2 }, resetAttempts: true }));
      assert.equal((await found(storage()))?.attempts, 0);
    });

    it("writes all of its audit events, or none", async () => {
      await begin(storage());
      const audit = ["first", "second"].map((action) => anAuditEvent({ action }));
      await move(aMove({ from: { version: 7 }, effects: { audit } }));
      assert.deepEqual(await actions(storage()), []);
      await move(aMove({ effects: { audit } }));
      assert.deepEqual(await actions(storage()), ["first", "second"]);
    });
  });

  describe("InteractionStore contract: a text that is sent with a move", () => {
    const storage = openedForEach(openEmpty);
    const send = (given: Partial<InteractionMove> = {}, sends = 0) =>
      storage().interactions.move(
        aMove({
          effects: {
            send: {
              asker: "holder",
              number: A_NUMBER,
              limits: LIMITS,
              challenge: { ...aChallenge(), sends, lastSentAt: null },
            },
            clearAttempts: ["login:alice"],
            audit: [anAuditEvent({ action: "sent" })],
          },
          ...given,
        }),
      );

    it("is counted on the number", async () => {
      await begin(storage());
      assert.equal((await send()).outcome, "moved");
      const history = { ...NO_SENDS, holders: { sentAt: [NOON], sinceSuccess: 1 } };
      assert.deepEqual(await storage().numbers.history(A_NUMBER), history);
    });

    it("is refused within the gap, and then nothing has changed", async () => {
      await begin(storage());
      await send();
      const before = await found(storage());
      const early = { now: NOON + 59_999, from: { version: 1 }, to: DONE };
      const refused = { outcome: "send-refused", because: "send-gap", retryAt: NOON + 60_000 };
      assert.deepEqual(await send(early), refused);
      assert.deepEqual(await found(storage()), before);
      const history = { ...NO_SENDS, holders: { sentAt: [NOON], sinceSuccess: 1 } };
      assert.deepEqual(await storage().numbers.history(A_NUMBER), history);
      assert.deepEqual(await actions(storage()), ["sent"]);
      assert.equal((await send({ ...early, now: NOON + 60_000 })).outcome, "moved");
    });

    it("is refused once the sends of its challenge are spent", async () => {
      await begin(storage());
      assert.deepEqual(await send({}, LIMITS.sendsPerChallenge), {
        outcome: "send-refused",
        because: "challenge-sends-spent",
        retryAt: aChallenge().expiresAt,
      });
      assert.deepEqual(await storage().numbers.history(A_NUMBER), NO_SENDS);
    });

    it("goes out once, from however many interactions it is asked for at once", async () => {
      const uids = Array.from({ length: 20 }, (_, i) => `i${i}`);
      for (const uid of uids) await storage().interactions.save(uid, RECORD, END);
      const outcomes = await race(uids.length, (i) => send({ uid: `i${i}` }));
      assert.deepEqual(tally(outcomes.map((each) => each.outcome)), {
        moved: 1,
        "send-refused": 19,
      });
    });

    it("is not counted when the move is stale", async () => {
      await begin(storage());
      assert.deepEqual(await send({ from: { version: 3 } }), { outcome: "stale" });
      assert.deepEqual(await storage().numbers.history(A_NUMBER), NO_SENDS);
    });
  });

  describe("InteractionStore contract: a code that was proved with a move", () => {
    const storage = openedForEach(openEmpty);
    const prove = (given: Partial<NonNullable<InteractionMove["effects"]["codeProved"]>> = {}) =>
      storage().interactions.move(
        anAnswer({
          now: NOON + 5000,
          effects: {
            codeProved: {
              userId: "u1",
              number: A_NUMBER,
              bind: false,
              usersPerBoundPhone: 2,
              ...given,
            },
            audit: [anAuditEvent({ action: "proved" })],
          },
        }),
      );
    const create = (given: Parameters<typeof aUser>[0] = {}) =>
      storage().users.create(aUser(given), anAuditEvent());
    const assigned = { number: A_NUMBER, status: "assigned", since: NOON } as const;
    const bound = { number: A_NUMBER, status: "bound", since: NOON + 5000 } as const;
    const enrolment = { by: "user", firstBy: "user", linkOpened: false, accountAgeSeconds: 5 };

    async function assertNothingMoved(): Promise<void> {
      assert.equal((await found(storage()))?.version, 1);
      assert.ok(!(await actions(storage())).includes("proved"));
    }

    it("binds a phone to a user without one", async () => {
      await create();
      await waitForCode(storage());
      assert.equal((await prove({ bind: true, linkOpened: true })).outcome, "moved");
      const user = await storage().users.find("u1");
      assert.deepEqual(user?.phone, { ...bound, enrolment: { ...enrolment, linkOpened: true } });
      assert.ok(user && user.updatedAt > NOON);
      assert.equal(await storage().users.countByPhone(A_NUMBER), 1);
    });

    it("makes an assigned phone a bound one", async () => {
      await create({ phone: assigned });
      await waitForCode(storage());
      assert.equal((await prove()).outcome, "moved");
      assert.deepEqual((await storage().users.find("u1"))?.phone, bound);
    });

    it("assigns, and does not bind, what was proved with the code of a test number", async () => {
      await create({ factorAttempts: { inARow: 9, lockedUntil: null } });
      await waitForCode(storage());
      assert.equal((await prove({ bind: true, fixedCode: true })).outcome, "moved");
      const user = await storage().users.find("u1");
      assert.deepEqual(user?.phone, { ...assigned, since: NOON + 5000, enrolment });
      assert.ok(user && user.updatedAt > NOON);
      assert.equal(user.factorAttempts.inARow, 0);
      assert.equal(await storage().users.countByPhone(A_NUMBER), 1);
    });

    for (const phone of [assigned, { ...bound, since: NOON }]) {
      it(`leaves a phone that is ${phone.status} as it is after such a code`, async () => {
        const before = aUser({ phone });
        await create(before);
        await waitForCode(storage());
        assert.equal((await prove({ fixedCode: true })).outcome, "moved");
        assert.deepEqual(await storage().users.find("u1"), before);
      });
    }

    it("moves nothing for such a code either, when too many others have the number", async () => {
      await create();
      await create({ id: "u2", phone: assigned });
      await create({ id: "u3", phone: assigned });
      await waitForCode(storage());
      const proved = await prove({ bind: true, fixedCode: true });
      assert.deepEqual(proved, { outcome: "number-shared-too-often" });
      await assertNothingMoved();
    });

    it("leaves a bound phone, and whoever is changing its user, alone", async () => {
      const before = aUser({ phone: { ...bound, since: NOON } });
      await create(before);
      await waitForCode(storage());
      assert.equal((await prove()).outcome, "moved");
      assert.deepEqual(await storage().users.find("u1"), before);
      const after = { ...before, updatedAt: NOON + 1, username: "alice" };
      assert.equal(await storage().users.replace(before, after, anAuditEvent()), "changed");
    });

    it("does not let a replacement undo what was bound meanwhile", async () => {
      await create();
      await waitForCode(storage());
      await prove({ bind: true });
      const after = { ...aUser(), updatedAt: NOON + 1, username: "alice" };
      assert.equal(await storage().users.replace(aUser(), after, anAuditEvent()), "stale");
    });

    it("ends the run of wrong codes and the gap between texts", async () => {
      await create({ phone: assigned, factorAttempts: { inARow: 9, lockedUntil: null } });
      await begin(storage());
      const challenge = { ...aChallenge(), sends: 0, lastSentAt: null };
      const send = { asker: "holder", number: A_NUMBER, limits: LIMITS, challenge } as const;
      await storage().interactions.move(aMove({ effects: { send } }));
      await prove();
      const user = await storage().users.find("u1");
      assert.deepEqual(user?.factorAttempts, { inARow: 0, lockedUntil: null });
      const history = { ...NO_SENDS, holders: { sentAt: [NOON], sinceSuccess: 0 } };
      assert.deepEqual(await storage().numbers.history(A_NUMBER), history);
    });

    const unfit = [
      {
        it: "who has another phone by now",
        user: { phone: { ...assigned, number: ANOTHER_NUMBER } },
      },
      { it: "whose phone was taken away", user: { phone: null } },
      { it: "who is disabled", user: { phone: assigned, status: "disabled" as const } },
    ];
    for (const each of unfit) {
      it(`moves nothing for a user ${each.it}`, async () => {
        await create(each.user);
        await waitForCode(storage());
        assert.deepEqual(await prove(), { outcome: "user-changed" });
        await assertNothingMoved();
      });
    }

    it("moves nothing for a user that is gone, or who has another phone when one is to be bound", async () => {
      await create({ id: "u2", phone: { ...assigned, number: ANOTHER_NUMBER } });
      await waitForCode(storage());
      assert.deepEqual(await prove({ bind: true }), { outcome: "user-changed" });
      assert.deepEqual(await prove({ bind: true, userId: "u2" }), { outcome: "user-changed" });
      await assertNothingMoved();
    });

    it("moves nothing when too many others have the number, with bind alone", async () => {
      await create();
      await create({ id: "u2", phone: assigned });
      await create({ id: "u3", phone: { ...assigned, status: "bound" } });
      await create({ id: "u4", phone: assigned });
      await waitForCode(storage());
      assert.deepEqual(await prove({ bind: true }), { outcome: "number-shared-too-often" });
      await assertNothingMoved();
      assert.equal((await storage().users.find("u1"))?.phone, null);
      assert.equal((await prove({ userId: "u2" })).outcome, "moved");
    });

    it("binds a number for no more users than may share it, at once", async () => {
      const ids = ["a", "b", "c", "d", "e"];
      for (const id of ids) {
        await create({ id });
        await storage().interactions.save(id, RECORD, END);
        await storage().interactions.move(aMove({ uid: id }));
      }
      const outcomes = await race(ids.length, (i) => {
        const uid = ids[i] ?? "";
        const codeProved = { userId: uid, number: A_NUMBER, bind: true, usersPerBoundPhone: 2 };
        return storage().interactions.move(anAnswer({ uid, effects: { codeProved } }));
      });
      const outcomesOf = tally(outcomes.map((each) => each.outcome));
      assert.deepEqual(outcomesOf, { moved: 2, "number-shared-too-often": 3 });
      assert.equal(await storage().users.countByPhone(A_NUMBER), 2);
    });
  });
}
