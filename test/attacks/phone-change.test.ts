// Attacks on the way into a change of phone: with the password alone, with an old session, with a request that says less.
import assert from "node:assert/strict";
import {
  asksForNumber,
  asksForPassword,
  atAccount,
  atNewNumber,
  atOldCode,
  begun,
  newNumber,
  phoneOf,
  postChange,
  textsTo,
  typePassword,
} from "./account-scene.ts";
import {
  afterPassword,
  answerOf,
  asksForCode,
  ONE,
  openScene,
  otherThan,
  type Scene,
  signedIn,
  TWO,
} from "./scene.ts";

describe("attacks on the way into a change of phone", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
  });
  after(() => scene.server.close());

  it("sends nothing to another number for the password alone (BIND-02, BIND-03)", async () => {
    const { server } = scene;
    const victim = scene.victim();
    const phone = newNumber();
    const { browser, page } = await atOldCode(server, victim);
    assert.ok(asksForCode(page) && page.html.includes(victim.phone.slice(-2)));
    assert.equal((await browser.post(page, "phone", { phone })).status, 409);
    for (let i = 1; i <= 5; i++) {
      const code = otherThan(server.lastCode(victim.phone), i);
      assert.equal((await browser.post(page, "code", { code })).status, 401);
    }
    const code = { code: server.lastCode(victim.phone) };
    assert.equal((await browser.post(page, "code", code)).status, 410);
    assert.equal((await browser.post(page, "phone", { phone })).status, 409);
    assert.equal(textsTo(server, phone), 0);
    assert.equal(await phoneOf(server, victim), `${victim.phone} assigned`);
  });

  it("takes nothing that a session has proved before for it (BIND-03)", async () => {
    const { server } = scene;
    const victim = scene.victim();
    const phone = newNumber();
    const { browser } = await signedIn(scene, scene.strict, victim);
    const place = await atAccount(server, victim, browser);
    const asked = await browser.follow(await postChange(server, place));
    assert.ok(asksForPassword(asked));
    for (const step of ["phone", "code", "resend", "recovery-code", "send-link"]) {
      const code = server.lastCode(victim.phone);
      assert.equal((await browser.post(asked, step, { phone, code })).status, 409, step);
    }
    const uid = asked.url.split("/").at(-1);
    const resumed = await browser.request(`${server.issuer}/auth/${uid}`);
    assert.ok(!answerOf(resumed).has("code"));
    const texts = textsTo(server, victim.phone);
    const next = await typePassword(browser, asked, victim);
    assert.ok(asksForCode(next) && !asksForNumber(next));
    assert.equal(textsTo(server, victim.phone), texts + 1);
    assert.equal(textsTo(server, phone), 0);
  });

  it("begins again at the password, and forgets what was proved (FLOW-04)", async () => {
    const { server } = scene;
    const victim = scene.victim();
    const { browser, page } = await atNewNumber(server, victim);
    assert.ok(asksForNumber(page));
    const again = await typePassword(browser, page, victim);
    assert.ok(asksForCode(again));
    const phone = newNumber();
    assert.equal((await browser.post(again, "phone", { phone })).status, 409);
    assert.equal(textsTo(server, phone), 0);
  });

  it("changes nothing for another application that asks for it", async () => {
    const victim = scene.victim();
    const asked = { latchkey_purpose: "change-phone", prompt: "login", acr_values: TWO };
    for (const party of [scene.strict, scene.lax]) {
      const visit = await afterPassword(party, victim, asked);
      const code = { code: scene.server.lastCode(victim.phone) };
      const back = await visit.browser.submit(visit.page, "code", code);
      assert.ok(answerOf(back).has("code"), "the sign-in is an ordinary one");
      const late = await visit.browser.post(visit.page, "phone", { phone: newNumber() });
      assert.equal(late.status, 404);
    }
  });

  it("asks for no less when the request says less", async () => {
    const { server } = scene;
    const victim = scene.victim();
    const url = new URL((await begun(server, victim)).page.url);
    assert.ok(url.pathname.startsWith("/interaction/"));
    const place = await atAccount(server, victim);
    const posted = await postChange(server, place);
    const less = new URL(posted.headers.get("Location") ?? "");
    less.searchParams.set("acr_values", ONE);
    const asked = await place.browser.open(less.href);
    assert.ok(asksForCode(await typePassword(place.browser, asked, victim)));
    // A step-up, or a session that is good enough, is no sign-in.
    less.searchParams.delete("prompt");
    assert.equal((await place.browser.open(less.href)).url, `${server.issuer}/account`);
    less.searchParams.set("acr_values", TWO);
    const stepUp = await place.browser.submit(await place.browser.open(less.href), "resend");
    const code = { code: server.lastCode(victim.phone) };
    const back = await place.browser.submit(stepUp, "code", code);
    assert.equal(back.url, `${server.issuer}/account`);
    assert.equal(await phoneOf(server, victim), `${victim.phone} bound`);
  });

  it("changes the phone of who gives the password, not of who was signed in", async () => {
    const { server } = scene;
    const [victim, other] = [scene.victim(), scene.victim()];
    const { browser, page } = await begun(server, victim);
    const asked = await typePassword(browser, page, other);
    const typing = await browser.submit(asked, "code", { code: server.lastCode(other.phone) });
    const phone = newNumber();
    const typed = await browser.submit(typing, "phone", { phone });
    await browser.post(typed, "code", { code: server.lastCode(phone) });
    assert.equal(await phoneOf(server, victim), `${victim.phone} assigned`);
    assert.equal(await phoneOf(server, other), `${phone} bound`);
  });

  it("is closed where the administrator gives out phones", async () => {
    const { server } = scene;
    const victim = scene.victim();
    const place = await atAccount(server, victim);
    await server.latchkey("mfa", "rule", "binding", "administrator");
    try {
      const page = await place.browser.open(place.page.url);
      assert.match(page.html, /can&#39;t change this number/);
      assert.ok(!page.html.includes('action="/account/phone"'));
      const asked = await place.browser.follow(await postChange(server, place));
      const refused = await typePassword(place.browser, asked, victim);
      assert.match(refused.html, /can&#39;t change the mobile number/);
      assert.equal(textsTo(server, victim.phone), 0);
      assert.equal((await place.browser.post(refused, "resend")).status, 409);
    } finally {
      await server.latchkey("mfa", "rule", "binding", "anybody");
    }
  });
});
