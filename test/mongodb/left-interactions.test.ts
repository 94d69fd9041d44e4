// What is to be said of a sign-in that was left, when whoever says it dies on the way: it is said once, by whoever
// sweeps next.
import assert from "node:assert/strict";
import mongoose from "mongoose";
import { unfinishedMailBudget } from "../../src/domain/unfinished-sign-in.ts";
import { UnavailableError } from "../../src/ports/errors.ts";
import type { JudgeLeft } from "../../src/ports/interactions.ts";
import type { Storage } from "../../src/ports/storage.ts";
import {
  aMail,
  anAuditEvent,
  anInteractionState,
  aUser,
  LIMITS,
  NOON,
} from "../support/builders.ts";
import { emptyDatabase } from "../support/mongo-addresses.ts";
import { openPatiently } from "../support/mongo-stores.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";

const END = NOON + 900_000;
const BUDGET = unfinishedMailBudget("u1", LIMITS);

describe("a sign-in that was left, on mongo storage", () => {
  let proxy: TcpProxy;
  // Its connection breaks; the other one's does not.
  let dying: Storage;
  let other: Storage;
  let raw: mongoose.Connection;
  let asked: number;

  beforeEach(async () => {
    asked = 0;
    const direct = new URL(emptyDatabase(process.env.TEST_STORE_URI ?? ""));
    proxy = await startTcpProxy({ host: direct.hostname, port: Number(direct.port) });
    other = await openPatiently(direct.href);
    dying = await openPatiently(
      `mongodb://127.0.0.1:${proxy.port}${direct.pathname}?directConnection=true`,
    );
    raw = await mongoose.createConnection(direct.href).asPromise();
    await other.users.create(aUser({ username: "alice" }), anAuditEvent());
    await other.interactions.save("i1", {}, END);
    await move(other);
  });
  afterEach(async () => {
    await raw.close();
    await dying.close();
    await other.close();
    await proxy.close();
  });

  const move = (storage: Storage, ...ids: string[]) =>
    storage.interactions.move({
      uid: "i1",
      now: NOON,
      from: { version: ids.length },
      to: anInteractionState(),
      resetAttempts: true,
      effects: { mails: ids.map((id) => aMail({ id })) },
    });
  const judge: JudgeLeft = () => {
    const mail = aMail({ id: `told-${++asked}` });
    return { audit: [anAuditEvent({ action: "left" })], cappedMails: [{ mail, budget: BUDGET }] };
  };
  const sweep = (storage: Storage) => storage.interactions.sweep(END, 100, judge);
  async function dieAfter<T>(write: RegExp, act: () => Promise<T>): Promise<void> {
    const cut = proxy.cutAfter(write);
    await assert.rejects(act(), UnavailableError);
    await cut;
  }
  async function queued(): Promise<string[]> {
    const ids: string[] = [];
    for (;;) {
      const claimed = await other.mails.claim(END, 60);
      if (claimed === null) return ids.toSorted();
      ids.push(claimed.mail.id);
      await other.mails.markDelivered(claimed);
    }
  }
  const events = async () => (await other.audit.list({ limit: 9, action: "left" })).length;
  const stored = () => raw.collection("interactions").countDocuments({});

  it("is told by the next who sweeps, without being judged again, when its claim was all that was done (OTP-13)", async () => {
    await dieAfter(/update.{0,32}interactions/s, () => sweep(dying));
    assert.equal(await stored(), 1);
    assert.deepEqual(await queued(), []);
    assert.equal(await sweep(other), 1);
    assert.deepEqual(await queued(), ["told-1"]);
    assert.equal(await events(), 1);
    assert.equal(asked, 1);
    assert.equal(await stored(), 0);
  });

  it("is told once when its mail was queued, and even delivered, and nobody heard of it", async () => {
    await dieAfter(/insert.{0,32}mails/s, () => sweep(dying));
    assert.deepEqual(await queued(), ["told-1"]);
    assert.equal(await sweep(other), 1);
    assert.equal(await sweep(other), 0);
    assert.deepEqual(await queued(), []);
    assert.equal(await events(), 1);
  });

  it("is paid for by the sweep of debts, too, if nobody sweeps it", async () => {
    await dieAfter(/update.{0,32}interactions/s, () => sweep(dying));
    await other.sweep(Date.now() + 60_000, 0);
    assert.deepEqual(await queued(), ["told-1"]);
    assert.equal(await sweep(other), 1);
    assert.deepEqual(await queued(), []);
    assert.equal(await events(), 1);
  });

  it("is counted too often, never too little, when it was counted and not claimed", async () => {
    await dieAfter(/(insert|update).{0,32}attempt_runs/s, () => sweep(dying));
    assert.equal(await sweep(other), 1);
    assert.deepEqual(await queued(), ["told-2"]);
    assert.equal(await events(), 1);
    assert.equal(await other.numbers.counted(BUDGET.key, END), 2);
  });

  it("does not take with it what its last move still owes", async () => {
    await dieAfter(/update.{0,32}interactions/s, () => move(dying, "moved"));
    assert.deepEqual(await queued(), []);
    assert.equal(await sweep(other), 1);
    assert.deepEqual(await queued(), ["moved", "told-1"]);
  });

  it("goes, told or not, when it cannot be read any more, and so does what is behind it", async () => {
    await other.interactions.save("i2", {}, END);
    const broken = { $set: { state: Buffer.from("broken") } };
    await raw.collection("interactions").updateMany({ ended: false }, broken);
    assert.equal(await sweep(other), 2);
    assert.equal(asked, 0);
    assert.equal(await stored(), 0);
  });
});
