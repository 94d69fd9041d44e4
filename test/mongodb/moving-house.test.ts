// From the embedded store to MongoDB and back, with the command line, and a server on either side.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import mongoose from "mongoose";
import { openMongoStorage } from "../../src/adapters/mongo/storage.ts";
import {
  afterPassword,
  type Scene,
  sceneOn,
  tokensFor,
  type Victim,
  wait,
} from "../attacks/scene.ts";
import { tomorrow } from "../support/builders.ts";
import { emptyDatabase } from "../support/mongo-addresses.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

interface Item {
  readonly what: string;
  readonly count: number;
  readonly checksum: string;
}

describe("moving house", function () {
  this.timeout(60_000);
  let server: TestServer;
  let scene: Scene;
  let pairwise: RelyingParty;
  let victim: Victim;
  // Has a test number.
  let rehearsal: Victim;
  let testCode: string;
  let uri: string;
  const LIMITS = { sendGapSeconds: 0, sendsPerNumberPerDay: 1000 };

  // A server on the embedded store, with a secret that it made for itself.
  before(async () => {
    const { TEST_STORE_URI = "" } = process.env;
    uri = emptyDatabase(TEST_STORE_URI);
    delete process.env.TEST_STORE_URI;
    try {
      server = await startServer({ limits: LIMITS });
    } finally {
      process.env.TEST_STORE_URI = TEST_STORE_URI;
    }
    scene = await sceneOn(server);
    pairwise = await registerRelyingParty(server, {
      id: "pairwise",
      sms: "on",
      args: ["--subject-type", "pairwise"],
    });
    victim = scene.victimWithoutPhone();
    rehearsal = scene.victim();
  });
  after(() => server.close());

  const subjectOf = async () => (await tokensFor(scene, pairwise, victim)).claims()?.sub;
  const copyTo = async (target: "mongodb" | "embedded"): Promise<Item[]> =>
    (await server.latchkey("store", "copy", target)).items;
  const failing = async (target: string) => {
    try {
      await server.latchkey("store", "copy", target);
    } catch (error) {
      const { code, stderr } = Object(error);
      return { code, said: String(stderr) };
    }
    throw new Error("it did not fail");
  };

  const byTestNumber = async (code: string) => {
    const { browser, begun, page } = await afterPassword(scene.strict, rehearsal);
    return scene.strict.finish(begun, await browser.submit(page, "code", { code }));
  };

  it("carries everything that lasts to MongoDB, by which the server goes on", async () => {
    const listing = ["--name", "App review", "--until", tomorrow()];
    ({ code: testCode } = await server.latchkey(
      ...["test-number", "add", rehearsal.phone, ...listing],
    ));
    const { items: listed } = await server.latchkey("test-number", "list");
    const subject = await subjectOf();
    const key = (await server.latchkey("key", "list")).items[0].kid;
    await server.latchkey("mfa", "source", "sms", "off");
    assert.equal(await server.kill(), 0);

    server.env.SECRET_FILE = path.join(server.dataDir, "secret");
    server.env.MONGODB_URI = uri;
    const carried = await copyTo("mongodb");
    assert.deepEqual(
      carried.map(({ what }) => what),
      ["applications", "resources", "rules", "users", "keys", "test-numbers", "audit"],
    );
    const counts = Object.fromEntries(carried.map(({ what, count }) => [what, count]));
    assert.equal(counts.applications, 4);
    assert.equal(counts.users, 81);
    assert.equal(counts.rules, 4);
    assert.equal(counts["test-numbers"], 1);
    for (const { checksum } of carried) assert.match(checksum, /^[0-9a-f]{64}$/);

    await server.restart();
    assert.equal(await subjectOf(), subject, "pairwise subjects stay");
    assert.equal((await server.latchkey("key", "list")).items[0].kid, key);
    const user = await server.latchkey("user", "show", victim.username);
    assert.equal(user.phoneStatus, "bound");
    const { global } = await server.latchkey("mfa", "show");
    assert.equal(global.sources.sms, false);
    assert.deepEqual((await server.latchkey("test-number", "list")).items, listed);
    assert.ok((await byTestNumber(testCode)).id_token);
  });

  it("carries it back, the same to the last byte of its checksums", async () => {
    assert.equal(await server.kill(), 0);
    const secret = readFileSync(path.join(server.dataDir, "secret"), "utf8").trim();
    server.env.DATA_DIR = path.join(server.dataDir, "back");
    delete server.env.SECRET_FILE;
    server.env.SECRET = secret;
    const back = await copyTo("embedded");
    server.env.MONGODB_URI = emptyDatabase(uri);
    assert.deepEqual(await copyTo("mongodb"), back);

    const { MONGODB_URI } = server.env;
    delete server.env.MONGODB_URI;
    await server.restart();
    assert.ok(await subjectOf());
    assert.ok((await byTestNumber(testCode)).id_token);
    await server.kill();
    server.env.MONGODB_URI = MONGODB_URI;
  });

  it("copies into no store that holds something, and changes nothing in it", async () => {
    const { code, said } = await failing("mongodb");
    assert.equal(code, 4);
    assert.match(said, /not empty/);
    server.env.MONGODB_URI = emptyDatabase(uri);
    const other = await openMongoStorage({
      uri: server.env.MONGODB_URI,
      secrets: [server.env.SECRET ?? ""],
    });
    await other.close();
    const foreign = await failing("mongodb");
    assert.match(foreign.said, /data key of its own/);
    assert.ok(!foreign.said.includes(server.env.SECRET ?? ""));
  });

  it("says what is missing", async () => {
    assert.equal((await failing("elsewhere")).code, 2);
    const { MONGODB_URI, DATA_DIR } = server.env;
    server.env.DATA_DIR = path.join(server.dataDir, "nothing");
    assert.match((await failing("mongodb")).said, /There is no store at/);
    server.env.DATA_DIR = DATA_DIR ?? "";
    delete server.env.MONGODB_URI;
    assert.match((await failing("mongodb")).said, /MONGODB_URI/);
    server.env.MONGODB_URI = MONGODB_URI ?? "";
  });

  it("goes on after it was killed half way, and nobody serves from half a copy", async () => {
    const direct = new URL(emptyDatabase(uri));
    const proxy = await startTcpProxy({ host: direct.hostname, port: Number(direct.port) });
    proxy.delay(20);
    const slow = `mongodb://127.0.0.1:${proxy.port}${direct.pathname}?directConnection=true`;
    const copying = spawn(process.execPath, ["scripts/latchkey.mjs", "store", "copy", "mongodb"], {
      cwd: ROOT,
      env: { ...server.env, MONGODB_URI: slow },
    });
    const connection = await mongoose.createConnection(direct.href).asPromise();
    const users = () => connection.collection("users").countDocuments();
    while ((await users()) === 0) await wait(10);
    copying.kill("SIGKILL");
    await proxy.close();
    await connection.close();

    server.env.MONGODB_URI = direct.href;
    await assert.rejects(server.restart(), /the store is half copied/);
    const carried = await copyTo("mongodb");
    assert.equal(carried.find(({ what }) => what === "users")?.count, 81);
    await server.restart();
    assert.ok(await subjectOf());
  });
});
