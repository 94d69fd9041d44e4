import assert from "node:assert/strict";
import type { Application } from "../../src/domain/application.ts";
import { DEFAULT_RULES, withSms } from "../../src/domain/security-rules.ts";
import { anApplication, anAuditEvent } from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race, tally } from "./opened-storage.ts";

const AUDIT = anAuditEvent();
const APP = anApplication();

function renamed(application: Application, name: string): Application {
  const metadata = { ...application.metadata, client_name: name };
  return { ...application, metadata, updatedAt: application.updatedAt + 1 };
}

export function applicationStoreContract(openEmpty: OpenEmpty): void {
  describe("ApplicationStore contract", () => {
    const storage = openedForEach(openEmpty);

    it("gives back an application as it was created, time and again", async () => {
      assert.equal(await storage().applications.create(APP, AUDIT), "created");
      assert.deepEqual(await storage().applications.find("app1"), APP);
      assert.deepEqual(await storage().applications.find("app1"), APP);
      assert.deepEqual(await storage().applications.list(), [APP]);
    });

    it("does not find what is not there, and finds it once it is", async () => {
      const { applications } = storage();
      assert.equal(await applications.find("app1"), null);
      assert.equal(await applications.replace(APP, renamed(APP, "x"), AUDIT), "absent");
      assert.equal(await applications.remove("app1", AUDIT), "absent");
      await applications.create(APP, AUDIT);
      assert.deepEqual(await applications.find("app1"), APP);
    });

    it("answers with what was written last", async () => {
      const { applications } = storage();
      await applications.create(APP, AUDIT);
      await applications.find("app1");
      const after = renamed(APP, "Another name");
      assert.equal(await applications.replace(APP, after, AUDIT), "changed");
      assert.deepEqual(await applications.find("app1"), after);
      assert.equal(await applications.remove("app1", AUDIT), "changed");
      assert.equal(await applications.find("app1"), null);
    });

    it("keeps an application's own texts to the letter, and forgets those that were given up", async () => {
      const { applications } = storage();
      await applications.create(APP, AUDIT);
      const texts = { de: "{brand}: {code} für Größe & <%= x %> $& \u00a0’", es: "{code}" };
      const after = { ...APP, texts, updatedAt: APP.updatedAt + 1 };
      assert.equal(await applications.replace(APP, after, AUDIT), "changed");
      assert.deepEqual(await applications.find("app1"), after);
      assert.deepEqual(await applications.list(), [after]);
      const later = { ...after, texts: { es: "{code}" }, updatedAt: after.updatedAt + 1 };
      assert.equal(await applications.replace(after, later, AUDIT), "changed");
      assert.deepEqual(await applications.find("app1"), later);
    });

    it("lets one of twenty parallel creations have an id", async () => {
      const outcomes = await race(20, (i) =>
        storage().applications.create(renamed(APP, `name ${i}`), AUDIT),
      );
      assert.deepEqual(tally(outcomes), { created: 1, conflict: 19 });
    });

    it("lets one of twenty parallel changes of one reading through", async () => {
      await storage().applications.create(APP, AUDIT);
      const outcomes = await race(20, (i) =>
        storage().applications.replace(APP, renamed(APP, `name ${i}`), AUDIT),
      );
      assert.deepEqual(tally(outcomes), { changed: 1, stale: 19 });
    });

    it("refuses a change that would look like what it replaces", async () => {
      await storage().applications.create(APP, AUDIT);
      const after = { ...APP, consent: true };
      await assert.rejects(storage().applications.replace(APP, after, AUDIT), RangeError);
    });

    it("removes an application's rules with it", async () => {
      const { applications, rules } = storage();
      await applications.create(APP, AUDIT);
      await rules.replace("app1", null, withSms(DEFAULT_RULES, true), AUDIT);
      await applications.remove("app1", AUDIT);
      assert.equal((await rules.find("app1")).own, null);
      await applications.create(APP, AUDIT);
      assert.equal((await rules.find("app1")).own, null);
    });

    it("lists applications by id", async () => {
      for (const id of ["c", "a", "b"]) {
        await storage().applications.create(anApplication({ id }), AUDIT);
      }
      const ids = (await storage().applications.list()).map((each) => each.id);
      assert.deepEqual(ids, ["a", "b", "c"]);
    });

    it("writes the audit event of a change, and none of a change that was refused", async () => {
      const { applications, audit } = storage();
      await applications.create(APP, anAuditEvent({ action: "created" }));
      await applications.create(APP, anAuditEvent({ action: "refused" }));
      await applications.replace(APP, renamed(APP, "x"), anAuditEvent({ action: "replaced" }));
      await applications.replace(APP, renamed(APP, "y"), anAuditEvent({ action: "refused" }));
      await applications.remove("app1", anAuditEvent({ action: "removed" }));
      await applications.remove("app1", anAuditEvent({ action: "refused" }));
      const actions = (await audit.list({ limit: 10 })).map((event) => event.action);
      assert.deepEqual(actions, ["created", "replaced", "removed"]);
    });
  });
}
