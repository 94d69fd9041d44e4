import assert from "node:assert/strict";
import type { RecordPayload } from "../../src/ports/records.ts";
import { NOON } from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race, tally } from "./opened-storage.ts";

const ENDS = NOON + 60_000;

export function sessionRecordsContract(openEmpty: OpenEmpty): void {
  describe("RecordStore contract: sessions", () => {
    const storage = openedForEach(openEmpty);

    const save = (
      id: string,
      authorizations: Readonly<Record<string, unknown>> | undefined,
      given: { loaded?: string | null; now?: number; payload?: RecordPayload; ends?: number } = {},
    ) => {
      const payload = { jti: id, uid: "uid-1", accountId: "u1", authorizations, ...given.payload };
      const record = { model: "Session", id, payload, expiresAt: given.ends ?? ENDS };
      return storage().records.saveSession(record, given.loaded ?? null, given.now ?? NOON);
    };
    const find = (id: string) => storage().records.find("Session", id, NOON);
    const clients = async (id: string) =>
      Object.keys(Object((await find(id))?.authorizations)).toSorted();

    it("gives back a new session as it is", async () => {
      assert.equal(await save("s1", { "my.app": { sid: "1", grantId: "g" } }), true);
      assert.deepEqual(await find("s1"), {
        jti: "s1",
        uid: "uid-1",
        accountId: "u1",
        authorizations: { "my.app": { sid: "1", grantId: "g" } },
      });
    });

    it("adds no authorizations to a session that has none", async () => {
      await save("s1", undefined);
      assert.deepEqual(await find("s1"), { jti: "s1", uid: "uid-1", accountId: "u1" });
    });

    it("loses no authorization of five parallel renewals under one id", async () => {
      await save("s1", { a0: {} });
      const saved = await race(5, (i) => save("s1", { a0: {}, [`b${i}`]: {} }, { loaded: "s1" }));
      assert.deepEqual(tally(saved), { true: 5 });
      assert.deepEqual(await clients("s1"), ["a0", "b0", "b1", "b2", "b3", "b4"]);
    });

    it("loses no authorization of five parallel renewals that rotate the id", async () => {
      await save("s1", { a0: {} });
      await race(5, (i) => save(`r${i}`, { a0: {}, [`b${i}`]: {} }, { loaded: "s1" }));
      assert.equal(await find("s1"), null);
      const session = await storage().records.findSessionByUid("uid-1", NOON);
      const joined = Object.keys(Object(session?.authorizations)).toSorted();
      assert.deepEqual(joined, ["a0", "b0", "b1", "b2", "b3", "b4"]);
    });

    it("prefers what the request itself wrote", async () => {
      await save("s1", { app: { sid: "1", grantId: "old" } });
      await save("s1", { app: { sid: "1", grantId: "new" } }, { loaded: "s1" });
      const found = await find("s1");
      assert.deepEqual(found?.authorizations, { app: { sid: "1", grantId: "new" } });
    });

    it("takes away an authorization that the request made null", async () => {
      await save("s1", { app1: {}, app2: {} });
      await save("s2", { app1: null, app2: {} }, { loaded: "s1" });
      assert.deepEqual(await clients("s2"), ["app2"]);
    });

    it("takes client ids for what they are", async () => {
      const ids = ["__proto__", "constructor", "$where", "a.b"];
      await save("s1", Object.fromEntries(ids.map((id) => [id, { sid: id }])));
      await save("s1", {}, { loaded: "s1" });
      assert.deepEqual(await clients("s1"), ids.toSorted());
    });

    it("lets the old row go when the id rotates", async () => {
      await save("s1", { app1: {} });
      assert.equal(await save("s2", { app1: {} }, { loaded: "s1" }), true);
      assert.equal(await find("s1"), null);
      assert.deepEqual(await clients("s2"), ["app1"]);
    });

    it("lets a request that ran beside a rotation write under the old id", async () => {
      await save("s1", { app1: {} });
      await save("s2", { app1: {}, app2: {} }, { loaded: "s1" });
      assert.equal(await save("s1", { app1: {}, app3: {} }, { loaded: "s1" }), true);
      assert.deepEqual(await clients("s1"), ["app1", "app2", "app3"]);
    });

    it("joins a new session to the rows that its uid has already", async () => {
      await save("s1", { app1: {} });
      await save("s2", { app2: {} }, { loaded: null });
      assert.deepEqual(await clients("s2"), ["app1", "app2"]);
    });

    it("joins nothing of another session, nor of an expired row", async () => {
      await save("other", { app9: {} }, { payload: { uid: "uid-2" } });
      await save("old", { app8: {} }, { ends: NOON });
      await save("s1", { app1: {} });
      assert.deepEqual(await clients("s1"), ["app1"]);
    });

    it("does not bring back a session that was ended", async () => {
      await save("s1", { app1: {} });
      await storage().records.destroy("Session", "s1");
      assert.equal(await save("s1", { app1: {} }, { loaded: "s1" }), false);
      assert.equal(await save("s2", { app1: {} }, { loaded: "s1" }), false);
      assert.equal(await find("s1"), null);
      assert.equal(await storage().records.findSessionByUid("uid-1", NOON), null);
    });

    it("does not bring back a session that has expired, at its very end", async () => {
      await save("s1", { app1: {} });
      const longer = { loaded: "s1", ends: ENDS + 60_000 };
      assert.equal(await save("s1", {}, { ...longer, now: ENDS }), false);
      assert.equal(await save("s1", {}, { ...longer, now: ENDS - 1 }), true);
    });

    it("ends a session under every id that it has", async () => {
      await save("s1", { app1: {} });
      await save("s2", { app1: {} }, { loaded: "s1" });
      await save("s1", { app1: {} }, { loaded: "s1" });
      await save("other", { app1: {} }, { payload: { uid: "uid-2" } });
      await storage().records.destroy("Session", "s2");
      assert.equal(await find("s1"), null);
      assert.notEqual(await find("other"), null);
    });

    it("finds the session that was written last by its uid", async () => {
      const { records } = storage();
      await save("s1", {}, { payload: { acr: "first" } });
      await save("s2", {}, { payload: { acr: "second" } });
      assert.equal((await records.findSessionByUid("uid-1", NOON))?.acr, "second");
      await save("s1", {}, { loaded: "s1", payload: { acr: "third" } });
      assert.equal((await records.findSessionByUid("uid-1", NOON))?.acr, "third");
      assert.equal(await records.findSessionByUid("uid-1", ENDS), null);
      assert.equal(await records.findSessionByUid("uid-2", NOON), null);
    });
  });
}
