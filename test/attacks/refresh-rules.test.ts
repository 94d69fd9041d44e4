// Refresh tokens that were earned with less than the rules demand by now, and rules that cannot be read meanwhile.
import assert from "node:assert/strict";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import mongoose from "mongoose";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import type { TestServer } from "../support/server.ts";
import {
  introspect,
  type JsonAnswer,
  openScene,
  postToken,
  type Scene,
  TWO,
  tokensFor,
} from "./scene.ts";

describe("attacks with refresh tokens that rules have overtaken", () => {
  let scene: Scene;
  let shop: RelyingParty;
  before(async () => {
    scene = await openScene();
    shop = await registerRelyingParty(scene.server, { id: "shop" });
  });
  afterEach(async () => {
    await scene.server.latchkey("mfa", "global", "off");
    await scene.server.latchkey("mfa", "client", "shop", "inherit");
  });
  after(() => scene.server.close());

  const mfa = (...args: string[]) => scene.server.latchkey("mfa", ...args);
  const refresh = (token: unknown, party = shop): Promise<JsonAnswer> =>
    postToken(scene.server, party, { grant_type: "refresh_token", refresh_token: String(token) });
  const reasons = () =>
    scene.server
      .output()
      .split("\n")
      .filter((line) => line.includes("less-than-the-rules-demand")).length;

  it("end at the first refresh after the global switch, with all that came of them (TOK-28)", async () => {
    const tokens = await tokensFor(scene, shop, scene.victim());
    const first = await refresh(tokens.refresh_token);
    assert.equal(first.status, 200);
    await mfa("global", "on");
    const told = reasons();
    const answer = await refresh(first.body.refresh_token);
    assert.deepEqual([answer.status, answer.body.error], [400, "invalid_grant"]);
    assert.equal(reasons(), told + 1);
    const access = await introspect(scene.server, shop, first.body.access_token);
    assert.equal(access.body.active, false);
    await mfa("global", "off");
    assert.equal((await refresh(first.body.refresh_token)).status, 400, "for good");
  });

  it("end where an application gets rules of its own (TOK-28)", async () => {
    const tokens = await tokensFor(scene, shop, scene.victim());
    const elsewhere = await tokensFor(scene, scene.lax, scene.victim());
    await mfa("client", "shop", "on");
    assert.equal((await refresh(tokens.refresh_token)).body.error, "invalid_grant");
    assert.equal((await refresh(elsewhere.refresh_token, scene.lax)).status, 200);
  });

  it("go on where both factors earned them, however long ago that is (TOK-28)", async () => {
    const tokens = await tokensFor(scene, shop, scene.victim(), { acr_values: TWO });
    await mfa("client", "shop", "on");
    await mfa("rule", "factor-age", "0", "--client", "shop");
    assert.equal((await refresh(tokens.refresh_token)).status, 200);
  });

  it("end where the phone that earned them is not accepted any more (TOK-28)", async () => {
    const victim = scene.victimWithoutPhone();
    const tokens = await tokensFor(scene, shop, victim, { acr_values: TWO });
    await mfa("client", "shop", "on");
    const next = await refresh(tokens.refresh_token);
    assert.equal(next.status, 200);
    await mfa("rule", "binding", "administrator", "--client", "shop");
    assert.equal((await refresh(next.body.refresh_token)).body.error, "invalid_grant");
  });

  it("go on where the rule says that they are kept, and nowhere else (TOK-28)", async () => {
    const kept = await tokensFor(scene, shop, scene.victim());
    const others = await tokensFor(scene, scene.lax, scene.victim());
    await mfa("client", "shop", "on");
    const shown = await mfa("rule", "refresh", "keep", "--client", "shop");
    assert.equal(shown.refresh, "keep");
    await mfa("global", "on");
    assert.equal((await refresh(kept.refresh_token)).status, 200);
    assert.equal((await refresh(others.refresh_token, scene.lax)).body.error, "invalid_grant");
  });

  it("are refused, and not ended, while the rules cannot be read (TOK-28, FLT-28)", async () => {
    const tokens = await tokensFor(scene, shop, scene.victim());
    await mfa("global", "on");
    await mfa("global", "off");
    await writeGlobalRules(scene.server, "{");
    const answer = await refresh(tokens.refresh_token);
    assert.ok(answer.status >= 500, `${answer.status}`);
    assert.equal(answer.body.access_token, undefined);
    await writeGlobalRules(scene.server, null);
    assert.equal((await refresh(tokens.refresh_token)).status, 200);
  });
});

// Past everything that would look at them; null: gives them up.
async function writeGlobalRules({ env, dataDir }: TestServer, rules: string | null): Promise<void> {
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
