// A change of phone on MongoDB, whose user is reserved for it before the move is made: when whoever made it died in
// between.
import assert from "node:assert/strict";
import mongoose from "mongoose";
import { createModels } from "../../src/adapters/mongo/models.ts";
import { releaseReplacement, reserveReplacement } from "../../src/adapters/mongo/phone-changes.ts";
import { createTurns } from "../../src/adapters/mongo/turns.ts";
import { UnavailableError } from "../../src/ports/errors.ts";
import type { Storage } from "../../src/ports/storage.ts";
import { A_NUMBER, anAuditEvent, anInteractionState, aUser, NOON } from "../support/builders.ts";
import { emptyDatabase } from "../support/mongo-addresses.ts";
import { openPatiently } from "../support/mongo-stores.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";

const OLD = { number: A_NUMBER, status: "bound", since: NOON } as const;
const NEW_NUMBER = "+14155552672";

describe("a change of phone on mongo storage that was not heard of", () => {
  let proxy: TcpProxy;
  // Its connection breaks; the other one's does not.
  let dying: Storage;
  let other: Storage;

  beforeEach(async () => {
    const direct = new URL(emptyDatabase(process.env.TEST_STORE_URI ?? ""));
    proxy = await startTcpProxy({ host: direct.hostname, port: Number(direct.port) });
    other = await openPatiently(direct.href);
    dying = await openPatiently(
      `mongodb://127.0.0.1:${proxy.port}${direct.pathname}?directConnection=true`,
    );
    await other.users.create(aUser({ phone: OLD }), anAuditEvent());
    for (const uid of ["i1", "i2"]) {
      await other.interactions.save(uid, {}, NOON + 900_000);
      const waiting = { uid, now: NOON, resetAttempts: true, effects: {} } as const;
      await other.interactions.move({ ...waiting, from: { version: 0 }, to: anInteractionState() });
    }
    const cut = proxy.cutAfter(/update.{0,32}users/s);
    await assert.rejects(change(dying, "i1"), UnavailableError);
    await cut;
  });
  afterEach(async () => {
    await dying.close();
    await other.close();
    await proxy.close();
  });

  const change = async (storage: Storage, uid: string) => {
    const proved = { userId: "u1", number: NEW_NUMBER, bind: true, usersPerBoundPhone: 2 };
    const moved = await storage.interactions.move({
      ...{ uid, now: NOON + 1, resetAttempts: false, from: { challengeId: "challenge-1" } },
      to: anInteractionState({ step: "done", challenge: null }),
      effects: { codeProved: { ...proved, replaces: { number: A_NUMBER, at: NOON + 1 } } },
    });
    return moved.outcome;
  };
  const number = async () => (await other.users.find("u1"))?.phone?.number;

  it("is made when the same code is typed again", async () => {
    assert.equal(await number(), A_NUMBER);
    assert.equal(await change(other, "i1"), "moved");
    assert.equal(await number(), NEW_NUMBER);
  });

  it("keeps another one waiting, which is not made after it", async () => {
    assert.equal(await change(other, "i2"), "user-changed");
    assert.equal(await change(other, "i1"), "moved");
    assert.equal(await change(other, "i2"), "user-changed");
    assert.equal(await number(), NEW_NUMBER);
  });

  it("goes on keeping another one waiting when a second try at it came to nothing", async () => {
    const direct = new URL(emptyDatabase(process.env.TEST_STORE_URI ?? ""));
    await (await openPatiently(direct.href)).close();
    const connection = await mongoose.createConnection(direct.href).asPromise();
    const scope = { models: createModels(connection), turns: createTurns(), check: () => {} };
    const user = { _id: "u1", revision: "r1", sealed: Buffer.alloc(1), updatedAt: NOON };
    const factor = { phoneIndex: null, names: [], factorInARow: 0, factorLockedUntil: null };
    await scope.models.users.create({ ...user, ...factor, codeAttempts: [], removed: false });
    const reserve = (id: string, by: string) =>
      reserveReplacement(scope, "u1", { id, by }, () => true);

    assert.ok(await reserve("moved", "i1"));
    assert.ok(await reserve("stale", "i1"));
    await releaseReplacement(scope, "u1", { id: "stale", by: "i1" });
    assert.equal(await reserve("other", "i2"), false);
    await releaseReplacement(scope, "u1", { id: "moved", by: "i1" });
    assert.ok(await reserve("other", "i2"));
    await connection.close();
  });
});
