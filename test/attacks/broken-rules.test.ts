// Rules that cannot be read while somebody signs in: nobody gets on, and nothing is sent (FLT-28).
import assert from "node:assert/strict";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import mongoose from "mongoose";
import { createBrowser } from "../support/browser.ts";
import type { TestServer } from "../support/server.ts";
import { afterPassword, answerOf, asksForCode, openScene, type Scene } from "./scene.ts";

// Writes the global rules past everything that would look at them; null: gives them up.
async function writeRules({ env, dataDir }: TestServer, rules: string | null): Promise<void> {
  if (env.MONGODB_URI) {
    const connection = await mongoose.createConnection(env.MONGODB_URI).asPromise();
    const found = { _id: "global" as unknown as mongoose.Types.ObjectId };
    await connection.collection("applications").updateOne(found, { $set: { rules } });
    await connection.close();
    return;
  }
  const database = new DatabaseSync(path.join(dataDir, "latchkey.sqlite"), { timeout: 5000 });
  if (rules === null) database.exec("DELETE FROM rules WHERE scope = 'global'");
  else database.prepare("INSERT OR REPLACE INTO rules VALUES ('global', ?)").run(rules);
  database.close();
}

describe("attacks on rules that cannot be read", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
    // There are rules to break from here on.
    await scene.server.latchkey("mfa", "global", "on");
    await scene.server.latchkey("mfa", "global", "off");
  });
  afterEach(() => writeRules(scene.server, null));
  after(() => scene.server.close());

  for (const [what, rules] of [
    ["no JSON", "{"],
    ["nothing of what belongs there", "{}"],
    ["a switch that is neither on nor off", '{"mfa":{"sms":"no","sources":{}}}'],
    ["a rule that nobody knows", '{"mfa":{"sms":false,"sources":{},"anything":true}}'],
  ] as const) {
    it(`lets nobody in by a right password where they hold ${what}`, async () => {
      const victim = scene.victim();
      await writeRules(scene.server, rules);
      for (const party of [scene.lax, scene.strict]) {
        const begun = await party.begin();
        const browser = createBrowser();
        const page = await browser.open(begun.url.href);
        const answer = await browser.post(page, "login", {
          login: victim.username,
          password: victim.password,
        });
        assert.equal(answer.status, 503);
        assert.match(answer.headers.get("Retry-After") ?? "", /^\d+$/);
        assert.equal(answerOf(answer).get("code"), null);
        assert.equal(answerOf(await browser.open(begun.url.href)).get("code"), null);
      }
      assert.ok(!scene.server.texts().some(({ to }) => to === victim.phone));
    });
  }

  it("asks for the code as ever once they can be read again", async () => {
    const visit = await afterPassword(scene.strict, scene.victim());
    assert.ok(asksForCode(visit.page));
  });
});
