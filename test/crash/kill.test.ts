// What a machine does to a server: kills it between acknowledged steps, stops it with requests under way,
// starts it with settings that are not safe.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as oidc from "openid-client";
import { createBrowser } from "../support/browser.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const ROUNDS = 20;

describe("kill -9", function () {
  this.timeout(300_000);
  let server: TestServer;
  let app: RelyingParty;

  before(async () => {
    server = await startServer({
      limits: { sendGapSeconds: 0, sendsPerNumberPerDay: 1000, refreshReuseGraceSeconds: 0 },
    });
    app = await registerRelyingParty(server, { id: "app", sms: "on" });
  });
  after(() => server.close());

  it(`loses nothing acknowledged and lets no code live twice, ${ROUNDS} rounds`, async () => {
    const user = await server.latchkey("user", "add", "--username", "alice");
    const phone = "+14155552671";
    let slowestReadyMs = 0;
    const crash = async () => {
      await server.kill("SIGKILL");
      const began = performance.now();
      await server.restart();
      slowestReadyMs = Math.max(slowestReadyMs, performance.now() - began);
    };

    for (let round = 0; round < ROUNDS; round++) {
      const crashAfter = (step: number) => (round % 4 === step ? crash() : Promise.resolve());
      const browser = createBrowser();
      const begun = await app.begin();
      let page = await browser.open(begun.url.href);
      page = await browser.submit(page, "login", { login: "alice", password: user.password });
      await crashAfter(0);
      page = await browser.open(page.url);
      if (round === 0) {
        assert.match(page.html, /Add your mobile number/, "the step that was reached is lost");
        page = await browser.submit(page, "phone", { phone });
      }
      const code = server.lastCode(phone);
      await crashAfter(1);

      const accepted = await browser.post(page, "code", { code });
      assert.equal(accepted.status, 303, `round ${round}: the code that was sent does not work`);
      await crashAfter(2);
      const replayed = await (await browser.clone()).post(page, "code", { code });
      assert.ok(replayed.status === 409 || replayed.status === 404, `round ${round}: twice`);

      const tokens = await app.finish(begun, await browser.follow(accepted));
      assert.deepEqual(tokens.claims()?.amr, ["pwd", "sms", "mfa"]);
      const next = await oidc.refreshTokenGrant(app.config, tokens.refresh_token ?? "");
      await crashAfter(3);
      const facts = await oidc.tokenIntrospection(app.config, next.access_token);
      assert.equal(facts.active, true, `round ${round}: a token that was handed out is lost`);
      await assert.rejects(oidc.refreshTokenGrant(app.config, tokens.refresh_token ?? ""), {
        error: "invalid_grant",
      });
    }
    const shown = await server.latchkey("user", "show", "alice");
    assert.equal(shown.phone?.status ?? shown.phoneStatus, "bound");
    assert.ok(slowestReadyMs < 5000, `ready after ${Math.round(slowestReadyMs)} ms`);
  });

  it("leaves a file that SQLite finds sound", async () => {
    await server.kill("SIGKILL");
    const file = new DatabaseSync(path.join(server.dataDir, "latchkey.sqlite"));
    assert.equal(file.prepare("PRAGMA integrity_check").get()?.integrity_check, "ok");
    file.close();
    await server.restart();
  });
});

describe("SIGTERM", () => {
  it("finishes what is under way and exits 0", async () => {
    const server = await startServer();
    try {
      const app = await registerRelyingParty(server, { id: "app", public: true });
      const pages = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const browser = createBrowser();
          return { browser, page: await browser.open((await app.begin()).url.href) };
        }),
      );
      // Each waits for a password hash, so they are under way when the signal comes.
      const answers = pages.map(({ browser, page }, i) =>
        browser.post(page, "login", { login: `nobody-${i}`, password: "wrong" }),
      );
      await new Promise((resolve) => setTimeout(resolve, 250));
      const ended = server.kill("SIGTERM");
      const statuses = (await Promise.all(answers)).map(({ status }) => status);
      assert.deepEqual([...new Set(statuses)], [401]);
      assert.equal(await ended, 0);
    } finally {
      await server.close();
    }
  });

  it("reaches the server through npm start", async () => {
    const dataDir = mkdtempSync(path.join(tmpdir(), "latchkey-"));
    const env = { ...process.env, DATA_DIR: dataDir, PORT: "0", ISSUER: "http://localhost:39999" };
    const npm = spawn("npm", ["start"], { cwd: ROOT, env });
    await printed(npm, /"event":"ready"/);
    npm.kill("SIGTERM");
    await printed(npm, /"event":"stopping"/);
    await new Promise((resolve) => npm.once("close", resolve));
    rmSync(dataDir, { recursive: true, force: true });
  });
});

describe("a start in production", () => {
  it("refuses unsafe settings, all in one message", async () => {
    const { code, output } = await runMain({
      NODE_ENV: "production",
      ISSUER: "http://login.example",
      SECRET: "x".repeat(40),
      ALLOW_PRIVATE_FETCH: "1",
      PORT: "no",
    });
    assert.equal(code, 78);
    for (const name of ["ISSUER", "SECRET", "SMS_PROVIDERS", "ALLOW_PRIVATE_FETCH", "PORT"]) {
      assert.match(output, new RegExp(`- ${name}: `));
    }
    assert.doesNotMatch(output, /xxxx/);
  });

  it("refuses a store that holds the demo", async () => {
    const server = await startServer();
    await server.kill();
    const { code, output } = await runMain({
      ...server.env,
      NODE_ENV: "production",
      SMS_PROVIDERS: "vonage",
      VONAGE_API_KEY: "key",
      VONAGE_API_SECRET: "a-secret",
      VONAGE_FROM: "Latchkey",
    });
    assert.equal(code, 78);
    assert.match(output, /demo application or user/);
    await server.close();
  });
});

function runMain(env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const dataDir = mkdtempSync(path.join(tmpdir(), "latchkey-"));
  const child = spawn(process.execPath, ["src/main.ts"], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? "", DATA_DIR: dataDir, ...env },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => {
      output += data.toString();
    });
  }
  return new Promise((resolve) => {
    child.once("close", (code) => {
      rmSync(dataDir, { recursive: true, force: true });
      resolve({ code, output });
    });
  });
}

function printed(child: ChildProcess, text: RegExp): Promise<void> {
  let output = "";
  return new Promise((resolve, reject) => {
    child.stdout?.on("data", (data: Buffer) => {
      output += data.toString();
      if (text.test(output)) resolve();
    });
    child.once("close", () => reject(new Error(`it ended without saying ${text}: ${output}`)));
  });
}
