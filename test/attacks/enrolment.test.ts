// Attacks on enrolling a factor with a session that somebody left behind, or stole: its cookie alone is no first factor.
import assert from "node:assert/strict";
import { type Browser, createBrowser, type Page } from "../support/browser.ts";
import { makeProofsOlder } from "../support/older.ts";
import {
  asksForNumber,
  asksForPassword,
  atNewNumber,
  newNumber,
  textsTo,
  typePassword,
} from "./account-scene.ts";
import { linkTo, newAccount, tokenOf, waitsForLink } from "./link-scene.ts";
import {
  afterPassword,
  answerOf,
  asksForCode,
  openScene,
  PASSWORD,
  type Scene,
  signedIn,
  type Victim,
} from "./scene.ts";

const FRESH_SECONDS = 300;

describe("attacks on enrolling a factor with a session alone", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({ limits: { mailedLinkGapSeconds: 0 } });
  });
  after(() => scene.server.close());

  // At the strict application, with the session of the lax one, whose password was typed so long ago.
  async function atStepUp(victim: Victim, seconds: number, params: Record<string, string> = {}) {
    const { browser } = await signedIn(scene, scene.lax, victim);
    const begun = await scene.strict.begin(params);
    const page = await browser.open(begun.url.href);
    await makeProofsOlder(scene.server, page, seconds);
    return { browser, begun, page: await browser.open(page.url) };
  }

  const typeNumber = async (browser: Browser, page: Page, victim: Victim) =>
    browser.submit(page, "phone", { phone: victim.phone });
  const typeCode = async (browser: Browser, page: Page, phone: string) =>
    browser.submit(page, "code", { code: scene.server.lastCode(phone) });

  it("asks for the password before a session's user binds a phone, and tells its time (BIND-21)", async () => {
    const victim = scene.victimWithoutPhone();
    const before = Math.floor(Date.now() / 1000);
    const { browser, begun, page } = await atStepUp(victim, FRESH_SECONDS + 5);
    assert.ok(asksForPassword(page));
    assert.match(page.html, /Enter your password again/i);
    assert.equal((await browser.post(page, "phone", { phone: victim.phone })).status, 409);
    assert.equal((await browser.post(page, "send-link")).status, 409);
    assert.equal(textsTo(scene.server, victim.phone), 0);

    const number = await typePassword(browser, page, victim);
    assert.ok(asksForNumber(number));
    const code = await typeNumber(browser, number, victim);
    const done = await typeCode(browser, code, victim.phone);
    const claims = (await scene.strict.finish(begun, done)).claims();
    assert.deepEqual(claims?.amr, ["pwd", "sms", "mfa"]);
    assert.ok(Number(claims?.auth_time) >= before, "when the password was typed");
  });

  it("goes straight to the number while the password is fresh (BIND-21)", async () => {
    const { page } = await atStepUp(scene.victimWithoutPhone(), FRESH_SECONDS - 30);
    assert.ok(asksForNumber(page));
  });

  it("takes a wrong password, and another user's right one, alike (BIND-21)", async () => {
    const victim = scene.victimWithoutPhone();
    const other = scene.victimWithoutPhone();
    const { browser, page } = await atStepUp(victim, FRESH_SECONDS + 5);
    for (const fields of [
      { login: victim.username, password: "wrong" },
      { login: other.username, password: PASSWORD },
    ]) {
      const answer = await browser.post(page, "login", fields);
      assert.equal(answer.status, 401);
      assert.match(answer.html, /Enter your password again/i);
    }
    assert.ok(asksForPassword(await browser.open(page.url)));
    assert.ok(asksForNumber(await typePassword(browser, page, victim)));
  });

  it("takes no password in a step-up in which none is due (BIND-21)", async () => {
    const victim = scene.victimWithoutPhone();
    const { browser, page } = await atStepUp(victim, 0);
    const fields = { login: victim.username, password: PASSWORD };
    assert.equal((await browser.post(page, "login", fields)).status, 409);
  });

  it("answers prompt=none, and reckons max_age, as without (BIND-21)", async () => {
    const victim = scene.victimWithoutPhone();
    const { browser } = await atStepUp(victim, FRESH_SECONDS + 5);
    const silent = await scene.strict.begin({ prompt: "none" });
    assert.equal(scene.strict.errorOf(await browser.open(silent.url.href)), "interaction_required");
    const fresh = await atStepUp(scene.victimWithoutPhone(), 60, { max_age: "3600" });
    assert.ok(asksForNumber(fresh.page));
  });

  it("asks again where the number was left untyped, and goes on there (BIND-21)", async () => {
    const victim = scene.victimWithoutPhone();
    const { browser, begun, page } = await afterPassword(scene.strict, victim);
    await makeProofsOlder(scene.server, page, FRESH_SECONDS + 5);
    const again = await typeNumber(browser, page, victim);
    assert.ok(asksForPassword(again));
    assert.equal(textsTo(scene.server, victim.phone), 0);
    const number = await typePassword(browser, again, victim);
    const done = await typeCode(browser, await typeNumber(browser, number, victim), victim.phone);
    assert.ok((await scene.strict.finish(begun, done)).id_token);
  });

  it("asks again before another number is typed while a code is awaited (BIND-21)", async () => {
    const victim = scene.victimWithoutPhone();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const code = await typeNumber(browser, page, victim);
    await makeProofsOlder(scene.server, code, FRESH_SECONDS + 5);
    const other = newNumber();
    const again = await browser.submit(code, "phone", { phone: other });
    assert.ok(asksForPassword(again));
    assert.equal(textsTo(scene.server, other), 0);
    const number = await typePassword(browser, again, victim);
    assert.ok(asksForNumber(number));
    assert.ok(asksForCode(await browser.submit(number, "phone", { phone: other })));
  });

  it("asks again before a phone is replaced, and keeps that the old one was proved (BIND-21)", async () => {
    const victim = scene.victim();
    const { browser, page } = await atNewNumber(scene.server, victim);
    await makeProofsOlder(scene.server, page, FRESH_SECONDS + 5);
    const phone = newNumber();
    const again = await browser.submit(page, "phone", { phone });
    assert.ok(asksForPassword(again));
    const number = await typePassword(browser, again, victim);
    const code = await browser.submit(number, "phone", { phone });
    const done = await typeCode(browser, code, phone);
    assert.equal(done.url, `${scene.server.issuer}/account`);
  });

  it("asks again after a link that was long on its way, and keeps that it was opened (BIND-21)", async () => {
    const { server, strict } = scene;
    await server.latchkey("mfa", "rule", "binding", "mailed-link", "--client", "strict");
    try {
      const account = await newAccount(server);
      const { browser, page: stale } = await atStepUp(account, FRESH_SECONDS + 5);
      assert.ok(asksForPassword(stale), "before a mail is sent");
      const page = await typePassword(browser, stale, account);
      assert.ok(waitsForLink(page));
      await makeProofsOlder(server, page, FRESH_SECONDS + 5);
      const link = await linkTo(server, account.email);
      const opened = await browser.open(link);
      const again = await browser.submit(opened, "link", { token: tokenOf(link) });
      assert.ok(asksForPassword(again));
      const number = await typePassword(browser, again, account);
      assert.ok(asksForNumber(number));
      const code = await typeNumber(browser, number, account);
      assert.ok(answerOf(await typeCode(browser, code, account.phone)).has("code"));
    } finally {
      await server.latchkey("mfa", "rule", "binding", "anybody", "--client", strict.clientId);
    }
  });

  it("makes no backup codes on the strength of an old password (BIND-21)", async () => {
    const { server } = scene;
    await server.latchkey("mfa", "rule", "outage", "other-factor", "--client", "strict");
    try {
      const victim = scene.victim();
      const { browser, page } = await atStepUp(victim, FRESH_SECONDS + 5);
      const sent = await browser.submit(page, "resend");
      const done = await typeCode(browser, sent, victim.phone);
      assert.ok(answerOf(done).has("code"), "no codes were offered");

      const late = scene.victim();
      const visit = await afterPassword(scene.strict, late, {}, createBrowser());
      const codes = await typeCode(visit.browser, visit.page, late.phone);
      const keep = { keep: "yes" };
      await makeProofsOlder(server, codes, FRESH_SECONDS + 5);
      const again = await visit.browser.submit(codes, "recovery-codes", keep);
      assert.ok(asksForPassword(again));
      const shown = () => server.latchkey("user", "show", late.username);
      assert.equal((await shown()).recoveryCodesLeft, 0);
      const kept = await typePassword(visit.browser, again, late);
      assert.ok(answerOf(await visit.browser.submit(kept, "recovery-codes", keep)).has("code"));
      assert.equal((await shown()).recoveryCodesLeft, 10);
    } finally {
      await server.latchkey("mfa", "rule", "outage", "closed", "--client", "strict");
    }
  });
});
