// What a start says and does for somebody who tries the product: another program on the port, another port later, a
// password that was not kept, a variable's name that was typed wrong.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import path from "node:path";
import { createBrowser } from "../support/browser.ts";
import { itOnMongodb } from "../support/it-on-mongodb.ts";
import { freePort, startServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

describe("a start", () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
    await until(() => server.output().includes('"ready"'));
  });
  after(() => server.close());

  it("says in one sentence that the port is taken, and makes nothing", async () => {
    const { MONGODB_URI: uri } = server.env;
    const other = {
      ...server.env,
      DATA_DIR: path.join(server.dataDir, "other"),
      ...(uri === undefined ? {} : { MONGODB_URI: `${uri}-other` }),
    };
    const child = spawn(process.execPath, ["src/main.ts"], { cwd: ROOT, env: other });
    let [printed, errors] = ["", ""];
    child.stdout.on("data", (data: Buffer) => {
      printed += data.toString();
    });
    child.stderr.on("data", (data: Buffer) => {
      errors += data.toString();
    });
    const [code] = await once(child, "close");
    assert.equal(code, 1);
    assert.match(errors, /^[^\n]*\bPORT\b[^\n]*\n$/);
    assert.ok(errors.includes(server.env.PORT ?? "no port"));
    assert.doesNotMatch(printed, /login|password/);
    const env = { ...other, PORT: String(await freePort()), ISSUER: "" };
    const later = await startServer({ env });
    await until(() => later.output().includes('"ready"'));
    assert.match(later.output(), /^password: /m, "the password of the demo was never told");
    await later.close();
  });

  it("leads from / to the demo", async () => {
    const answer = await fetch(`${server.issuer}/`, { redirect: "manual" });
    assert.deepEqual([answer.status, answer.headers.get("location")], [303, "/demo"]);
    assert.equal((await fetch(`${server.issuer}/`, { method: "POST" })).status, 404);
  });

  it("tells later how to get the demo's password back, and serves the demo at another port", async () => {
    await server.kill();
    const port = String(await freePort());
    const before = server.output().length;
    await server.restart({ PORT: port, ISSUER: "", SMS_PROVIDER: "outbox" });
    await until(() => server.output().slice(before).includes('"ready"'));
    const told = server.output().slice(before);
    assert.match(told, /^login: +demo$/m);
    assert.match(told, /^forgot: +npx latchkey user update demo --reset-password$/m);
    assert.doesNotMatch(told, /^password:/m);
    assert.match(told, /"event":"setting-unknown","name":"SMS_PROVIDER","meant":"SMS_PROVIDERS"/);

    const { password } = await server.latchkey("user", "update", "demo", "--reset-password");
    const browser = createBrowser();
    let page = await browser.open(`http://localhost:${port}/demo/sign-in?way=rules`);
    page = await browser.submit(page, "login", { login: "demo", password });
    assert.match(page.html, /name="phone"/, "the demo cannot be signed in to");
  });

  it("tells metrics on their own port alone, and nobody's name in them", async () => {
    const port = String(await freePort());
    await server.kill();
    await server.restart({ METRICS_PORT: port });
    const { password } = await server.latchkey("user", "update", "demo", "--reset-password");
    const home = `http://localhost:${server.env.PORT}`;
    for (const typed of ["not the password", password]) {
      const browser = createBrowser();
      const page = await browser.open(`${home}/demo/sign-in?way=rules`);
      await browser.submit(page, "login", { login: "demo", password: typed });
    }
    assert.equal((await fetch(`${home}/metrics`)).status, 404);
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    const told = await answer.text();
    assert.match(told, /^latchkey_ready 1$/m);
    assert.match(told, /^latchkey_password_check_seconds_count\{outcome="right"\} 1$/m);
    assert.match(told, /^latchkey_password_check_seconds_count\{outcome="wrong"\} 1$/m);
    assert.match(told, /^# TYPE latchkey_sign_in_events_total counter$/m);
    assert.match(told, /^nodejs_heap_size_used_bytes /m);
    assert.doesNotMatch(told, /demo/);
  });

  itOnMongodb("tells the metrics of all its processes at once", async () => {
    const port = String(await freePort());
    await server.kill();
    await server.restart({ METRICS_PORT: port, WORKERS: "2" });
    const told = () => fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text());
    await until(async () => /^latchkey_ready 1$/m.test(await told()));
    Object.assign(server.env, { WORKERS: "1" });
  });

  it("leads from / to the user's own page where there is no demo", async () => {
    await server.kill();
    await server.restart({ ISSUER: "http://login.example" });
    await until(() => server.output().includes("login.example"));
    // fetch sends a Host of its own.
    const asked = http.get({
      port: server.env.PORT,
      path: "/",
      headers: { Host: "login.example" },
    });
    const [answer] = await once(asked, "response");
    answer.resume();
    assert.deepEqual([answer.statusCode, answer.headers.location], [303, "/account"]);
  });
});
