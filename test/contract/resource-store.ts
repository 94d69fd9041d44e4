import assert from "node:assert/strict";
import { anApiResource, anApplication, anAuditEvent } from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race, tally } from "./opened-storage.ts";

const ADDED = anAuditEvent({ action: "added" });
const CHANGED = anAuditEvent({ action: "changed" });

export function resourceStoreContract(openEmpty: OpenEmpty): void {
  describe("ResourceStore contract", () => {
    const storage = openedForEach(openEmpty);
    const actions = async () =>
      (await storage().audit.list({ limit: 99 })).map(({ action }) => action);

    it("finds what was created, and lists by id", async () => {
      const { resources } = storage();
      const [b, a] = [anApiResource({ id: "urn:b" }), anApiResource({ id: "urn:a" })];
      assert.equal(await resources.create(b, ADDED), "created");
      assert.equal(await resources.create(a, ADDED), "created");
      assert.deepEqual(await resources.find("urn:b"), b);
      assert.equal(await resources.find("urn:c"), null);
      assert.deepEqual(await resources.list(), [a, b]);
    });

    it("creates one of twenty at once", async () => {
      const made = await race(20, () => storage().resources.create(anApiResource(), ADDED));
      assert.deepEqual(tally(made), { created: 1, conflict: 19 });
      assert.deepEqual(await actions(), ["added"]);
    });

    it("replaces what was read, and nothing that has changed since", async () => {
      const { resources } = storage();
      const before = anApiResource();
      const after = { ...before, scopes: ["other"], updatedAt: before.updatedAt + 1 };
      await resources.create(before, ADDED);
      assert.equal(await resources.replace(before, after, CHANGED), "changed");
      assert.deepEqual(await resources.find(before.id), after);
      const late = { ...before, updatedAt: before.updatedAt + 2 };
      assert.equal(await resources.replace(before, late, CHANGED), "stale");
      assert.deepEqual(await resources.find(before.id), after);
      assert.deepEqual(await actions(), ["added", "changed"]);
    });

    it("keeps APIs and applications of the same id apart", async () => {
      const { resources, applications } = storage();
      await resources.create(anApiResource({ id: "same" }), ADDED);
      assert.equal(await applications.find("same"), null);
      assert.deepEqual(await applications.list(), []);
      const application = anApplication({ id: "same" });
      assert.equal(await applications.create(application, ADDED), "created");
      assert.equal(await resources.remove("same", CHANGED), "changed");
      assert.equal(await resources.remove("same", CHANGED), "absent");
      assert.deepEqual(await applications.find("same"), application);
      assert.deepEqual(await resources.list(), []);
    });
  });
}
