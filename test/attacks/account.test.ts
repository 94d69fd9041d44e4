// Attacks on the user's own page: on what it shows, and on its forms.
import assert from "node:assert/strict";
import { createBrowser, csrfOf } from "../support/browser.ts";
import { asksForPassword, atAccount, postChange, textsTo } from "./account-scene.ts";
import { afterPassword, answerOf, changeLimits, openScene, type Scene } from "./scene.ts";

describe("attacks on the user's own page", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
  });
  after(() => scene.server.close());

  const account = () => `${scene.server.issuer}/account`;

  it("shows nothing to the password alone where the global rules want two factors (FLOW-02)", async () => {
    const { server } = scene;
    const victim = scene.victim();
    const early = await atAccount(server, victim);
    await server.latchkey("mfa", "global", "on");
    try {
      const answer = await early.browser.request(account());
      assert.equal(answer.status, 303);
      assert.ok(!answer.html.includes(victim.username));
      const asked = await early.browser.follow(answer);
      assert.ok(asked.html.includes("/resend"), "the second step is asked for");
      assert.ok(!asked.html.includes(victim.username) && !asked.html.includes(victim.id));
      // A form from before leads nowhere else.
      const posted = await postChange(server, early);
      assert.deepEqual([posted.status, posted.headers.get("Location")], [303, "/account"]);
      // Where a sign-in ends nobody is sent on by itself who could come back.
      const left = await early.browser.request(`${account()}/signed-in?code=made-up`);
      assert.equal(left.status, 200);
      assert.ok(!left.html.includes(victim.username));
      assert.equal(textsTo(server, victim.phone), 0);

      const sent = await early.browser.submit(asked, "resend");
      const code = { code: server.lastCode(victim.phone) };
      const page = await early.browser.submit(sent, "code", code);
      assert.ok(page.url === account() && page.html.includes(victim.username));
    } finally {
      await server.latchkey("mfa", "global", "off");
    }
  });

  it("gives nothing away to somebody in the middle of a sign-in, or with no cookie", async () => {
    const victim = scene.victim();
    const { browser } = await afterPassword(scene.strict, victim);
    for (const each of [browser, createBrowser()]) {
      for (const path of ["", "/phone", "/signed-in", "/signed-in?code=x", "/x"]) {
        const answer = await each.request(account() + path);
        assert.ok(!answer.html.includes(victim.username), path);
        assert.ok(!answer.headers.has("Location") || answer.status === 303, path);
      }
      assert.ok(asksForPassword(await each.open(account())));
    }
  });

  for (const [what, ...change] of [
    ["a user who was disabled", "--disable"],
    ["a session from before a reset password", "--reset-password"],
    ["a session from before another phone", "--phone", "+14155559871"],
  ]) {
    it(`shows nothing to ${what}`, async () => {
      const victim = scene.victim();
      const place = await atAccount(scene.server, victim);
      await scene.server.latchkey("user", "update", victim.username, ...change);
      assert.ok(asksForPassword(await place.browser.open(account())));
      assert.equal((await postChange(scene.server, place)).headers.get("Location"), "/account");
    });
  }

  it("shows nothing to a session past its absolute end", async () => {
    const own = await openScene();
    try {
      const { browser } = await atAccount(own.server, own.victim());
      await changeLimits(own.server, { sessionAbsoluteSeconds: 1 });
      const url = `${own.server.issuer}/account`;
      const deadline = Date.now() + 15_000;
      while ((await browser.request(url)).status === 200 && Date.now() < deadline);
      assert.ok(asksForPassword(await browser.open(url)));
    } finally {
      await own.server.close();
    }
  });

  it("is shown once where the rules want a code each time", async () => {
    const { server } = scene;
    await server.latchkey("mfa", "global", "on");
    await server.latchkey("mfa", "rule", "factor-age", "0");
    try {
      const victim = scene.victim();
      const { page } = await atAccount(server, victim);
      assert.ok(page.html.includes(victim.username));
    } finally {
      await server.latchkey("mfa", "rule", "factor-age", "session");
      await server.latchkey("mfa", "global", "off");
    }
  });

  it("takes a recovery code for no second factor where the global rules do not (FLOW-10)", async () => {
    const own = await openScene({ limits: { sendsPerNumberPerDay: 1 } });
    try {
      const { server, strict } = own;
      await server.latchkey("mfa", "rule", "outage", "other-factor", "--client", "strict");
      await server.latchkey("mfa", "global", "on");
      const victim = own.victim();
      const made = await server.latchkey("user", "recovery-codes", victim.username);
      await afterPassword(strict, victim);
      const { browser, page } = await afterPassword(strict, victim);
      const recovery = { recovery_code: made.recoveryCodes[0] };
      const back = await browser.submit(page, "recovery-code", recovery);
      assert.ok(answerOf(back).has("code"));
      const asked = await browser.open(`${server.issuer}/account`);
      assert.ok(asked.html.includes("/resend") && !asked.html.includes(victim.username));
    } finally {
      await own.server.close();
    }
  });

  it("takes no form of another session, another site or another kind", async () => {
    const { server } = scene;
    const [victim, attacker] = [scene.victim(), scene.victim()];
    const place = await atAccount(server, victim);
    const foreign = csrfOf((await atAccount(server, attacker)).page);
    const own = csrfOf(place.page);
    const status = async (fields: Record<string, string>, headers = {}) =>
      (await postChange(server, place, fields, headers)).status;
    assert.equal(await status({}), 403);
    assert.equal(await status({ csrf: foreign }), 403);
    assert.equal(await status({ csrf: `${own}x` }), 403);
    assert.equal(await status({ csrf: own }, { Origin: "https://evil.example" }), 403);
    assert.equal(await status({ csrf: own }, { "Sec-Fetch-Site": "cross-site" }), 403);
    assert.equal(await status({ csrf: own }, { "Content-Type": "application/json" }), 415);
    assert.equal(await status({ csrf: own }), 303);
    assert.equal(textsTo(server, victim.phone), 0);
  });

  it("is no application that a command shows, changes or makes", async () => {
    const { latchkey } = scene.server;
    const { items } = await latchkey("client", "list");
    assert.ok(!JSON.stringify(items).includes("latchkey-account"));
    for (const args of [
      ["client", "show", "latchkey-account"],
      ["client", "remove", "latchkey-account"],
      ["mfa", "client", "latchkey-account", "off"],
    ]) {
      await assert.rejects(latchkey(...args), { code: 3 });
    }
    const uri = ["--redirect-uri", "https://evil.example/cb"];
    const add = ["client", "add", "--id", "latchkey-account", "--name", "Evil", ...uri];
    await assert.rejects(latchkey(...add), { code: 2 });
  });

  it("never sends its code anywhere else", async () => {
    const { browser } = await atAccount(scene.server, scene.victim());
    const url = new URL(`${scene.server.issuer}/auth`);
    const params = { client_id: "latchkey-account", response_type: "code", scope: "openid" };
    url.search = `${new URLSearchParams({ ...params, redirect_uri: "https://evil.example/cb" })}`;
    const answer = await browser.request(url.href);
    assert.equal(answer.status, 400);
    assert.ok(!answer.headers.has("Location"));
  });
});
