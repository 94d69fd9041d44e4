import assert from "node:assert/strict";
import { A_NUMBER, anAuditEvent, aTestNumber, NOON } from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race, tally } from "./opened-storage.ts";

const ADDED = anAuditEvent({ action: "added" });
const REMOVED = anAuditEvent({ action: "removed" });
const ANOTHER_NUMBER = "+447700900123";

export function testNumberStoreContract(openEmpty: OpenEmpty): void {
  describe("TestNumberStore contract", () => {
    const storage = openedForEach(openEmpty);
    const actions = async () =>
      (await storage().audit.list({ limit: 99 })).map(({ action }) => action);

    it("finds what was listed, and no other number", async () => {
      const { testNumbers } = storage();
      assert.equal(await testNumbers.find(A_NUMBER), null);
      assert.equal(await testNumbers.add(aTestNumber(), ADDED), "added");
      assert.deepEqual(await testNumbers.find(A_NUMBER), aTestNumber());
      assert.equal(await testNumbers.find(ANOTHER_NUMBER), null);
      assert.deepEqual(await actions(), ["added"]);
    });

    it("lists all of them, oldest first, those that have ended too", async () => {
      const { testNumbers } = storage();
      const late = aTestNumber({ id: "late", number: ANOTHER_NUMBER, addedAt: NOON + 1 });
      const ended = aTestNumber({ until: NOON });
      await testNumbers.add(late, ADDED);
      await testNumbers.add(ended, ADDED);
      assert.deepEqual(await testNumbers.list(), [ended, late]);
    });

    it("leaves the listing of a number that is listed already, ended or not", async () => {
      const { testNumbers } = storage();
      const ended = aTestNumber({ until: NOON - 1 });
      await testNumbers.add(ended, ADDED);
      assert.equal(await testNumbers.add(aTestNumber({ id: "other" }), ADDED), "conflict");
      assert.deepEqual(await testNumbers.find(A_NUMBER), ended);
      assert.deepEqual(await actions(), ["added"]);
    });

    it("lists a number for exactly one of twenty at once", async () => {
      const added = await race(20, (i) =>
        storage().testNumbers.add(aTestNumber({ id: `listing${i}` }), ADDED),
      );
      assert.deepEqual(tally(added), { added: 1, conflict: 19 });
      assert.deepEqual(await actions(), ["added"]);
      const [won] = await storage().testNumbers.list();
      assert.equal(added[Number(won?.id.replace("listing", ""))], "added");
    });

    it("removes a listing for exactly one of ten at once", async () => {
      const { testNumbers } = storage();
      await testNumbers.add(aTestNumber(), ADDED);
      const removed = await race(10, () => storage().testNumbers.remove(aTestNumber(), REMOVED));
      assert.deepEqual(tally(removed), { changed: 1, absent: 9 });
      assert.equal(await testNumbers.find(A_NUMBER), null);
      assert.deepEqual(await testNumbers.list(), []);
      assert.deepEqual(await actions(), ["added", "removed"]);
    });

    it("removes no other listing than the one that was read", async () => {
      const { testNumbers } = storage();
      assert.equal(await testNumbers.remove(aTestNumber(), REMOVED), "absent");
      await testNumbers.add(aTestNumber(), ADDED);
      await testNumbers.remove(aTestNumber(), REMOVED);
      const anew = aTestNumber({ id: "anew", code: "654321" });
      assert.equal(await testNumbers.add(anew, ADDED), "added");
      assert.equal(await testNumbers.remove(aTestNumber(), REMOVED), "absent");
      assert.deepEqual(await testNumbers.find(A_NUMBER), anew);
    });

    it("is not swept, for its end has to be seen", async () => {
      await storage().testNumbers.add(aTestNumber({ until: NOON }), ADDED);
      await storage().sweep(Number.MAX_SAFE_INTEGER, 1000);
      assert.equal((await storage().testNumbers.list()).length, 1);
    });
  });
}
