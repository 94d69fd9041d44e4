import assert from "node:assert/strict";
import { DEFAULT_RULES, withSms, withSource } from "../../src/domain/security-rules.ts";
import { anApplication, anAuditEvent } from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race } from "./opened-storage.ts";

const AUDIT = anAuditEvent();
const SMS_ON = withSms(DEFAULT_RULES, true);

export function rulesStoreContract(openEmpty: OpenEmpty): void {
  describe("RulesStore contract", () => {
    const storage = openedForEach(openEmpty);

    it("knows the default rules before any were stored", async () => {
      assert.deepEqual(await storage().rules.find(null), { global: DEFAULT_RULES, own: null });
      assert.deepEqual(await storage().rules.find("app1"), { global: DEFAULT_RULES, own: null });
    });

    it("gives back global rules to everybody", async () => {
      const rules = withSource(SMS_ON, "password", false);
      assert.equal(await storage().rules.replace(null, DEFAULT_RULES, rules, AUDIT), true);
      assert.deepEqual(await storage().rules.find(null), { global: rules, own: null });
      assert.deepEqual(await storage().rules.find("app1"), { global: rules, own: null });
    });

    it("gives an application its own rules, and takes them back", async () => {
      const { rules, applications } = storage();
      await applications.create(anApplication(), AUDIT);
      assert.equal(await rules.replace("app1", null, SMS_ON, AUDIT), true);
      assert.deepEqual(await rules.find("app1"), { global: DEFAULT_RULES, own: SMS_ON });
      assert.deepEqual(await rules.find("app2"), { global: DEFAULT_RULES, own: null });
      assert.equal(await rules.replace("app1", SMS_ON, null, AUDIT), true);
      assert.deepEqual(await rules.find("app1"), { global: DEFAULT_RULES, own: null });
    });

    it("does not take an application named global for the global rules", async () => {
      const { rules, applications } = storage();
      await applications.create(anApplication({ id: "global" }), AUDIT);
      await rules.replace("global", null, SMS_ON, AUDIT);
      assert.deepEqual(await rules.find(null), { global: DEFAULT_RULES, own: null });
    });

    it("gives no rules to an application that is not there", async () => {
      assert.equal(await storage().rules.replace("app1", null, SMS_ON, AUDIT), false);
      assert.equal((await storage().rules.find("app1")).own, null);
    });

    it("refuses when the rules are no longer what was read", async () => {
      const { rules, applications } = storage();
      await applications.create(anApplication(), AUDIT);
      assert.equal(await rules.replace(null, SMS_ON, DEFAULT_RULES, AUDIT), false);
      assert.equal(await rules.replace(null, null, SMS_ON, AUDIT), false);
      assert.equal(await rules.replace("app1", SMS_ON, DEFAULT_RULES, AUDIT), false);
      await rules.replace("app1", null, SMS_ON, AUDIT);
      assert.equal(await rules.replace("app1", null, DEFAULT_RULES, AUDIT), false);
      assert.deepEqual(await rules.find("app1"), { global: DEFAULT_RULES, own: SMS_ON });
    });

    it("compares what the rules say, not the order in which they say it", async () => {
      const one = withSource(withSource(SMS_ON, "password", true), "sms", false);
      const other = withSource(withSource(SMS_ON, "sms", false), "password", true);
      await storage().rules.replace(null, DEFAULT_RULES, one, AUDIT);
      assert.equal(await storage().rules.replace(null, other, SMS_ON, AUDIT), true);
    });

    it("lets one of twenty parallel changes of one reading through", async () => {
      const changes = await race(20, (i) =>
        storage().rules.replace(null, DEFAULT_RULES, withSource(SMS_ON, `s${i}`, true), AUDIT),
      );
      assert.equal(changes.filter(Boolean).length, 1);
      assert.equal((await storage().audit.list({ limit: 50 })).length, 1);
    });

    it("refuses to be without global rules", async () => {
      await assert.rejects(storage().rules.replace(null, DEFAULT_RULES, null, AUDIT), RangeError);
    });
  });
}
