import assert from "node:assert/strict";
import type { RecordToSave } from "../../src/ports/records.ts";
import { NOON } from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race } from "./opened-storage.ts";

const END = NOON + 60_000;

function aRecord(given: Partial<RecordToSave> = {}): RecordToSave {
  const id = given.id ?? "r1";
  return {
    model: "AuthorizationCode",
    id,
    payload: {
      jti: id,
      kind: "AuthorizationCode",
      grantId: "g1",
      accountId: "u1",
      nested: { a: [1] },
    },
    expiresAt: END,
    ...given,
  };
}

export function recordStoreContract(openEmpty: OpenEmpty): void {
  describe("RecordStore contract", () => {
    const storage = openedForEach(openEmpty);
    const find = (id = "r1", now = NOON, model = "AuthorizationCode") =>
      storage().records.find(model, id, now);

    it("gives back a payload as it was saved, its id as jti", async () => {
      await storage().records.save(aRecord());
      assert.deepEqual(await find(), aRecord().payload);
      await storage().records.save(aRecord({ payload: { any: "thing", "a.b": null, $set: 1 } }));
      assert.deepEqual(await find(), { any: "thing", "a.b": null, $set: 1, jti: "r1" });
    });

    it("does not find another id, or another model's", async () => {
      await storage().records.save(aRecord());
      assert.equal(await find("r2"), null);
      assert.equal(await find("r1", NOON, "AccessToken"), null);
    });

    it("is there until the millisecond at which it expires by our clock, and for ever without an end (FLT-18)", async () => {
      await storage().records.save(aRecord());
      assert.notEqual(await find("r1", END - 1), null);
      assert.equal(await find("r1", END), null);
      assert.equal(await storage().records.consume("AuthorizationCode", "r1", END), false);
      await storage().records.save(aRecord({ expiresAt: null }));
      assert.notEqual(await find("r1", Number.MAX_SAFE_INTEGER), null);
    });

    it("stores what is new once, however many try", async () => {
      const inserted = await race(50, (i) =>
        storage().records.insert(aRecord({ payload: { racer: i } }), NOON),
      );
      assert.equal(inserted.filter(Boolean).length, 1);
      assert.equal((await find())?.racer, inserted.indexOf(true));
    });

    it("stores anew what has expired", async () => {
      await storage().records.save(aRecord());
      const again = aRecord({ expiresAt: END + 60_000 });
      assert.equal(await storage().records.insert(again, END - 1), false);
      assert.equal(await storage().records.insert(again, END), true);
      assert.notEqual(await find("r1", END), null);
    });

    it("lets one of fifty consume, and keeps what was consumed", async () => {
      await storage().records.save(aRecord());
      const consumed = await race(50, () =>
        storage().records.consume("AuthorizationCode", "r1", NOON + 999),
      );
      assert.equal(consumed.filter(Boolean).length, 1);
      assert.deepEqual(await find(), { ...aRecord().payload, consumed: NOON / 1000 });
    });

    it("consumes nothing that is not there", async () => {
      assert.equal(await storage().records.consume("AuthorizationCode", "r1", NOON), false);
    });

    it("keeps a record consumed when it is saved again, from memory of before", async () => {
      await storage().records.save(aRecord());
      await storage().records.consume("AuthorizationCode", "r1", NOON);
      await storage().records.save(aRecord());
      assert.equal((await find())?.consumed, NOON / 1000);
      assert.equal(await storage().records.consume("AuthorizationCode", "r1", NOON), false);
    });

    it("ends the reuse of what was consumed, and of nothing else", async () => {
      const { records } = storage();
      await records.save(aRecord());
      await records.endReuse("AuthorizationCode", "r1");
      await records.endReuse("AuthorizationCode", "nobody");
      assert.deepEqual(await find(), aRecord().payload);
      await records.consume("AuthorizationCode", "r1", NOON);
      await records.endReuse("AuthorizationCode", "r1");
      assert.deepEqual(await find(), { ...aRecord().payload, consumed: 1 });
    });

    it("destroys one record alone", async () => {
      await storage().records.save(aRecord());
      await storage().records.save(aRecord({ id: "r2" }));
      await storage().records.destroy("AuthorizationCode", "r1");
      await storage().records.destroy("AuthorizationCode", "r1");
      assert.equal(await find(), null);
      assert.notEqual(await find("r2"), null);
    });

    it("revokes the records of one model of one grant alone", async () => {
      const { records } = storage();
      await records.save(aRecord());
      await records.save(aRecord({ id: "r2" }));
      await records.save(aRecord({ id: "other-grant", payload: { grantId: "g2" } }));
      await records.save(aRecord({ id: "no-grant", payload: {} }));
      await records.save(aRecord({ model: "AccessToken" }));
      await records.revokeByGrantId("AuthorizationCode", "g1");
      assert.equal(await find("r1"), null);
      assert.equal(await find("r2"), null);
      assert.notEqual(await find("other-grant"), null);
      assert.notEqual(await find("no-grant"), null);
      assert.notEqual(await find("r1", NOON, "AccessToken"), null);
    });

    it("finds a record by its user code, with its id, of this model and while it lives", async () => {
      const { records } = storage();
      const payload = { jti: "d1", userCode: "ABCD-EFGH" };
      await records.save(aRecord({ model: "DeviceCode", id: "d1", payload }));
      assert.deepEqual(await records.findByUserCode("DeviceCode", "ABCD-EFGH", NOON), payload);
      assert.equal(await records.findByUserCode("DeviceCode", "ABCD-EFGX", NOON), null);
      assert.equal(await records.findByUserCode("Other", "ABCD-EFGH", NOON), null);
      assert.equal(await records.findByUserCode("DeviceCode", "ABCD-EFGH", END), null);
    });
  });
}
