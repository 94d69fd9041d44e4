// Attacks on binding by a mailed link: around the link, with somebody else's, and with many.
import assert from "node:assert/strict";
import { type Browser, createBrowser, type Page } from "../support/browser.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import type { TestServer } from "../support/server.ts";
import {
  asksForPhone,
  linkTo,
  mailed,
  newAccount,
  openLinkScene,
  storedBytes,
  tokenOf,
  waitsForLink,
} from "./link-scene.ts";
import { afterPassword, atOnce, atSignIn, audited, signedIn, TWO, tally } from "./scene.ts";

describe("attacks on binding by a mailed link", function () {
  this.timeout(60_000);
  let server: TestServer;
  let strict: RelyingParty;
  before(async () => {
    ({ server, strict } = await openLinkScene());
  });
  after(() => server.close());

  const post = (browser: Browser, page: Page, token: string) =>
    browser.post(page, "link", { token });

  it("binds after the link, in the browser that began, and tells of every step", async () => {
    const account = await newAccount(server);
    const { browser, begun, page } = await afterPassword(strict, account, { ui_locales: "de" });
    assert.ok(waitsForLink(page) && !asksForPhone(page));
    assert.match(page.html, /u•••@e•••\.com/);
    assert.ok(!page.html.includes(account.email));
    const link = await linkTo(server, account.email);
    assert.match(server.mails().at(-1)?.subject ?? "", /Mobilnummer zu Ihrem Konto hinzufügen/);

    const opened = await browser.open(link);
    assert.equal(opened.headers.get("Referrer-Policy"), "strict-origin");
    assert.equal(opened.headers.get("Cache-Control"), "no-store");
    const phone = await browser.submit(opened, "link", { token: tokenOf(link) });
    assert.ok(asksForPhone(phone));
    const typed = await browser.submit(phone, "phone", { phone: account.phone });
    const done = await browser.submit(typed, "code", { code: server.lastCode(account.phone) });
    assert.equal((await strict.finish(begun, done)).claims()?.acr, TWO);
    assert.equal((await server.latchkey("user", "show", account.username)).phoneStatus, "bound");

    for (const action of ["binding-link-sent", "binding-link-confirmed", "phone-bound"]) {
      assert.equal((await audited(server, action, account)).length, 1, action);
    }
    assert.ok(!server.output().includes(tokenOf(link)), "the token is in a log line");
    assert.ok(!storedBytes(server).includes(tokenOf(link)), "the token is stored");
  });

  it("changes nothing by opening the link, however often", async () => {
    const account = await newAccount(server);
    const { browser, page } = await afterPassword(strict, account);
    const link = await linkTo(server, account.email);
    for (const method of ["GET", "HEAD", "GET"]) {
      assert.equal((await browser.request(link, { method })).status, 200);
    }
    assert.ok(waitsForLink(await browser.open(page.url)));
    assert.equal((await browser.post(page, "phone", { phone: account.phone })).status, 409);
    assert.equal((await audited(server, "binding-link-confirmed", account)).length, 0);
    assert.equal(await mailed(server, account), 1);
  });

  it("takes no number and no code before the link, and sends no text", async () => {
    const account = await newAccount(server);
    const { browser, page } = await afterPassword(strict, account);
    const texts = server.texts().length;
    for (const [step, fields] of [
      ["phone", { phone: account.phone }],
      ["code", { code: "123456" }],
      ["resend", {}],
      ["consent", {}],
    ] as const) {
      assert.equal((await browser.post(page, step, fields)).status, 409, step);
    }
    assert.equal(server.texts().length, texts);
  });

  it("does not work in another browser, and says why", async () => {
    const account = await newAccount(server);
    const { page } = await afterPassword(strict, account);
    const link = await linkTo(server, account.email);
    const stranger = createBrowser();
    const opened = await stranger.open(link);
    assert.equal(opened.status, 404);
    assert.match(opened.html, /only in the browser you signed in with/);
    assert.ok(!opened.html.includes(tokenOf(link)));
    assert.equal((await post(stranger, page, tokenOf(link))).status, 404);
    // With an interaction of its own it is a stranger still.
    const own = await atSignIn(strict, {}, stranger);
    const foreign = { ...own.page, url: page.url };
    assert.equal((await post(stranger, foreign, tokenOf(link))).status, 404);
  });

  it("counts wrong tokens, and after five takes the right one neither", async () => {
    const account = await newAccount(server);
    const { browser, page } = await afterPassword(strict, account);
    const right = tokenOf(await linkTo(server, account.email));
    const turned = [...right].toReversed().join("");
    for (const wrong of ["", turned, `${right}A`, right.slice(1), "é".repeat(43)]) {
      const answer = await post(browser, page, wrong);
      assert.equal(answer.status, 401);
      assert.match(answer.html, /That link didn&#39;t work/);
      assert.ok(wrong === "" || !answer.html.includes(wrong));
    }
    const dead = await post(browser, page, right);
    assert.equal(dead.status, 410);
    assert.ok(!waitsForLink(dead));
    assert.equal((await browser.post(page, "send-link")).status, 429);
    assert.equal((await browser.post(page, "phone", { phone: account.phone })).status, 409);
    assert.equal((await audited(server, "binding-link-rejected", account)).length, 5);
    // Neither after the password again, in this interaction.
    const login = { login: account.username, password: account.password };
    assert.ok(!asksForPhone(await browser.submit(page, "login", login)));
    assert.equal((await post(browser, page, right)).status, 410);
    assert.equal(await mailed(server, account), 1);
  });

  it("takes no token of another sign-in, of the same user or of another", async () => {
    const [one, other] = [await newAccount(server), await newAccount(server)];
    const here = await afterPassword(strict, one);
    const again = await afterPassword(strict, one);
    const there = await afterPassword(strict, other);
    const [first, second] = [await linkTo(server, one.email, 2), await linkTo(server, other.email)];
    assert.equal((await post(here.browser, here.page, tokenOf(first))).status, 401);
    assert.equal((await post(here.browser, here.page, tokenOf(second))).status, 401);
    assert.equal((await post(again.browser, again.page, tokenOf(first))).status, 303);
    assert.equal((await post(there.browser, there.page, tokenOf(second))).status, 303);
  });

  it("takes a token once, of twenty at once", async () => {
    const account = await newAccount(server);
    const { browser, page } = await afterPassword(strict, account);
    const token = tokenOf(await linkTo(server, account.email));
    const answers = await atOnce(20, () => post(browser, page, token));
    assert.deepEqual(tally(answers.map(({ status }) => status)), { 303: 1, 409: 19 });
    assert.equal((await post(browser, page, token)).status, 409);
    assert.equal((await audited(server, "binding-link-confirmed", account)).length, 1);
    assert.ok(asksForPhone(await browser.open(page.url)));
  });

  it("wants the form's own token, from our own page", async () => {
    const account = await newAccount(server);
    const { browser, page } = await afterPassword(strict, account);
    const token = tokenOf(await linkTo(server, account.email));
    assert.equal((await post(browser, { ...page, html: "" }, token)).status, 403);
    const url = `${page.url}/link?token=${token}`;
    const body = new URLSearchParams({ token });
    assert.equal((await browser.request(url, { method: "POST", body })).status, 422);
    assert.ok(waitsForLink(await browser.open(page.url)));
  });

  it("repeats the same link, so often and no oftener", async () => {
    const account = await newAccount(server);
    const { browser, page } = await afterPassword(strict, account);
    const first = await linkTo(server, account.email);
    for (let count = 2; count <= 3; count++) {
      assert.equal((await browser.post(page, "send-link")).status, 303);
      assert.equal(await linkTo(server, account.email, count), first);
    }
    const refused = await browser.post(page, "send-link");
    assert.equal(refused.status, 429);
    assert.match(refused.html, /No more emails can be sent in this sign-in/);
    // Typing the password again is no way around that, and the link works on.
    const login = { login: account.username, password: account.password };
    await browser.submit(page, "login", login);
    assert.equal(await mailed(server, account), 3);
    assert.equal((await post(browser, page, tokenOf(first))).status, 303);
  });

  it("begins anew with the password, and the link that was opened does not count any more", async () => {
    const account = await newAccount(server);
    const { browser, page } = await afterPassword(strict, account);
    const first = tokenOf(await linkTo(server, account.email));
    assert.equal((await post(browser, page, first)).status, 303);
    const login = { login: account.username, password: account.password };
    assert.ok(waitsForLink(await browser.submit(page, "login", login)));
    const second = tokenOf(await linkTo(server, account.email, 2));
    assert.notEqual(second, first);
    assert.equal((await post(browser, page, first)).status, 401);
    assert.equal((await post(browser, page, second)).status, 303);
  });

  it("refuses who has no verified address, and says what to do", async () => {
    const account = await newAccount(server, "--name", "Unverified");
    const { browser, page } = await afterPassword(strict, account);
    assert.match(page.html, /no confirmed email address/);
    assert.equal((await browser.post(page, "send-link")).status, 409);
    const [event] = await audited(server, "sign-in-refused", account);
    assert.equal(event?.because, "no-verified-email");
    assert.equal(server.mails().filter(({ to }) => to === account.email).length, 0);
  });

  it("is asked for in a step-up by a button alone", async () => {
    const lax = await registerRelyingParty(server, { id: "lax", public: true });
    const account = await newAccount(server);
    const { browser } = await signedIn({ server }, lax, account);
    const { begun, page } = await atSignIn(strict, {}, browser);
    assert.ok(waitsForLink(page) && /Send link/.test(page.html));
    assert.equal((await browser.post(page, "phone", { phone: account.phone })).status, 409);
    assert.equal((await post(browser, page, "x")).status, 409);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(server.mails().filter(({ to }) => to === account.email).length, 0);

    await browser.submit(page, "send-link");
    const link = await linkTo(server, account.email);
    const phone = await browser.submit(await browser.open(link), "link", { token: tokenOf(link) });
    const typed = await browser.submit(phone, "phone", { phone: account.phone });
    const done = await browser.submit(typed, "code", { code: server.lastCode(account.phone) });
    const claims = (await strict.finish(begun, done)).claims();
    assert.deepEqual([claims?.acr, claims?.amr], [TWO, ["pwd", "sms", "mfa"]]);
  });
});
