import assert from "node:assert/strict";
import { DEFAULT_RULES } from "../../src/domain/security-rules.ts";
import { UnavailableError } from "../../src/ports/errors.ts";
import type { Storage } from "../../src/ports/storage.ts";
import {
  A_NUMBER,
  anApplication,
  anAuditEvent,
  anInteractionState,
  aSigningKey,
  aUser,
  LIMITS,
  NOON,
} from "../support/builders.ts";
import { type OpenEmpty, openedForEach } from "./opened-storage.ts";

const DAY = 86_400_000;
const AUDIT = anAuditEvent();

// Every method that reaches the store.
export function everyCall(storage: Storage): (() => Promise<unknown>)[] {
  const { users, applications, rules, interactions, numbers, records, signingKeys, audit } =
    storage;
  const user = aUser();
  const application = anApplication();
  const record = { model: "Session", id: "s1", payload: { uid: "uid" }, expiresAt: NOON };
  const login = { kind: "username", value: "alice" } as const;
  const move = {
    uid: "i1",
    now: NOON,
    from: { version: 0 },
    to: anInteractionState(),
    resetAttempts: false,
    effects: {},
  };
  return [
    () => users.create(user, AUDIT),
    () => users.find("u1"),
    () => users.findByLogin(login),
    () => users.countByPhone(A_NUMBER),
    () => users.replace(user, { ...user, updatedAt: NOON + 1 }, AUDIT),
    () => users.clearFactorAttempts("u1", AUDIT),
    () => users.upgradePasswordHash("u1", "a", "b"),
    () => users.remove("u1", AUDIT),
    () => users.list({ limit: 1 }),
    () => users.beginPasswordAttempt({ login, budgets: [], now: NOON }),
    () => applications.create(application, AUDIT),
    () => applications.find("app1"),
    () => applications.replace(application, { ...application, updatedAt: NOON + 1 }, AUDIT),
    () => applications.remove("app1", AUDIT),
    () => applications.list(),
    () => rules.find(null),
    () => rules.replace(null, DEFAULT_RULES, DEFAULT_RULES, AUDIT),
    () => interactions.save("i1", {}, NOON),
    () => interactions.find("i1", NOON),
    () => interactions.take("i1", NOON),
    () => interactions.destroy("i1"),
    () => interactions.move(move),
    () => interactions.countAttempt("i1", NOON, LIMITS),
    () => numbers.history(A_NUMBER),
    () => numbers.forgetSend(A_NUMBER, NOON),
    () => records.save(record),
    () => records.insert(record, NOON),
    () => records.find("Session", "s1", NOON),
    () => records.findSessionByUid("uid", NOON),
    () => records.findByUserCode("DeviceCode", "code", NOON),
    () => records.consume("Session", "s1", NOON),
    () => records.destroy("Session", "s1"),
    () => records.revokeByGrantId("Session", "g1"),
    () => records.saveSession(record, null, NOON),
    () => signingKeys.list(),
    () => signingKeys.add([aSigningKey()], null, AUDIT),
    () => signingKeys.remove(["k"]),
    () => audit.append([AUDIT]),
    () => audit.list({ limit: 1 }),
    () => storage.ping(),
    () => storage.sweep(NOON, 10),
  ];
}

export function wholeStorageContract(openEmpty: OpenEmpty): void {
  describe("Storage contract", () => {
    const storage = openedForEach(openEmpty);

    it("answers a ping", () => storage().ping());

    it("throws UnavailableError from every method once it is closed", async () => {
      const calls = everyCall(storage());
      await storage().applications.create(anApplication(), AUDIT);
      await storage().applications.find("app1");
      await storage().close();
      for (const call of calls) await assert.rejects(call, UnavailableError, String(call));
    });

    it("lets itself be closed twice", async () => {
      await storage().close();
      await storage().close();
    });

    it("finishes what was asked before it was closed", async () => {
      const created = storage().users.create(aUser(), AUDIT);
      const closed = storage().close();
      assert.equal(await created, "created");
      await closed;
    });

    it("counts one read or write for each call that reaches the database", async () => {
      const { users, statistics } = storage();
      const before = statistics();
      await users.create(aUser({ username: "alice" }), AUDIT);
      await users.find("u1");
      await users.findByLogin({ kind: "username", value: "alice" });
      const after = statistics();
      assert.equal(after.writes - before.writes, 1);
      assert.equal(after.reads - before.reads, 2);
    });

    it("sweeps what has expired and nothing else", async () => {
      const { records, interactions, users } = storage();
      const session = (id: string, expiresAt: number | null) =>
        records.save({ model: "Session", id, payload: {}, expiresAt });
      await session("s1", NOON);
      await session("s2", NOON + 1);
      await session("s3", null);
      await interactions.save("i1", {}, NOON);
      await interactions.save("i2", {}, NOON + 1);
      const policy = { kind: "window", max: 1, windowSeconds: 60 } as const;
      const login = { kind: "username", value: "alice" } as const;
      const budgets = [{ key: "network:a", policy }];
      await users.beginPasswordAttempt({ login, budgets, now: NOON - 60_000 });

      assert.equal(await storage().sweep(NOON, 100), 3);
      assert.equal(await storage().sweep(NOON, 100), 0);
      assert.notEqual(await records.find("Session", "s2", NOON), null);
      assert.notEqual(await records.find("Session", "s3", NOON), null);
      assert.notEqual(await interactions.find("i2", NOON), null);
    });

    it("sweeps the history of a number that was not texted for two days", async () => {
      const { interactions, numbers } = storage();
      await interactions.save("i1", {}, NOON + 1000);
      const challenge = { sends: 0, lastSentAt: null, expiresAt: NOON + 1000 };
      await interactions.move({
        uid: "i1",
        now: NOON,
        from: { version: 0 },
        to: anInteractionState(),
        resetAttempts: true,
        effects: { send: { number: A_NUMBER, limits: LIMITS, challenge } },
      });
      await interactions.destroy("i1");
      assert.equal(await storage().sweep(NOON + 2 * DAY - 1, 100), 0);
      assert.equal((await numbers.history(A_NUMBER)).sinceSuccess, 1);
      assert.equal(await storage().sweep(NOON + 2 * DAY, 100), 1);
      assert.equal((await numbers.history(A_NUMBER)).sinceSuccess, 0);
    });

    it("sweeps no more rows than it may", async () => {
      for (let i = 0; i < 7; i++) await storage().interactions.save(`i${i}`, {}, NOON);
      const record = { model: "Session", payload: {}, expiresAt: NOON };
      for (let i = 0; i < 7; i++) await storage().records.save({ ...record, id: `s${i}` });
      assert.equal(await storage().sweep(NOON, 10), 10);
      assert.equal(await storage().sweep(NOON, 10), 4);
    });

    it("keeps one data key for all that it seals and indexes", () => {
      const { vault } = storage();
      assert.equal(vault.open(vault.seal("text", "test"), "test"), "text");
      assert.equal(vault.index("a", "b"), vault.index("a", "b"));
    });
  });
}
