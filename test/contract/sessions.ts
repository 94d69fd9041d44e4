import assert from "node:assert/strict";
import type { RecordToSave } from "../../src/ports/records.ts";
import { NOON } from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race } from "./opened-storage.ts";

const END = NOON + 3_600_000;
const FIVE = ["app0", "app1", "app2", "app3", "app4"];

function aSession(
  id: string,
  authorizations?: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, unknown>> = {},
): RecordToSave {
  const payload = { jti: id, kind: "Session", uid: "uid-1", accountId: "u1", ...more };
  return {
    model: "Session",
    id,
    payload: authorizations === undefined ? payload : { ...payload, authorizations },
    expiresAt: END,
  };
}

export function sessionsContract(openEmpty: OpenEmpty): void {
  describe("RecordStore contract: sessions", () => {
    const storage = openedForEach(openEmpty);
    const saveSession = (record: RecordToSave, loaded: string | null, now = NOON) =>
      storage().records.saveSession(record, loaded, now);
    const find = (id: string) => storage().records.find("Session", id, NOON);
    const findByUid = (now = NOON) => storage().records.findSessionByUid("uid-1", now);

    it("stores a new session, and finds it by id and by uid", async () => {
      const session = aSession("s1", { app1: { sid: "a" } });
      assert.equal(await saveSession(session, null), true);
      assert.deepEqual(await find("s1"), session.payload);
      const { jti: _, ...rest } = session.payload;
      assert.deepEqual(await findByUid(), rest);
      assert.deepEqual(await findByUid(END - 1), rest);
      assert.equal(await findByUid(END), null);
      assert.equal(await storage().records.findSessionByUid("uid-2", NOON), null);
    });

    it("does not take another model's uid for a session's", async () => {
      await storage().records.save({ ...aSession("x1"), model: "Other" });
      assert.equal(await findByUid(), null);
    });

    it("keeps the authorizations that parallel requests wrote", async () => {
      await saveSession(aSession("s1", { app: { sid: "old" } }), null);
      const saved = await race(5, (i) =>
        saveSession(
          aSession("s1", { app: { sid: "old" }, [`app${i}`]: { sid: `sid-${i}` } }),
          "s1",
        ),
      );
      assert.deepEqual(
        saved,
        FIVE.map(() => true),
      );
      const authorizations = Object(await find("s1")).authorizations;
      assert.deepEqual(Object.keys(authorizations).toSorted(), ["app", ...FIVE]);
    });

    it("keeps them over rotations at once, under whichever id the session is found", async () => {
      await saveSession(aSession("s1", {}), null);
      await race(5, (i) => saveSession(aSession(`new-${i}`, { [`app${i}`]: { sid: "a" } }), "s1"));
      assert.equal(await find("s1"), null);
      const authorizations = Object(await findByUid()).authorizations;
      assert.deepEqual(Object.keys(authorizations).toSorted(), FIVE);
    });

    it("lets its own authorization win, and takes away one that is null", async () => {
      const before = { app1: { sid: "old" }, app2: { sid: "b" }, app3: { sid: "c" } };
      await saveSession(aSession("s1", before), null);
      await saveSession(aSession("s1", { app1: { sid: "new" }, app2: null }), "s1");
      const after = { app1: { sid: "new" }, app3: { sid: "c" } };
      assert.deepEqual((await find("s1"))?.authorizations, after);
    });

    it("keeps an authorization whose application is named like a part of the language", async () => {
      const authorizations = JSON.parse('{"__proto__":{"sid":"a"},"constructor":{"sid":"b"}}');
      await saveSession(aSession("s1", authorizations), null);
      await saveSession(aSession("s1", { app1: { sid: "c" } }), "s1");
      const kept = Object.keys(Object((await find("s1"))?.authorizations));
      assert.deepEqual(kept.toSorted(), ["__proto__", "app1", "constructor"]);
    });

    it("rotates: the row under the old id goes in the same step", async () => {
      await saveSession(aSession("s1", { app1: { sid: "a" } }), null);
      assert.equal(await saveSession(aSession("s2", { app1: { sid: "a" } }), "s1"), true);
      assert.equal(await find("s1"), null);
      assert.deepEqual((await find("s2"))?.authorizations, { app1: { sid: "a" } });
      assert.deepEqual((await findByUid())?.accountId, "u1");
    });

    it("does not bring back a session that has been ended", async () => {
      await saveSession(aSession("s1", {}), null);
      await storage().records.destroy("Session", "s1");
      assert.equal(await saveSession(aSession("s1", {}), "s1"), false);
      assert.equal(await saveSession(aSession("s2", {}), "s1"), false);
      assert.equal(await find("s1"), null);
      assert.equal(await find("s2"), null);
      assert.equal(await findByUid(), null);
    });

    it("does not bring back one that has expired", async () => {
      await saveSession(aSession("s1", {}), null);
      assert.equal(
        await saveSession({ ...aSession("s1", {}), expiresAt: END + 1000 }, "s1", END),
        false,
      );
    });

    it("goes on under a new id when a request had loaded the old one before a rotation", async () => {
      await saveSession(aSession("s1", { app1: { sid: "a" } }), null);
      await saveSession(aSession("s2", { app1: { sid: "a" } }), "s1");
      assert.equal(await saveSession(aSession("s1", { app2: { sid: "b" } }), "s1"), true);
      const authorizations = Object((await findByUid())?.authorizations);
      assert.deepEqual(Object.keys(authorizations).toSorted(), ["app1", "app2"]);
    });

    it("ends a session under every id that it has had", async () => {
      await saveSession(aSession("s1", {}), null);
      await saveSession(aSession("s2", {}), "s1");
      // A request that ran beside the rotation writes the old id once more.
      await saveSession(aSession("s1", {}), "s1");
      await saveSession(aSession("other", {}, { uid: "uid-2" }), null);
      await storage().records.destroy("Session", "s2");
      assert.equal(await find("s1"), null);
      assert.equal(await find("s2"), null);
      assert.notEqual(await find("other"), null);
    });

    it("is one session or none after an end and renewals at once", async () => {
      await saveSession(aSession("s1", {}), null);
      const renewals = race(10, (i) => saveSession(aSession("s1", { [`app${i}`]: {} }), "s1"));
      await storage().records.destroy("Session", "s1");
      await renewals;
      assert.equal(await saveSession(aSession("s1", {}), "s1"), false);
      assert.equal(await findByUid(), null);
    });
  });
}
