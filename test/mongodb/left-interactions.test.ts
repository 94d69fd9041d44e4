// What is to be said of a sign-in that was left, when whoever says it dies on the way: it is said once, by whoever
// sweeps next.
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import mongoose from "mongoose";
import { interactionKey } from "../../src/adapters/stored/interaction.ts";
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

  const move = (storage: Storage, uid = "i1", version = 0, ...ids: string[]) =>
    storage.interactions.move({
      uid,
      now: NOON,
      from: { version },
      to: anInteractionState(),
      resetAttempts: true,
      effects: { mails: ids.map((id) => aMail({ id })) },
    });
  const judge: JudgeLeft = () => {
    const mail = aMail({ id: `told-${++asked}` });
    return { audit: [anAuditEvent({ action: "left" })], cappedMails: [{ mail, budget: BUDGET }] };
  };
  const sweep = (storage: Storage, now = END) => storage.interactions.sweep(now, 100, judge);
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
    // The event gets its number after the mail was counted.
    await dieAfter(/findAndModify.{0,32}meta/s, () => sweep(dying));
    assert.equal(await sweep(other), 0, "whoever counted may still be at it");
    assert.equal(await sweep(other, END + 15_000), 1);
    assert.deepEqual(await queued(), [`told-${asked}`]);
    assert.equal(await events(), 1);
    assert.equal(await other.numbers.counted(BUDGET.key, END), 2);
  });

  it("is told though its mail is the last there is room for, and counted by a slower one", async () => {
    const budget = unfinishedMailBudget("u1", { ...LIMITS, unfinishedSignInMailsPerDay: 1 });
    const judgeLast: JudgeLeft = () => ({ cappedMails: [{ mail: aMail({ id: "last" }), budget }] });
    const sweepLast = (storage: Storage) => storage.interactions.sweep(END, 100, judgeLast);
    proxy.delay(60);
    const slow = sweepLast(dying);
    while ((await other.numbers.counted(budget.key, END)) === 0) await delay(5);
    assert.equal(await sweepLast(other), 0);
    await slow;
    assert.deepEqual(await queued(), ["last"]);
  });

  it("is not moved any more once it is claimed, by a clock that is behind", async () => {
    await dieAfter(/update.{0,32}interactions/s, () => sweep(dying));
    assert.deepEqual(await move(other, "i1", 1, "late"), { outcome: "stale" });
    assert.deepEqual(await queued(), ["told-1"]);
  });

  it("does not take with it what its last move still owes", async () => {
    await dieAfter(/update.{0,32}interactions/s, () => move(dying, "i1", 1, "moved"));
    assert.deepEqual(await queued(), []);
    assert.equal(await sweep(other), 1);
    assert.deepEqual(await queued(), ["moved", "told-1"]);
  });

  it("does not take with it what comes to life, or to owe something, while it is told", async () => {
    const now = END + 1;
    const others = ["owing", "saved", "silent", "gone"];
    for (const uid of others) await other.interactions.save(uid, {}, now);
    await move(other, "saved");
    const meanwhile = async () => {
      // As by a clock that is behind.
      const pending = { since: new Date(), audit: [], proof: null, mails: [] };
      const _id = interactionKey("owing") as never;
      await raw.collection("interactions").updateOne({ _id }, { $set: { ended: true, pending } });
      for (const uid of ["saved", "silent"]) await other.interactions.save(uid, {}, now + 1);
    };
    let done: Promise<void> | null = null;
    const judgeSlowly: JudgeLeft = (...left) => {
      done ??= meanwhile();
      return judge(...left);
    };
    proxy.delay(60);
    assert.equal(await dying.interactions.sweep(now, 100, judgeSlowly), 2);
    await done;
    assert.equal(asked, 1);
    assert.equal(await stored(), 3);
    assert.notEqual((await other.interactions.find("saved", now))?.state, null);
  });

  it("goes, told or not, when it cannot be read any more, and so does what is behind it", async () => {
    await other.interactions.save("i2", {}, END);
    const broken = { $set: { state: Buffer.from("broken") } };
    await raw.collection("interactions").updateMany({ ended: false }, broken);
    assert.equal(await sweep(other), 2);
    assert.equal(asked, 0);
    assert.equal(await stored(), 0);
  });

  it("goes, and is written down, when its user cannot be read any more", async () => {
    await raw.collection("users").updateMany({}, { $set: { sealed: Buffer.from("broken") } });
    const users: unknown[] = [];
    const swept = await other.interactions.sweep(END, 100, ({ user }) => {
      users.push(user);
      return { audit: [anAuditEvent({ action: "left" })] };
    });
    assert.equal(swept, 1);
    assert.deepEqual(users, [null]);
    assert.equal(await events(), 1);
  });
});
