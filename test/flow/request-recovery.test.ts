// Asking for a link when the password is forgotten: what the store has to do for it tells nobody whether there is
// such a user, and what comes of it afterwards.
import assert from "node:assert/strict";
import { openSqliteStorage } from "../../src/adapters/sqlite/storage.ts";
import { answerRecoveries } from "../../src/flow/answer-recoveries.ts";
import { requestRecovery } from "../../src/flow/request-recovery.ts";
import type { Storage } from "../../src/ports/storage.ts";
import { anAuditEvent, aUser, LIMITS, NOON } from "../support/builders.ts";

describe("a request for a link", () => {
  let storage: Storage;
  let ids = 0;
  let alarms: string[];
  beforeEach(async () => {
    alarms = [];
    storage = await openSqliteStorage({ file: ":memory:", secrets: ["x".repeat(32)] });
    const email = "alice@example.com";
    const known = { username: "alice", email, emailVerified: true, passwordHash: "$hash" };
    await storage.users.create(aUser(known), anAuditEvent());
  });
  afterEach(() => storage.close());

  const deps = (now = NOON) => ({
    storage,
    limits: { ...LIMITS, recoveryRequestsPerAddressPerHour: 5, recoveryRequestsPerHour: 6 },
    alarm: (event: { alarm: string }) => alarms.push(event.alarm),
    recovery: "verified" as const,
    linkKeys: [{ id: "k1", key: Buffer.alloc(32, 1) }],
    isOwnAddress: () => false,
    now: () => now,
    newId: () => `id${++ids}`,
  });
  const ask = (login: string, now = NOON, address = "198.51.100.7") =>
    requestRecovery(deps(now), { login, address, language: "en" });
  const answer = (now = NOON) => answerRecoveries(deps(now), 50, () => false);
  const recovery = async () => (await storage.users.find("u1"))?.recovery ?? null;

  it("costs the store the same for who is known, who is not, and what is no name (LOG-03)", async () => {
    const costs = [];
    for (const login of ["alice", "alice@example.com", "nobody", "+14155550000", "a\u0000b"]) {
      const before = storage.statistics();
      assert.deepEqual(await ask(login), { outcome: "requested" });
      const after = storage.statistics();
      costs.push([after.reads - before.reads, after.writes - before.writes]);
    }
    assert.equal(new Set(costs.map(String)).size, 1, JSON.stringify(costs));
  });

  it("is taken so many times an hour in all, over however many networks, and somebody hears of more", async () => {
    // What is too much for one network takes nothing from the others.
    for (let i = 0; i < 9; i++) await ask("nobody");
    assert.deepEqual(alarms, []);
    assert.deepEqual(await ask("alice", NOON, "2001:db8::1"), { outcome: "requested" });
    const retryAt = NOON + 3_600_000;
    const refused = await ask("alice", NOON, "2001:db8:1::1");
    assert.deepEqual([refused, alarms], [{ outcome: "limited", retryAt }, ["recovery-requests"]]);
    assert.deepEqual(await ask("alice", retryAt, "2001:db8:2::1"), { outcome: "requested" });
  });

  it("is looked into once, and makes nothing for nobody", async () => {
    await ask("nobody");
    await answer();
    assert.equal(await storage.mails.claim(NOON, 60), null);
    await ask("alice");
    await answer();
    assert.ok((await recovery()) && (await storage.mails.claim(NOON, 60)));
    await answer(NOON + 60_000);
    assert.equal(await storage.mails.claim(NOON + 1000, 60), null);
  });

  it("makes the same link when who looked into it died before saying so", async () => {
    await ask("alice");
    const claimed = await storage.mails.claimRecovery(NOON - 1, 0);
    assert.equal(claimed, null, "not before it was made");
    const dying = { ...storage.mails, markDelivered: () => Promise.reject(new Error("died")) };
    const dead = { ...deps(), storage: { ...storage, mails: dying } };
    await assert.rejects(
      answerRecoveries(dead, 50, () => false),
      /died/,
    );
    const first = await recovery();
    await answer(NOON + 60_000);
    assert.deepEqual(await recovery(), first);
    assert.ok(await storage.mails.claim(NOON + 60_000, 60));
    assert.equal(await storage.mails.claim(NOON + 60_000, 60), null, "mailed twice");
  });

  it("comes to nothing when it waited longer than its link would live", async () => {
    await ask("alice");
    await answer(NOON + LIMITS.recoveryLinkLifeSeconds * 1000);
    assert.equal(await recovery(), null);
    const [event] = await storage.audit.list({ limit: 1, action: "recovery-refused" });
    assert.equal(event?.because, "link-over");
  });
});
