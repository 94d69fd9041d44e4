// Several processes of one server on one machine: what its supervisor promises.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { afterPassword, type Scene, sceneOn, tokensFor } from "../attacks/scene.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";

describe("a server with two workers", function () {
  this.timeout(60_000);
  let server: TestServer;
  let scene: Scene;

  before(async () => {
    const limits = { sendGapSeconds: 0, sendsPerNumberPerDay: 1000 };
    server = await startServer({ limits, env: { WORKERS: "2" } });
    scene = await sceneOn(server);
  });
  after(() => server.close());

  // The processes that it has started and that are alive.
  function workers(pid = server.pid()): number[] {
    try {
      const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
      return text.split(" ").filter(Boolean).map(Number);
    } catch {
      return [];
    }
  }

  it("says once what a first start has to say", async () => {
    await until(() => /^texts: /m.test(server.output()), "it says nothing");
    for (const name of ["issuer", "demo", "login", "password", "texts"]) {
      const lines = server.output().match(new RegExp(`^${name}: `, "gm"));
      assert.equal(lines?.length, 1, name);
    }
    assert.equal(workers().length, 2);
  });

  it("replaces one that dies, and a sign-in that was under way goes on", async () => {
    const victim = scene.victim();
    const { browser, begun, page } = await afterPassword(scene.strict, victim);
    const [first = 0, second = 0] = workers();
    process.kill(first, "SIGKILL");
    await until(() => workers().length === 2 && !workers().includes(first), "it is not replaced");
    // The one that the sign-in began in may have been either.
    await until(() => (server.output().match(/"event":"ready"/g)?.length ?? 0) >= 3, "not ready");
    process.kill(second, "SIGKILL");
    await until(() => (server.output().match(/"event":"ready"/g)?.length ?? 0) >= 4, "not ready");

    const code = server.lastCode(victim.phone);
    const tokens = await scene.strict.finish(begun, await browser.submit(page, "code", { code }));
    assert.deepEqual(tokens.claims()?.amr, ["pwd", "sms", "mfa"]);
    await until(() => /"event":"worker-died"/.test(server.output()));
  });

  it("serves a rotation of keys by the command line like one process", async () => {
    await server.latchkey("key", "rotate");
    assert.ok((await tokensFor(scene, scene.strict, scene.victim())).id_token);
  });

  it("stops all of them, and says so by its exit code", async () => {
    const pids = workers();
    assert.equal(await server.kill("SIGTERM"), 0);
    for (const pid of pids) assert.throws(() => process.kill(pid, 0), `${pid} is still there`);
    await server.restart();
  });

  it("leaves no worker behind when it is killed itself", async () => {
    const pids = workers();
    assert.equal(pids.length, 2);
    await server.kill("SIGKILL");
    const alive = () =>
      pids.filter((pid) => {
        try {
          process.kill(pid, 0);
          return true;
        } catch {
          return false;
        }
      });
    await until(() => alive().length === 0, "a worker outlives its supervisor");
  });
});
