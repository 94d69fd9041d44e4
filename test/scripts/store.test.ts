// A copy of the store, made while somebody writes, and what is alive in what was restored from one.
import assert from "node:assert/strict";
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as oidc from "openid-client";
import type { Storage } from "../../src/ports/storage.ts";
import { openStorage } from "../../src/store-access.ts";
import { race } from "../contract/opened-storage.ts";
import { createBrowser, type Page } from "../support/browser.ts";
import { anAuditEvent, aUser } from "../support/builders.ts";
import { spawnLatchkey } from "../support/command-line.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type Latchkey, openLatchkey } from "./command.ts";

describe("latchkey store backup", function () {
  this.timeout(60_000);
  let latchkey: Latchkey;
  let target: string;
  beforeEach(async () => {
    // In another process than those who write meanwhile.
    latchkey = openLatchkey(spawnLatchkey);
    target = path.join(latchkey.dataDir, "copy.sqlite");
    await latchkey.json("user", "add", "--username", "alice");
  });
  afterEach(() => latchkey.close());

  const secret = () => readFileSync(path.join(latchkey.dataDir, "secret"), "utf8").trim();
  const open = (): Promise<Storage> =>
    openStorage({
      store: { kind: "sqlite", file: path.join(latchkey.dataDir, "latchkey.sqlite") },
      secrets: [secret()],
    });

  // Each with an event, in one step: at any one instant there are as many of the one as of the other.
  function addUsers(storage: Storage): { acknowledged(): number; stop(): Promise<void> } {
    let [added, over] = [0, false];
    const adding = race(10, async (writer) => {
      for (let i = 0; !over; i++) {
        const id = `u${writer}-${i}`;
        const name = "n".repeat(500);
        const user = aUser({ id, username: id, profile: { name } });
        await storage.users.create(user, anAuditEvent({ action: "user-added" }));
        added++;
      }
    });
    return {
      acknowledged: () => added,
      stop: async () => {
        over = true;
        await adding;
      },
    };
  }

  it("copies the store as it is at one instant, while others write to it", async () => {
    const storage = await open();
    const adding = addUsers(storage);
    while (statSync(path.join(latchkey.dataDir, "latchkey.sqlite")).size < 5_000_000) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    // Whoever reads for long keeps what comes after it out of the file: it is in the log alone.
    const reader = new DatabaseSync(path.join(latchkey.dataDir, "latchkey.sqlite"));
    reader.exec("BEGIN; SELECT count(*) FROM users");
    for (const round of [1, 2, 3]) {
      const file = `${target}.${round}`;
      // Alice was there before.
      const before = adding.acknowledged() + 1;
      const made = await latchkey.json("store", "backup", file);
      const after = adding.acknowledged() + 1;
      assert.deepEqual(Object.keys(made), ["file", "bytes", "at"]);
      assert.equal(made.file, file);
      assert.equal(made.bytes, statSync(file).size);

      const copy = new DatabaseSync(file, { readOnly: true });
      const count = (table: string) =>
        Number(copy.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.rows);
      const users = count("users");
      // One more: what alice's name looks like. The others were not added by an administrator.
      assert.equal(count("login_names"), users + 1);
      assert.equal(count("audit WHERE action IN ('user-added', 'user-created')"), users);
      assert.ok(users >= before, `${users} of the ${before} that were acknowledged before`);
      assert.ok(after > before + 100, "nobody wrote meanwhile");
      copy.close();
    }
    reader.close();
    await adding.stop();
    await storage.close();
  });

  it("makes one file that only its owner can read, and that a restore is one copy of", async () => {
    await latchkey.json("store", "backup", target);
    assert.equal(statSync(target).mode & 0o777, 0o600);
    const restored = path.join(latchkey.dataDir, "restored");
    mkdirSync(restored);
    copyFileSync(target, path.join(restored, "latchkey.sqlite"));
    const env = { DATA_DIR: restored, SECRET: secret() };
    const shown = await latchkey.run(["user", "show", "alice", "--json"], { env });
    assert.equal(JSON.parse(shown.stdout).username, "alice");
    const { items } = JSON.parse((await latchkey.run(["doctor", "--json"], { env })).stdout);
    assert.equal(items.find(({ check }: { check: string }) => check === "integrity").ok, true);
    const files = readdirSync(latchkey.dataDir).filter((name) => name.startsWith("copy"));
    assert.deepEqual(files, ["copy.sqlite"]);
  });

  it("overwrites nothing", async () => {
    writeFileSync(target, "precious");
    assert.match(await latchkey.refused(4, ["store", "backup", target]), /left as it is/);
    assert.equal(readFileSync(target, "utf8"), "precious");
    const itself = path.join(latchkey.dataDir, "latchkey.sqlite");
    await latchkey.refused(4, ["store", "backup", itself]);
    assert.deepEqual(readdirSync(latchkey.dataDir).toSorted(), [
      ...["copy.sqlite", "latchkey.sqlite", "secret"],
    ]);
  });

  it("leaves nothing behind that is not whole, and makes no store to copy", async () => {
    await latchkey.refused(1, ["store", "backup", path.join(latchkey.dataDir, "none", "copy")]);
    writeFileSync(path.join(latchkey.dataDir, "latchkey.sqlite"), "no database at all ".repeat(99));
    await latchkey.refused(1, ["store", "backup", target]);
    assert.deepEqual(readdirSync(latchkey.dataDir).toSorted(), ["latchkey.sqlite", "secret"]);
    const env = { DATA_DIR: path.join(latchkey.dataDir, "nothing") };
    const { code, stderr } = await latchkey.run(["store", "backup", target], { env });
    assert.equal(code, 1);
    assert.match(stderr, /There is no store at/);
  });

  it("is refused where the store is MongoDB's", async () => {
    const env = { MONGODB_URI: "mongodb://127.0.0.1:1/latchkey", SECRET: secret() };
    const { code, stderr } = await latchkey.run(["store", "backup", target], { env });
    assert.equal(code, 2);
    assert.match(stderr, /MongoDB/);
  });
});

