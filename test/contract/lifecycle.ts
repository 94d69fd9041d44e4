import assert from "node:assert/strict";
import { UnavailableError } from "../../src/ports/errors.ts";
import type { Storage } from "../../src/ports/storage.ts";
import {
  A_NUMBER,
  aGuess,
  aMail,
  anAuditEvent,
  anInteractionState,
  aUser,
  LIMITS,
  NOON,
} from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race } from "./opened-storage.ts";

const END = NOON + 1000;

async function storeRecords(storage: Storage, count: number): Promise<void> {
  await race(count, (i) =>
    storage.records.save({ model: "AccessToken", id: `t${i}`, payload: {}, expiresAt: END }),
  );
}

export function lifecycleContract(openEmpty: OpenEmpty): void {
  describe("Storage contract: from opening to closing", () => {
    const storage = openedForEach(openEmpty);

    it("answers a ping", async () => {
      await storage().ping();
    });

    it("sweeps what has expired, so much at a time, and nothing else", async () => {
      await storeRecords(storage(), 1200);
      const { records } = storage();
      await records.save({ model: "Grant", id: "for-ever", payload: {}, expiresAt: null });
      await records.save({ model: "Grant", id: "alive", payload: {}, expiresAt: END + 1 });
      assert.equal(await storage().sweep(END - 1, 5000), 0);
      assert.equal(await storage().sweep(END, 700), 700);
      assert.equal(await storage().sweep(END, 700), 500);
      assert.equal(await storage().sweep(END, 700), 0);
      assert.notEqual(await records.find("Grant", "for-ever", NOON), null);
      assert.notEqual(await records.find("Grant", "alive", NOON), null);
    });

    it("sweeps runs of attempts and histories of numbers too, and leaves interactions to their own", async () => {
      const { interactions, users, numbers } = storage();
      await interactions.save("i1", {}, END);
      const challenge = { sends: 0, lastSentAt: null, expiresAt: END };
      await interactions.move({
        uid: "i1",
        now: NOON,
        from: { version: 0 },
        to: anInteractionState(),
        resetAttempts: true,
        effects: { send: { asker: "holder", number: A_NUMBER, limits: LIMITS, challenge } },
      });
      const policy = { kind: "window", max: 3, windowSeconds: 1 } as const;
      const login = { kind: "username", value: "alice" } as const;
      await users.beginPasswordAttempt({ login, budgets: [{ key: "k", policy }], now: NOON });
      assert.equal(await storage().sweep(END, 100), 1);
      assert.equal(await interactions.sweep(END, 100, () => ({})), 1);
      // Longer than a day: the day's cap reads it until then.
      assert.notDeepEqual((await numbers.history(A_NUMBER)).holders.sentAt, []);
      assert.equal(await storage().sweep(NOON + 86_400_000, 100), 0);
      assert.equal(await storage().sweep(NOON + 10 * 86_400_000, 100), 1);
    });

    it("never sweeps users, applications, keys or the audit log", async () => {
      await storage().users.create(aUser(), anAuditEvent());
      await storage().sweep(Number.MAX_SAFE_INTEGER, 1000);
      assert.notEqual(await storage().users.find("u1"), null);
      assert.equal((await storage().audit.list({ limit: 10 })).length, 1);
    });

    it("ends every sign-in, so much at a time, and nothing else", async () => {
      const { records, interactions, users } = storage();
      await storeRecords(storage(), 5);
      const save = { model: "Session", id: "s1", payload: { uid: "uid-1" }, expiresAt: END };
      await records.saveSession(save, null, NOON);
      await records.save({ model: "Grant", id: "for-ever", payload: {}, expiresAt: null });
      const assertion = { model: "ReplayDetection", id: "a1", payload: {}, expiresAt: END };
      await records.insert(assertion, NOON);
      await interactions.save("i1", {}, END);
      await interactions.save("i2", {}, END);
      await users.create(aUser(), anAuditEvent());

      const ended: number[] = [];
      while (ended.at(-1) !== 0) ended.push(await storage().endSignIns(4));
      assert.deepEqual(ended, [4, 4, 1, 0]);
      assert.equal(await records.find("AccessToken", "t0", NOON), null);
      assert.equal(await records.find("Grant", "for-ever", NOON), null);
      assert.equal(await records.find("Session", "s1", NOON), null);
      assert.equal(await records.findSessionByUid("uid-1", NOON), null);
      assert.equal(await interactions.find("i2", NOON), null);
      assert.equal(await records.insert(assertion, NOON), false, "an assertion is used twice");
      assert.notEqual(await users.find("u1"), null);
      assert.equal((await storage().audit.list({ limit: 9 })).length, 1);
    });

    it("lets no session that was ended come back", async () => {
      const { records } = storage();
      const session = { model: "Session", id: "s1", payload: { uid: "uid-1" }, expiresAt: END };
      await records.saveSession(session, null, NOON);
      await storage().endSignIns(9);
      assert.equal(await records.saveSession(session, "s1", NOON), false);
      assert.equal(await records.find("Session", "s1", NOON), null);
    });

    it("counts reads and writes", async () => {
      const before = storage().statistics();
      await storage().users.create(aUser(), anAuditEvent());
      await storage().users.find("u1");
      await storage().users.find("u1");
      const after = storage().statistics();
      assert.equal(after.writes - before.writes, 1);
      assert.equal(after.reads - before.reads, 2);
    });

    it("seals and indexes by its own data key", () => {
      const { vault } = storage();
      assert.equal(vault.open(vault.seal("text", "context"), "context"), "text");
      assert.equal(vault.index("phone", A_NUMBER), vault.index("phone", A_NUMBER));
    });

    it("finishes what is under way when it is closed, and closes once", async () => {
      const opened = storage();
      const created = opened.users.create(aUser(), anAuditEvent());
      await Promise.all([opened.close(), opened.close()]);
      assert.equal(await created, "created");
      await opened.close();
    });

    const AFTER_CLOSE: Readonly<Record<string, (opened: Storage) => unknown>> = {
      ping: (opened) => opened.ping(),
      sweep: (opened) => opened.sweep(NOON, 10),
      endSignIns: (opened) => opened.endSignIns(10),
      "users.find": ({ users }) => users.find("u1"),
      "users.create": ({ users }) => users.create(aUser(), anAuditEvent()),
      "users.takeRecoveryCode": ({ users }) =>
        users.takeRecoveryCode("u1", "digest", anAuditEvent(), []),
      "applications.find": ({ applications }) => applications.find("app1"),
      "rules.find": ({ rules }) => rules.find(null),
      "interactions.find": ({ interactions }) => interactions.find("i1", NOON),
      "interactions.save": ({ interactions }) => interactions.save("i1", {}, END),
      "interactions.sweep": ({ interactions }) => interactions.sweep(NOON, 10, () => ({})),
      "interactions.countAttempt": ({ interactions }) =>
        interactions.countAttempt("i1", NOON, LIMITS, aGuess()),
      "numbers.history": ({ numbers }) => numbers.history(A_NUMBER),
      "records.find": ({ records }) => records.find("Session", "s1", NOON),
      "records.consume": ({ records }) => records.consume("Session", "s1", NOON),
      "signingKeys.list": ({ signingKeys }) => signingKeys.list(),
      "mails.enqueue": ({ mails }) => mails.enqueue([aMail()]),
      "devices.judge": ({ devices }) =>
        devices.judge({ userId: "u1", deviceId: "laptop", network: "192.0.2" }, NOON),
      "mails.claim": ({ mails }) => mails.claim(NOON, 60),
      "mails.claimText": ({ mails }) => mails.claimText(NOON, 60),
      "audit.append": ({ audit }) => audit.append([anAuditEvent()]),
      "testNumbers.find": ({ testNumbers }) => testNumbers.find(A_NUMBER),
      "audit.list": ({ audit }) => audit.list({ limit: 1 }),
    };
    for (const [name, call] of Object.entries(AFTER_CLOSE)) {
      it(`is unavailable to ${name} once it is closed`, async () => {
        const opened = storage();
        await opened.close();
        await assert.rejects(async () => await call(opened), UnavailableError);
      });
    }

    it("is unavailable for an application that it remembers, once it is closed", async () => {
      const opened = storage();
      await opened.applications.find("app1");
      await opened.close();
      await assert.rejects(async () => await opened.applications.find("app1"), UnavailableError);
    });
  });
}
