// What a failing database may do to a sign-in: never let anybody in, never hold anybody up for long, never
// lose what was acknowledged. A proxy between server and database fails in the ways a network does.
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  afterPassword,
  answerOf,
  asksForCode,
  atOnce,
  atSignIn,
  audited,
  exchangeFields,
  otherThan,
  postToken,
  type Scene,
  sceneOn,
  signedIn,
  tally,
  tokensFor,
} from "../attacks/scene.ts";
import {
  ANSWER_MS,
  assertDiscoveryIsUp,
  DATABASE_MS,
  RECOVERY_MS,
  recovery,
  startProxied,
  statusOf,
  timed,
  untilAlive,
} from "../support/failing-database.ts";
import { startServer, type TestServer, type TestServerOptions } from "../support/server.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";

describe("a database that is not there at the start", function () {
  this.timeout(60_000);

  it("is waited for, without a crash and without readiness (FLT-10)", async () => {
    const { proxy, env } = await startProxied();
    proxy.cut();
    const server = await startServer({ env, untilReady: false });
    try {
      await untilAlive(server);
      for (let i = 0; i < 10; i++) {
        for (const path of ["/readyz", "/.well-known/openid-configuration"]) {
          const { status, retryAfter } = await statusOf(`${server.issuer}${path}`);
          assert.equal(status, 503);
          assert.match(retryAfter ?? "", /^\d+$/);
        }
        await delay(300);
      }
      assert.equal((await statusOf(`${server.issuer}/healthz`)).status, 200);
      proxy.forward();
      await recovery(server);
      await assertDiscoveryIsUp(server);
      assert.match(server.output(), /^password: /m);
    } finally {
      await server.close();
      await proxy.close();
    }
  });

  it("does not keep it from stopping", async () => {
    const { proxy, env } = await startProxied();
    proxy.cut();
    const server = await startServer({ env, untilReady: false });
    await untilAlive(server);
    const { ms, value: code } = await timed(() => server.kill("SIGTERM"));
    assert.equal(code, 0);
    assert.ok(ms < ANSWER_MS);
    await server.close();
    await proxy.close();
  });
});

