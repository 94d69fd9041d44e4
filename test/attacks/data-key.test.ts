// An old SECRET and an old copy of the store: what they are worth once the data key was replaced, with the server
// running and the command killed half-way.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import mongoose from "mongoose";
import { openVault, unwrapDataKey, type Vault } from "../../src/domain/vault.ts";
import { createBrowser } from "../support/browser.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

describe("replacing the data key (SEC-07)", function () {
  this.timeout(120_000);
  let server: TestServer;
  let app: RelyingParty;
  before(async () => {
    server = await startServer({ limits: { dataKeyPublishSeconds: 5 } });
    app = await registerRelyingParty(server, { id: "app", public: true });
  });
  after(() => server.close());

  // As it lies in a copy of the store.
  async function storedUsers(): Promise<{ id: string; sealed: Buffer }[]> {
    const rows = await reading<object[]>(
      (database) => database.prepare("SELECT id, sealed FROM users").all(),
      (connection) => connection.collection("users").find({}).toArray(),
    );
    return rows.map((row) => {
      const { id, _id, sealed } = Object(row);
      return { id: id ?? _id, sealed: Buffer.from(sealed.buffer ?? sealed) };
    });
  }

  async function reading<T>(
    embedded: (database: DatabaseSync) => T,
    elsewhere: (connection: mongoose.Connection) => Promise<T>,
  ): Promise<T> {
    const { MONGODB_URI: uri } = server.env;
    if (uri === undefined) {
      const database = new DatabaseSync(path.join(server.dataDir, "latchkey.sqlite"));
      try {
        return embedded(database);
      } finally {
        database.close();
      }
    }
    const connection = await mongoose.createConnection(uri).asPromise();
    try {
      return await elsewhere(connection);
    } finally {
      await connection.close();
    }
  }

  async function thief(): Promise<Vault> {
    const wrapped = await reading<unknown>(
      (database) => database.prepare("SELECT value FROM meta WHERE name = 'data-key'").get()?.value,
      async (connection) => {
        const meta = connection.collection<{ _id: string; bytes: unknown }>("meta");
        const bytes = (await meta.findOne({ _id: "data-key" }))?.bytes;
        return Object(bytes).buffer;
      },
    );
    const secret =
      server.env.SECRET ?? readFileSync(path.join(server.dataDir, "secret"), "utf8").trim();
    const opened = unwrapDataKey(Buffer.from(wrapped as Uint8Array), [secret]);
    assert.ok(opened !== null);
    return openVault(opened.dataKey);
  }

  async function signsIn(username: string, password: string): Promise<string> {
    const browser = createBrowser();
    const begun = await app.begin();
    const page = await browser.open(begun.url.href);
    const answer = await browser.post(page, "login", { login: username, password });
    assert.equal(answer.status, 303);
    const tokens = await app.finish(begun, await browser.follow(answer));
    return tokens.claims()?.sub ?? "";
  }

  const rotating = (...args: string[]) => {
    const { env } = server;
    const command = [path.join(ROOT, "scripts/latchkey.mjs"), "store", "rotate-key", ...args];
    return { command, options: { env, cwd: ROOT } };
  };

  it("leaves nothing for them that is written afterwards, and nobody notices", async () => {
    const alice = await server.latchkey("user", "add", "--username", "alice");
    const subject = await signsIn("alice", alice.password);
    const old = await thief();

    const { command, options } = rotating();
    const killed = spawn(process.execPath, command, options);
    await new Promise((resolve) => killed.stderr.once("data", resolve));
    killed.kill("SIGKILL");

    let isDone = false;
    const again = run(process.execPath, [...command, "--json"], options).finally(() => {
      isDone = true;
    });
    let signedIn = 0;
    while (!isDone || signedIn === 0) {
      assert.equal(await signsIn("alice", alice.password), subject);
      signedIn++;
    }
    const rotated = JSON.parse((await again).stdout);
    assert.equal(rotated.users, (await storedUsers()).length);

    const bob = await server.latchkey("user", "add", "--username", "bob");
    assert.equal(await signsIn("bob", bob.password), bob.id);
    assert.equal(await signsIn("alice", alice.password), subject);
    for (const { id, sealed } of await storedUsers()) {
      assert.throws(
        () => old.open(sealed, `user:${id}`),
        `${id} is still sealed under the old key`,
      );
    }
    await server.kill();
    await server.restart();
    assert.equal(await signsIn("alice", alice.password), subject);
  });
});
