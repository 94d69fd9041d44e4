// Attacks on the order of the steps: skipping, mixing, repeating, pretending.
import assert from "node:assert/strict";
import { createBrowser, locationOf } from "../support/browser.ts";
import { registerRelyingParty } from "../support/relying-party.ts";
import {
  afterPassword,
  answerOf,
  asksForCode,
  atSignIn,
  changeLimits,
  introspect,
  ONE,
  openScene,
  postToken,
  type Scene,
  signedIn,
  TWO,
  tokensFor,
  wait,
} from "./scene.ts";

describe("attacks on the order of the steps", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
  });
  after(() => scene.server.close());

  it("leads whoever resumes after the password back to the code (FLOW-01)", async () => {
    const { browser, page } = await afterPassword(scene.strict, scene.victim());
    const uid = page.url.split("/").at(-1);
    const resumed = await browser.request(`${scene.server.issuer}/auth/${uid}`);
    assert.equal(resumed.status, 303);
    assert.equal(locationOf(resumed), page.url);
    assert.equal(answerOf(resumed).get("code"), null);
    assert.ok(asksForCode(await browser.open(page.url)));
  });

  it("gives nothing away on any route to who proved the password alone (FLOW-02, FLOW-06)", async () => {
    const victim = scene.victim();
    const { browser, begun, page } = await afterPassword(scene.strict, victim);
    const { issuer } = scene.server;
    const silent = await scene.strict.begin({ prompt: "none" });
    const gets = [
      ...["/me", "/session/end", "/token", "/interaction", "/auth"].map((p) => issuer + p),
      ...["", "/phone", "/signed-in", "/signed-in?code=x"].map((p) => `${issuer}/account${p}`),
      ...["", "/login", "/phone", "/code", "/resend", "/consent", "/abort", "/done"].map(
        (step) => page.url + step,
      ),
      ...["/recovery-code", "/recovery-codes"].map((step) => page.url + step),
      ...["/send-link", "/link", "/link?token=x"].map((step) => page.url + step),
      silent.url.href,
      `${issuer}/auth/${page.url.split("/").at(-1)}`,
    ];
    for (const url of gets) {
      const answer = await browser.request(url);
      assert.equal(answerOf(answer).get("code"), null, url);
      assert.ok(!answer.html.includes(victim.phone) && !answer.html.includes(victim.id), url);
    }
    for (const step of [
      "consent",
      "phone",
      "link",
      "send-link",
      "recovery-code",
      "recovery-codes",
    ]) {
      const fields = {
        token: "x",
        phone: "+14155559999",
        accept: "yes",
        step: "done",
        success: "true",
      };
      assert.equal((await browser.post(page, step, fields)).status, 409, step);
    }
    const code = { code: scene.server.lastCode(victim.phone) };
    assert.ok(
      (await scene.strict.finish(begun, await browser.submit(page, "code", code))).id_token,
    );
  });

  it("answers 404 to another browser at any step (FLOW-03)", async () => {
    const { page } = await afterPassword(scene.strict, scene.victim());
    const stranger = createBrowser();
    assert.equal((await stranger.open(page.url)).status, 404);
    for (const step of [
      ...["login", "phone", "code", "resend", "consent", "abort", "link", "send-link"],
    ]) {
      assert.equal((await stranger.post(page, step, { code: "123456" })).status, 404, step);
    }
    const own = await atSignIn(scene.strict, {}, stranger);
    assert.equal((await stranger.post({ ...own.page, url: page.url }, "resend")).status, 404);
  });

  it("begins again at the password, and still wants the code (FLOW-04)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const wrong = await browser.post(page, "login", { login: victim.username, password: "wrong" });
    assert.equal(wrong.status, 401);
    const again = await atSignIn(scene.strict, { prompt: "login" }, browser);
    assert.ok(again.page.html.includes('name="password"'));
    const login = { login: victim.username, password: victim.password };
    assert.ok(asksForCode(await browser.submit(again.page, "login", login)));
    await browser.post(again.page, "abort");
    const third = await afterPassword(scene.strict, victim, {}, browser);
    assert.ok(asksForCode(third.page));
  });

  it("answers interaction_required to who has one factor of two (FLOW-09)", async () => {
    const { browser } = await signedIn(scene, scene.lax, scene.victim());
    const silent = await scene.strict.begin({ prompt: "none" });
    assert.equal(scene.strict.errorOf(await browser.open(silent.url.href)), "interaction_required");
  });

  it("asks for the code before a stricter application gets anything (FLOW-10)", async () => {
    const victim = scene.victim();
    const { browser } = await signedIn(scene, scene.lax, victim);
    const up = await atSignIn(scene.strict, {}, browser);
    assert.match(up.page.html, /Send code/);
    assert.equal(scene.server.texts().filter(({ to }) => to === victim.phone).length, 0);
    const sent = await browser.submit(up.page, "resend");
    const page = await browser.submit(sent, "code", { code: scene.server.lastCode(victim.phone) });
    const claims = (await scene.strict.finish(up.begun, page)).claims();
    assert.deepEqual([claims?.acr, claims?.amr], [TWO, ["pwd", "sms", "mfa"]]);
  });

  it("knows nobody while a sign-in is half done (FLOW-11)", async () => {
    const { browser } = await afterPassword(scene.strict, scene.victim());
    const silent = await scene.lax.begin({ prompt: "none" });
    assert.equal(scene.lax.errorOf(await browser.open(silent.url.href)), "login_required");
  });

  it("keeps a disabled user out with the right password and in the middle (FLOW-16)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const code = scene.server.lastCode(victim.phone);
    await scene.server.latchkey("user", "update", victim.username, "--disable");
    assert.equal((await browser.post(page, "code", { code })).status, 409);
    const fresh = await atSignIn(scene.strict);
    const login = { login: victim.username, password: victim.password };
    assert.equal((await fresh.browser.post(fresh.page, "login", login)).status, 401);
  });

  it("asks sessions for the code from the moment it is switched on (FLOW-17)", async () => {
    const { server } = scene;
    const app = await registerRelyingParty(server, { id: "later", sms: "off" });
    const victim = scene.victim();
    const { browser, page } = await signedIn(scene, app, victim);
    assert.ok(answerOf(page).has("code"));
    await server.latchkey("mfa", "client", "later", "on");
    const next = await atSignIn(app, {}, browser);
    assert.match(next.page.html, /Send code/);
  });

  it("asks for the code whatever cookies a browser brings along (FLOW-18)", async () => {
    const browser = createBrowser();
    for (const name of ["trusted_device", "remember", "mfa", "latchkey_session"]) {
      await browser.jar.setCookie(`${name}=1`, scene.server.issuer);
    }
    assert.ok(asksForCode((await afterPassword(scene.strict, scene.victim(), {}, browser)).page));
  });

  it("refuses an essential acr nobody has, and is truthful about a wished one (FLOW-19)", async () => {
    const { lax } = scene;
    const claims = { id_token: { acr: { essential: true, values: ["urn:higher"] } } };
    const refused = await atSignIn(lax, { claims: JSON.stringify(claims) });
    assert.equal(answerOf(refused.page).get("error"), "unmet_authentication_requirements");
    const tokens = await tokensFor(scene, lax, scene.victim(), { acr_values: "urn:higher" });
    assert.equal(tokens.claims()?.acr, ONE);
  });

  for (const params of [{ prompt: "login" }, { max_age: "0" }]) {
    const name = new URLSearchParams(params).toString();
    it(`wants password and code anew under ${name} (FLOW-20)`, async () => {
      const victim = scene.victim();
      const { browser, begun, page } = await signedIn(scene, scene.strict, victim);
      const before = (await scene.strict.finish(begun, page)).claims();
      await wait(1_050);
      const again = await atSignIn(scene.strict, params, browser);
      assert.ok(again.page.html.includes('name="password"'));
      const login = { login: victim.username, password: victim.password };
      const code = await browser.submit(again.page, "login", login);
      assert.ok(asksForCode(code));
      const end = await browser.submit(code, "code", {
        code: scene.server.lastCode(victim.phone),
      });
      const after = (await scene.strict.finish(again.begun, end)).claims();
      assert.ok(Number(after?.auth_time) > Number(before?.auth_time));
    });
  }

  it("follows the truth table for every combination of the switches (FLOW-12)", async () => {
    const { server } = scene;
    const [phoned, phoneless] = [scene.victim(), scene.victimWithoutPhone()];
    const own = { inherit: "inherit", on: "on", off: "off", "on-but": "on", "off-but": "off" };
    const parties = await Promise.all(
      Object.entries(own).map(async ([id, sms]) => ({
        id,
        party: await registerRelyingParty(server, { id: `t-${id}`, sms: sms as "on" }),
      })),
    );
    for (const id of ["on-but", "off-but"]) {
      await server.latchkey("mfa", "client", `t-${id}`, "source", "password", "off");
    }
    let rows = 0;
    for (const [sms, source] of [
      ["off", "on"],
      ["on", "on"],
      ["on", "off"],
      ["off", "off"],
    ]) {
      await server.latchkey("mfa", "global", sms ?? "");
      await server.latchkey("mfa", "source", "password", source ?? "");
      for (const { id, party } of parties) {
        const demanded = id === "inherit" ? sms === "on" && source === "on" : id === "on";
        for (const victim of [phoned, phoneless]) {
          const { page } = await afterPassword(party, victim);
          const need = answerOf(page).has("code") ? "none" : asksForCode(page) ? "code" : "bind";
          const expected = demanded ? (victim === phoned ? "code" : "bind") : "none";
          assert.equal(need, expected, `global ${sms}, source ${source}, ${id}`);
          rows++;
        }
      }
    }
    assert.equal(rows, 40);
    await server.latchkey("mfa", "global", "off");
    await server.latchkey("mfa", "source", "password", "on");
  }).timeout(40_000);

  it("ends a sign-in with its life, and says how to begin again (FLOW-23)", async () => {
    const victim = scene.victim();
    const { refresh_token = "" } = await tokensFor(scene, scene.strict, victim);
    await changeLimits(scene.server, { interactionLifeSeconds: 1, sendGapSeconds: 0 });
    const { browser, page } = await afterPassword(scene.strict, victim);
    const code = scene.server.lastCode(victim.phone);
    await wait(1_100);
    const late = await browser.open(page.url);
    assert.equal(late.status, 404);
    assert.match(late.html, /start again/);
    assert.equal((await browser.post(page, "code", { code })).status, 404);
    const uid = page.url.split("/").at(-1);
    assert.equal((await browser.open(`${scene.server.issuer}/auth/${uid}`)).status, 404);
    // What was issued before lives on.
    const fields = { grant_type: "refresh_token", refresh_token };
    const { body } = await postToken(scene.server, scene.strict, fields);
    assert.equal(
      (await introspect(scene.server, scene.strict, body.access_token)).body.active,
      true,
    );
  });
});
