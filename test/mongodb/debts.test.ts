// What is left when somebody dies between the write that decides and the writes that follow from it, or never
// hears that it was done: it is finished once, by whoever comes next.
import assert from "node:assert/strict";
import mongoose from "mongoose";
import { DEFAULT_RULES, withSms } from "../../src/domain/security-rules.ts";
import { UnavailableError } from "../../src/ports/errors.ts";
import type { Storage } from "../../src/ports/storage.ts";
import {
  A_NUMBER,
  aGuess,
  aMail,
  aNoticeText,
  anApplication,
  anAuditEvent,
  anInteractionState,
  aTestNumber,
  aUser,
  LIMITS,
  NOON,
} from "../support/builders.ts";
import { emptyDatabase } from "../support/mongo-addresses.ts";
import { openPatiently } from "../support/mongo-stores.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";

const ALICE = aUser({ username: "alice" });
const ALICES_NAME = { kind: "username", value: "alice" } as const;

describe("debts on mongo storage", () => {
  let proxy: TcpProxy;
  let throughProxy: string;
  // Its connection breaks; the other one's does not.
  let dying: Storage;
  let other: Storage;
  let raw: mongoose.Connection;

  beforeEach(async () => {
    const direct = new URL(emptyDatabase(process.env.TEST_STORE_URI ?? ""));
    proxy = await startTcpProxy({ host: direct.hostname, port: Number(direct.port) });
    other = await openPatiently(direct.href);
    throughProxy = `mongodb://127.0.0.1:${proxy.port}${direct.pathname}?directConnection=true`;
    dying = await openPatiently(throughProxy);
    raw = await mongoose.createConnection(direct.href).asPromise();
  });
  afterEach(async () => {
    await raw.close();
    await dying.close();
    await other.close();
    await proxy.close();
  });

  // Does it, but never hears that this write was done, and so does nothing after it.
  async function dieAfter<T>(write: RegExp, act: () => Promise<T>): Promise<void> {
    const cut = proxy.cutAfter(write);
    await assert.rejects(act(), UnavailableError);
    await cut;
    // Another one dies next: a store whose connection broke has little patience for a while, and on a busy machine
    // would give up before it has written anything.
    await dying.close();
    dying = await openPatiently(throughProxy);
  }

  // What every node does once a minute, as late as debts are taken for abandoned.
  const sweep = () => other.sweep(Date.now() + 60_000, 0);
  const actions = async () => (await other.audit.list({ limit: 99 })).map(({ action }) => action);
  const owing = (collection: string) =>
    raw.collection(collection).countDocuments({ pending: { $exists: true } });

  it("are paid once when a user was stored and nobody heard of it", async () => {
    const audit = anAuditEvent({ action: "user-added" });
    await dieAfter(/insert.{0,32}users/s, () => dying.users.create(ALICE, audit));
    assert.deepEqual(await other.users.findByLogin(ALICES_NAME), ALICE);
    assert.deepEqual(await actions(), []);
    assert.equal(await owing("users"), 1);
    await sweep();
    await sweep();
    assert.deepEqual(await actions(), ["user-added"]);
    assert.equal(await owing("users"), 0);
  });

  it("are not paid again when only the answer was lost (FLT-16)", async () => {
    const audit = anAuditEvent({ action: "user-added" });
    await dieAfter(/insert.{0,32}audit/s, () => dying.users.create(ALICE, audit));
    assert.deepEqual(await actions(), ["user-added"]);
    assert.equal(await owing("users"), 1);
    await sweep();
    assert.deepEqual(await actions(), ["user-added"]);
    assert.equal(await owing("users"), 0);
  });

  it("are paid by whoever changes the same thing next", async () => {
    await other.users.create(ALICE, anAuditEvent({ action: "user-added" }));
    const first = { ...ALICE, username: "alicia", updatedAt: NOON + 1 };
    await dieAfter(/update.{0,32}users/s, () =>
      dying.users.replace(ALICE, first, anAuditEvent({ action: "first" })),
    );
    const second = { ...first, username: "alison", updatedAt: NOON + 2 };
    const audit = anAuditEvent({ action: "second" });
    assert.equal(await other.users.replace(first, second, audit), "changed");
    assert.deepEqual(await actions(), ["user-added", "first", "second"]);
    assert.equal(await owing("users"), 0);
    // The name that the one who died gave up is free, if not at once.
    assert.equal(await other.users.findByLogin(ALICES_NAME), null);
  });

  it("queue a mail once, even if it was delivered meanwhile", async () => {
    await other.users.create(ALICE, anAuditEvent({ action: "user-added" }));
    const after = { ...ALICE, username: "alicia", updatedAt: NOON + 1 };
    await dieAfter(/insert.{0,32}mails/s, () =>
      dying.users.replace(ALICE, after, anAuditEvent({ action: "changed" }), [aMail()]),
    );
    assert.equal(await owing("users"), 1);
    const claimed = await other.mails.claim(NOON, 60);
    assert.ok(claimed);
    assert.equal(await other.mails.markDelivered(claimed), true);
    await sweep();
    assert.equal(await owing("users"), 0);
    assert.equal(await other.mails.claim(NOON + 60_000, 60), null);
    assert.deepEqual(await actions(), ["user-added", "changed"]);
  });

  it("queue a mail for a move and for what is noted, when nobody heard of either", async () => {
    await other.users.create(ALICE, anAuditEvent());
    await dieAfter(/update.{0,32}users/s, () =>
      dying.users.note(ALICE.id, anAuditEvent({ action: "noted" }), [aMail({ id: "noted" })]),
    );
    await other.interactions.save("i1", {}, NOON + 900_000);
    await dieAfter(/update.{0,32}interactions/s, () =>
      dying.interactions.move({
        uid: "i1",
        now: NOON,
        from: { version: 0 },
        to: anInteractionState(),
        resetAttempts: true,
        effects: { mails: [aMail({ id: "moved" })] },
      }),
    );
    assert.equal(await other.mails.claim(NOON, 60), null);
    await other.sweep(Date.now() + 60_000, 0);
    const ids = [await other.mails.claim(NOON, 60), await other.mails.claim(NOON, 60)];
    assert.deepEqual(ids.map((each) => each?.mail.id).toSorted(), ["moved", "noted"]);
  });

  it("queue the text of a user's removal, when nobody heard of it", async () => {
    await other.users.create(ALICE, anAuditEvent());
    await dieAfter(/update.{0,32}users/s, () =>
      dying.users.remove(ALICE.id, anAuditEvent({ action: "user-removed" }), [aNoticeText()]),
    );
    assert.equal(await other.mails.claimText(NOON, 60), null);
    await sweep();
    await sweep();
    assert.deepEqual((await other.mails.claimText(NOON, 60))?.text, aNoticeText());
    assert.equal(await other.mails.claimText(NOON, 60), null);
    assert.equal(await raw.collection("users").countDocuments({}), 0);
  });

  it("are not due while their maker may be at it", async () => {
    const audit = anAuditEvent({ action: "user-added" });
    await dieAfter(/insert.{0,32}users/s, () => dying.users.create(ALICE, audit));
    await other.sweep(Date.now(), 0);
    assert.deepEqual(await actions(), []);
  });

  it("do not bring back what was being removed", async () => {
    await other.users.create(ALICE, anAuditEvent({ action: "user-added" }));
    await other.applications.create(anApplication(), anAuditEvent({ action: "client-added" }));
    await dieAfter(/update.{0,32}users/s, () =>
      dying.users.remove(ALICE.id, anAuditEvent({ action: "user-removed" })),
    );
    await dieAfter(/update.{0,32}applications/s, () =>
      dying.applications.remove("app1", anAuditEvent({ action: "client-removed" })),
    );
    assert.equal(await other.users.find(ALICE.id), null);
    assert.equal(await other.users.findByLogin(ALICES_NAME), null);
    assert.deepEqual(await other.users.list({ limit: 9 }), []);
    assert.equal(await other.applications.find("app1"), null);
    assert.deepEqual(await other.applications.list(), []);
    await sweep();
    assert.equal(await raw.collection("users").countDocuments({}), 0);
    assert.deepEqual((await actions()).toSorted(), [
      ...["client-added", "client-removed", "user-added", "user-removed"],
    ]);
  });

  it("do not give an application the rules of one that was being removed", async () => {
    const { applications, rules } = other;
    await applications.create(anApplication(), anAuditEvent());
    await rules.replace("app1", null, withSms(DEFAULT_RULES, true), anAuditEvent());
    await dieAfter(/update.{0,32}applications/s, () =>
      dying.applications.remove("app1", anAuditEvent({ action: "client-removed" })),
    );
    const added = anAuditEvent({ action: "client-added-again" });
    assert.equal(await applications.create(anApplication(), added), "created");
    assert.equal((await rules.find("app1")).own, null);
    assert.deepEqual((await actions()).slice(-2), ["client-removed", "client-added-again"]);
  });

  it("of a right code are paid before anybody goes on from it", async () => {
    await other.users.create(
      aUser({ factorAttempts: { inARow: 3, lockedUntil: null } }),
      anAuditEvent(),
    );
    const end = NOON + 900_000;
    await other.interactions.save("i1", {}, end);
    const waiting = { uid: "i1", now: NOON, resetAttempts: true, effects: {} } as const;
    await other.interactions.move({ ...waiting, from: { version: 0 }, to: anInteractionState() });
    const codeProved = { userId: "u1", number: A_NUMBER, bind: true, usersPerBoundPhone: 1 };
    const answer = {
      ...waiting,
      from: { challengeId: "challenge-1" },
      to: anInteractionState({ step: "done", challenge: null }),
      effects: { codeProved, audit: [anAuditEvent({ action: "phone-bound" })] },
    };
    await dieAfter(/update.{0,32}interactions/s, () => dying.interactions.move(answer));
    assert.equal((await other.users.find("u1"))?.phone, null);

    assert.deepEqual(await other.interactions.move(answer), { outcome: "stale" });
    const user = await other.users.find("u1");
    assert.equal(user?.phone?.status, "bound");
    assert.deepEqual(user?.factorAttempts, { inARow: 0, lockedUntil: null });
    assert.deepEqual((await actions()).slice(-1), ["phone-bound"]);
    assert.equal(await owing("interactions"), 0);

    // The number is theirs, and the reservation for binding it is gone.
    await other.users.create(aUser({ id: "u2" }), anAuditEvent());
    await other.interactions.save("i2", {}, end);
    await other.interactions.move({
      ...waiting,
      uid: "i2",
      from: { version: 0 },
      to: anInteractionState({ userId: "u2" }),
    });
    const second = {
      ...answer,
      uid: "i2",
      effects: { codeProved: { ...codeProved, userId: "u2" } },
    };
    assert.deepEqual(await other.interactions.move(second), { outcome: "number-shared-too-often" });
  });

  it("of a change of phone are paid before another one is made", async () => {
    const old = { number: A_NUMBER, status: "bound", since: NOON } as const;
    await other.users.create(aUser({ phone: old }), anAuditEvent());
    const changeOf = (uid: string, number: string) => ({
      ...{ uid, now: NOON + 1, resetAttempts: false, from: { challengeId: "challenge-1" } },
      to: anInteractionState({ step: "done", challenge: null }),
      effects: {
        codeProved: {
          ...{
            userId: "u1",
            number,
            bind: true,
            usersPerBoundPhone: 1,
            credentialsChangedAt: NOON,
          },
          replaces: { number: A_NUMBER, at: NOON + 1 },
        },
        audit: [anAuditEvent({ action: `changed-${uid}` })],
        mails: [aNoticeText({ id: `text-${uid}` })],
      },
    });
    for (const uid of ["i1", "i2"]) {
      await other.interactions.save(uid, {}, NOON + 900_000);
      const waiting = { uid, now: NOON, resetAttempts: true, effects: {} } as const;
      await other.interactions.move({ ...waiting, from: { version: 0 }, to: anInteractionState() });
    }
    const [first, second] = [changeOf("i1", "+14155552672"), changeOf("i2", "+14155552673")];
    await dieAfter(/update.{0,32}interactions/s, () => dying.interactions.move(first));
    assert.deepEqual(await other.interactions.move(second), { outcome: "user-changed" });

    await sweep();
    await sweep();
    assert.deepEqual(await other.interactions.move(second), { outcome: "user-changed" });
    const user = await other.users.find("u1");
    assert.deepEqual([user?.phone?.number, user?.credentialsChangedAt], ["+14155552672", NOON + 1]);
    assert.deepEqual((await actions()).slice(-1), ["changed-i1"]);
    assert.equal((await other.mails.claimText(NOON + 60_000, 60))?.text.id, "text-i1");
    assert.equal(await other.mails.claimText(NOON + 60_000, 60), null);
  });

  it("of a test number are paid once, and one that was being removed does not answer", async () => {
    const { testNumbers } = other;
    const [added, removed] = [
      anAuditEvent({ action: "added" }),
      anAuditEvent({ action: "removed" }),
    ];
    await dieAfter(/insert.{0,32}test_numbers/s, () => dying.testNumbers.add(aTestNumber(), added));
    assert.deepEqual(await testNumbers.find(A_NUMBER), aTestNumber());
    await sweep();
    assert.deepEqual(await actions(), ["added"]);

    await dieAfter(/update.{0,32}test_numbers/s, () =>
      dying.testNumbers.remove(aTestNumber(), removed),
    );
    assert.equal(await testNumbers.find(A_NUMBER), null);
    assert.deepEqual(await testNumbers.list(), []);
    await sweep();
    await sweep();
    assert.deepEqual(await actions(), ["added", "removed"]);
    assert.equal(await raw.collection("test_numbers").countDocuments({}), 0);
  });

  it("leave an attempt counted whose answer was lost", async () => {
    await other.users.create(aUser(), anAuditEvent());
    await other.interactions.save("i1", {}, NOON + 900_000);
    await other.interactions.move({
      uid: "i1",
      now: NOON,
      from: { version: 0 },
      to: anInteractionState(),
      resetAttempts: true,
      effects: {},
    });
    await dieAfter(/update.{0,32}users/s, () =>
      dying.interactions.countAttempt("i1", NOON, LIMITS, aGuess()),
    );
    assert.equal((await other.interactions.find("i1", NOON))?.attempts, 1);
    assert.equal((await other.users.find("u1"))?.factorAttempts.inARow, 1);
  });

  it("of a name are nobody's after a minute, and not before", async () => {
    const audit = anAuditEvent();
    // Reserved, and then nothing came of it.
    await dieAfter(/insert.{0,32}login_names/s, () => dying.users.create(ALICE, audit));
    const bob = aUser({ id: "u-bob", username: "Alice" });
    assert.equal(await other.users.create(bob, audit), "conflict");
    await raw
      .collection("login_names")
      .updateMany({}, { $set: { at: new Date(Date.now() - 61_000) } });
    assert.equal(await other.users.create(bob, audit), "created");
    assert.equal((await other.users.findByLogin(ALICES_NAME))?.id, "u-bob");
    // A name that is in use is never taken over, however old its row.
    await raw
      .collection("login_names")
      .updateMany({}, { $set: { at: new Date(Date.now() - 61_000) } });
    assert.equal(await other.users.create(ALICE, audit), "conflict");
  });
});