describe("latchkey store restored", function () {
  this.timeout(60_000);
  let server: TestServer;
  let app: RelyingParty;

  before(async () => {
    server = await startServer({ limits: { refreshReuseGraceSeconds: 0 } });
    app = await registerRelyingParty(server, { id: "app" });
  });
  after(() => server.close());

  const refresh = (token: string | undefined) => oidc.refreshTokenGrant(app.config, token ?? "");
  const isSignInPage = (page: Page) => /name="password"/.test(page.html);

  it("ends what a restored backup would bring back to life", async () => {
    const user = await server.latchkey("user", "add", "--username", "alice");
    const given = { login: "alice", password: user.password };
    const browser = createBrowser();
    const begun = await app.begin();
    const page = await browser.open(begun.url.href);
    assert.ok(isSignInPage(page));
    const tokens = await app.finish(begun, await browser.submit(page, "login", given));
    const underWay = await createBrowser().open((await app.begin()).url.href);

    const copy = path.join(server.dataDir, "copy.sqlite");
    await server.latchkey("store", "backup", copy);
    const later = await refresh(tokens.refresh_token);
    await assert.rejects(refresh(tokens.refresh_token), { error: "invalid_grant" });
    await server.kill();

    const restored = path.join(server.dataDir, "restored");
    mkdirSync(restored, { mode: 0o700 });
    copyFileSync(copy, path.join(restored, "latchkey.sqlite"));
    server.env.SECRET_FILE = path.join(server.dataDir, "secret");
    await server.restart({ DATA_DIR: restored });
    const revived = await refresh(tokens.refresh_token);
    assert.ok(revived.refresh_token, "what was spent after the backup is alive in it");
    await server.kill();

    const { ended } = await server.latchkey("store", "restored");
    assert.ok(ended > 4, `${ended}`);
    const { items } = await server.latchkey("audit", "list", "--action", "store-restored");
    assert.match(items[0].actor, /^cli:/);
    await server.restart();
    for (const token of [tokens, later, revived]) {
      await assert.rejects(refresh(token.refresh_token), { error: "invalid_grant" });
      const facts = await oidc.tokenIntrospection(app.config, token.access_token);
      assert.equal(facts.active, false);
    }
    assert.equal((await createBrowser().open(underWay.url)).status, 404);

    const again = await app.begin();
    const asked = await browser.open(again.url.href);
    assert.ok(isSignInPage(asked), "the session is alive");
    await app.finish(again, await browser.submit(asked, "login", given));
    assert.ok((await server.latchkey("doctor")).items.every(({ ok }: { ok: boolean }) => ok));
  });
});