describe("a database that fails while running", function () {
  this.timeout(60_000);
  let proxy: TcpProxy;
  let server: TestServer;
  let scene: Scene;

  before(async () => {
    const proxied = await startProxied();
    proxy = proxied.proxy;
    const limits: TestServerOptions["limits"] = {
      sendGapSeconds: 0,
      sendsPerNumberPerDay: 1000,
    };
    server = await startServer({ env: proxied.env, limits });
    scene = await sceneOn(server);
  });
  after(async () => {
    await server.close();
    await proxy.close();
  });
  afterEach(async () => {
    proxy.forward();
    await recovery(server);
  });

  const failures: { it: string; fail: () => void }[] = [
    { it: "is down (FLT-11)", fail: () => proxy.cut() },
    { it: "is a black hole (FLT-12)", fail: () => proxy.blackHole() },
    { it: "takes two seconds for everything (FLT-12)", fail: () => proxy.delay(DATABASE_MS) },
  ];
  for (const failure of failures) {
    it(`${failure.it}: 503 within three seconds, discovery stays up, and it recovers`, async () => {
      const victim = scene.victim();
      const atPassword = await atSignIn(scene.strict);
      const atCode = await afterPassword(scene.strict, victim);
      const code = server.lastCode(victim.phone);
      const texts = server.texts().length;

      failure.fail();
      const fields = { login: victim.username, password: victim.password };
      const requests = {
        authorization: () => statusOf(atPassword.begun.url.href),
        password: () => answer(atPassword.browser.post(atPassword.page, "login", fields)),
        code: () => answer(atCode.browser.post(atCode.page, "code", { code })),
        readiness: () => statusOf(`${server.issuer}/readyz`),
      };
      const asked = Object.entries(requests).map(async ([name, request]) => {
        const { ms, value } = await timed(request);
        assert.equal(value.status, 503, name);
        assert.match(value.retryAfter ?? "", /^\d+$/, name);
        assert.ok(ms < ANSWER_MS, `${name} took ${ms} ms`);
      });
      await assertDiscoveryIsUp(server);
      await Promise.all(asked);
      assert.equal(server.texts().length, texts, "a text went out");

      proxy.forward();
      const ms = await recovery(server);
      assert.ok(ms < RECOVERY_MS, `it took ${ms} ms to recover`);
      const tokens = await tokensFor(scene, scene.strict, scene.victim());
      assert.deepEqual(tokens.claims()?.amr, ["pwd", "sms", "mfa"]);
    });
  }

  it("serves everybody once a flood that found it slow is over (FLT-12)", async () => {
    proxy.delay(DATABASE_MS);
    const flood = await atOnce(150, async () => {
      const begun = await scene.lax.begin();
      return timed(() => statusOf(begun.url.href));
    });
    assert.deepEqual(tally(flood.map(({ value }) => value.status)), { 503: 150 });
    const slowest = Math.max(...flood.map(({ ms }) => ms));
    assert.ok(slowest < ANSWER_MS + 1_000, `the slowest took ${slowest} ms`);
    proxy.forward();
    await recovery(server);
    const begun = await atOnce(20, () => atSignIn(scene.lax));
    assert.ok(begun.every(({ page }) => page.status === 200));
  });

  it("lets nobody in by a code whose answer was cut off, and keeps it spent (FLT-14)", async () => {
    const victim = scene.victimWithoutPhone();
    const visit = await afterPassword(scene.strict, victim);
    const page = await visit.browser.submit(visit.page, "phone", { phone: victim.phone });
    assert.ok(asksForCode(page));
    const code = server.lastCode(victim.phone);

    // The move that spends the code is the write to the interaction.
    const cut = proxy.cutAfter(/update.{0,32}interactions/s);
    const refused = await answer(visit.browser.post(page, "code", { code }));
    await cut;
    assert.equal(refused.status, 503);
    assert.equal(refused.location, null);
    await recovery(server);

    const again = await visit.browser.post(page, "code", { code });
    assert.equal(again.status, 409, "the code is spent");
    // What the move owed was paid by whoever came next: the phone is bound, and the log says so once.
    const user = await server.latchkey("user", "show", victim.username);
    assert.equal(user.phoneStatus, "bound");
    assert.equal((await audited(server, "phone-bound", victim)).length, 1);
    const done = await visit.browser.open(page.url);
    const tokens = await scene.strict.finish(visit.begun, done);
    assert.deepEqual(tokens.claims()?.amr, ["pwd", "sms", "mfa"]);
  });

  it("counts an attempt whose answer was cut off, and lets nobody in by it (FLT-14)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const code = server.lastCode(victim.phone);
    for (let i = 1; i <= 5; i++) {
      const cut = proxy.cutAfter(/update.{0,32}users/s);
      const refused = await answer(browser.post(page, "code", { code: otherThan(code, i) }));
      await cut;
      assert.equal(refused.status, 503);
      await recovery(server);
    }
    assert.equal((await browser.post(page, "code", { code })).status, 410);
  });

  it("gives no second token for a code whose exchange was cut off (FLT-14)", async () => {
    const visit = await signedIn(scene, scene.strict, scene.victim());
    assert.ok(answerOf(visit.page).get("code"));
    const fields = exchangeFields(scene.strict, visit);
    const cut = proxy.cutAfter(/update.{0,32}records[\s\S]*consumed/);
    const refused = await postToken(server, scene.strict, fields);
    await cut;
    assert.equal(refused.status, 503);
    assert.match(refused.headers.get("Retry-After") ?? "", /^\d+$/);
    await recovery(server);
    const again = await postToken(server, scene.strict, fields);
    assert.equal(again.body.error, "invalid_grant");
  });
});

async function answer(
  page: Promise<{ status: number; headers: Headers }>,
): Promise<{ status: number; retryAfter: string | null; location: string | null }> {
  const { status, headers } = await page;
  return { status, retryAfter: headers.get("Retry-After"), location: headers.get("Location") };
}
