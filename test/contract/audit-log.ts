import assert from "node:assert/strict";
import type { AuditQuery } from "../../src/ports/storage.ts";
import { anAuditEvent, NOON } from "../support/builders.ts";
import { type OpenEmpty, openedForEach, race } from "./opened-storage.ts";

export function auditLogContract(openEmpty: OpenEmpty): void {
  describe("AuditLog contract", () => {
    const storage = openedForEach(openEmpty);
    const actions = async (query: Partial<AuditQuery>) =>
      (await storage().audit.list({ limit: 100, ...query })).map((event) => event.action);

    async function appendSix(): Promise<void> {
      await storage().audit.append(
        ["a", "b", "c", "a", "b", "c"].map((action, i) =>
          anAuditEvent({ action, target: i < 3 ? "user:u1" : "user:u2" }),
        ),
      );
    }

    it("gives back events as they were appended, with an id that grows", async () => {
      const details = { before: { sms: false }, after: { sms: true }, list: [1, null] };
      const event = anAuditEvent({ at: NOON + 1, actor: "cli:root", because: "why", details });
      await storage().audit.append([event, anAuditEvent()]);
      const [first, second, ...others] = await storage().audit.list({ limit: 10 });
      assert.ok(first && second);
      const { id, ...rest } = first;
      assert.deepEqual(rest, event);
      assert.ok(second.id > id);
      assert.deepEqual(others, []);
    });

    it("is empty to begin with, and stays so when nothing is appended", async () => {
      await storage().audit.append([]);
      assert.deepEqual(await storage().audit.list({ limit: 10 }), []);
    });

    it("lists by action, by target, and by both", async () => {
      await appendSix();
      assert.deepEqual(await actions({ action: "a" }), ["a", "a"]);
      assert.deepEqual(await actions({ target: "user:u2" }), ["a", "b", "c"]);
      assert.deepEqual(await actions({ target: "user:u2", action: "b" }), ["b"]);
      assert.deepEqual(await actions({ target: "user:u3" }), []);
    });

    for (const newestFirst of [false, true]) {
      it(`leads from page to page, the ${newestFirst ? "newest" : "oldest"} first`, async () => {
        await appendSix();
        const seen: string[] = [];
        for (let after: number | undefined; ; ) {
          const page = await storage().audit.list({ after, limit: 4, newestFirst });
          seen.push(...page.map((event) => event.action));
          if (page.length < 4) break;
          after = page.at(-1)?.id;
        }
        const all = ["a", "b", "c", "a", "b", "c"];
        assert.deepEqual(seen, newestFirst ? all.toReversed() : all);
      });
    }

    it("keeps every event of fifty that append at once", async () => {
      await race(50, (i) => storage().audit.append([anAuditEvent({ action: `a${i}` })]));
      const events = await storage().audit.list({ limit: 100 });
      assert.equal(new Set(events.map((event) => event.action)).size, 50);
      assert.equal(new Set(events.map((event) => event.id)).size, 50);
    });
  });
}
