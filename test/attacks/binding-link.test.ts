// Attacks on binding by a mailed link: around the link, with somebody else's, with many, and with time in between.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Browser, createBrowser, type Page } from "../support/browser.ts";
import type { RelyingParty } from "../support/relying-party.ts";
import { registerRelyingParty } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";
import {
  afterPassword,
  atOnce,
  atSignIn,
  audited,
  signedIn,
  TWO,
  tally,
  type Victim,
} from "./scene.ts";

interface Account extends Victim {
  readonly email: string;
}

const LIMITS = { sendGapSeconds: 0, mailedLinkGapSeconds: 0, mailedLinksPerInteraction: 3 };
const MAILS_WITHIN_MS = 15_000;

async function openScene(limits: Record<string, number> = {}, env: Record<string, string> = {}) {
  const server = await startServer({ limits: { ...LIMITS, ...limits }, env });
  const strict = await registerRelyingParty(server, { id: "strict", sms: "on" });
  await server.latchkey("mfa", "rule", "binding", "mailed-link", "--client", "strict");
  return { server, strict };
}

let accounts = 0;

async function newAccount(server: TestServer, ...args: string[]): Promise<Account> {
  const i = ++accounts;
  const [username, email] = [`user${i}`, `user${i}@example.com`];
  const add = ["user", "add", "--username", username, "--email", email];
  const verified = args.length > 0 ? args : ["--email-verified"];
  const { id, password } = await server.latchkey(...add, ...verified);
  return { id, username, email, password, phone: `+1415555${2000 + i}` };
}

// The link in the mail that is the latest of so many to an address.
async function linkTo(server: TestServer, email: string, count = 1): Promise<string> {
  const own = () =>
    server.mails().filter(({ to, purpose }) => to === email && purpose === "binding-link");
  for (let waited = 0; own().length < count && waited < MAILS_WITHIN_MS; waited += 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(own().length, count, "mails with a link");
  return (
    /https?:\S+\/link\?token=\S+/.exec(own().at(-1)?.text ?? "")?.[0] ?? assert.fail("no link")
  );
}

// How many mails were queued for an account, delivered or not.
async function mailed(server: TestServer, account: Account): Promise<number> {
  return (await audited(server, "binding-link-sent", account)).length;
}

const tokenOf = (link: string) => new URL(link).searchParams.get("token") ?? "";
const waitsForLink = (page: Page) => page.html.includes("/send-link");
const asksForPhone = (page: Page) => page.html.includes('name="phone"');

// Everything that is stored, as bytes; empty where the store is not in files.
function storedBytes(server: TestServer): string {
  return readdirSync(server.dataDir)
    .filter((name) => name.startsWith("latchkey.sqlite"))
    .map((name) => readFileSync(path.join(server.dataDir, name), "latin1"))
    .join();
}

describe("attacks on binding by a mailed link", function () {
  this.timeout(60_000);
  let server: TestServer;
  let strict: RelyingParty;
  before(async () => {
    ({ server, strict } = await openScene());
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
    assert.match(server.mails().at(-1)?.subject ?? "", /Ein Telefon zu Ihrem Konto hinzufügen/);

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
    assert.match(opened.html, /only in the browser in which you signed in/);
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
      assert.match(answer.html, /That link did not work/);
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
    assert.match(refused.html, /No more mails can be sent in this sign-in/);
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
    assert.match(page.html, /no confirmed e-mail address/);
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

describe("binding by a mailed link, when something changes in between", function () {
  this.timeout(60_000);
  let server: TestServer;
  let strict: RelyingParty;
  before(async () => {
    ({ server, strict } = await openScene());
  });
  after(() => server.close());

  const rule = (value: string) =>
    server.latchkey("mfa", "rule", "binding", value, "--client", "strict");
  afterEach(() => rule("mailed-link"));

  const REFUSED = /You cannot add one yourself/;

  // A browser that has opened its link.
  async function afterLink(account: Account) {
    const visit = await afterPassword(strict, account);
    const token = tokenOf(await linkTo(server, account.email));
    return { ...visit, token, phone: await visit.browser.submit(visit.page, "link", { token }) };
  }

  it("refuses the link once only administrators may bind", async () => {
    const account = await newAccount(server);
    const { browser, page } = await afterPassword(strict, account);
    const token = tokenOf(await linkTo(server, account.email));
    await rule("administrator");
    assert.match((await browser.submit(page, "link", { token })).html, REFUSED);
    assert.equal((await audited(server, "binding-link-confirmed", account)).length, 0);
  });

  it("mails no link once only administrators may bind", async () => {
    const account = await newAccount(server);
    const { browser, page } = await afterPassword(strict, account);
    await rule("administrator");
    assert.match((await browser.submit(page, "send-link")).html, REFUSED);
    assert.equal(await mailed(server, account), 1);
  });

  it("refuses the number, and sends no text, after the link", async () => {
    const account = await newAccount(server);
    const { browser, phone } = await afterLink(account);
    await rule("administrator");
    const texts = server.texts().length;
    assert.match((await browser.submit(phone, "phone", { phone: account.phone })).html, REFUSED);
    assert.equal(server.texts().length, texts);
  });

  it("sends the code no second time", async () => {
    const account = await newAccount(server);
    const { browser, phone } = await afterLink(account);
    const typed = await browser.submit(phone, "phone", { phone: account.phone });
    await rule("administrator");
    const texts = server.texts().length;
    assert.match((await browser.submit(typed, "resend")).html, REFUSED);
    assert.equal(server.texts().length, texts);
  });

  it("refuses the right code, and binds nothing", async () => {
    const account = await newAccount(server);
    const { browser, phone } = await afterLink(account);
    const typed = await browser.submit(phone, "phone", { phone: account.phone });
    await rule("administrator");
    const code = server.lastCode(account.phone);
    assert.match((await browser.submit(typed, "code", { code })).html, REFUSED);
    assert.equal((await server.latchkey("user", "show", account.username)).phoneStatus, "none");
  });

  it("wants a link of who came to a number while anybody could", async () => {
    await rule("anybody");
    const account = await newAccount(server);
    const { browser, page } = await afterPassword(strict, account);
    assert.ok(asksForPhone(page));
    await rule("mailed-link");
    assert.ok(waitsForLink(await browser.submit(page, "phone", { phone: account.phone })));
    await linkTo(server, account.email);
    assert.equal(server.texts().filter(({ to }) => to === account.phone).length, 0);
  });

  it("goes on without the link once anybody may bind", async () => {
    const account = await newAccount(server);
    const { browser, page } = await afterPassword(strict, account);
    await rule("anybody");
    assert.ok(asksForPhone(await browser.submit(page, "link", { token: "x" })));
  });

  it("takes no link to an address that is not the user's any more, and mails one to the new", async () => {
    const account = await newAccount(server);
    const { browser, page } = await afterPassword(strict, account);
    const token = tokenOf(await linkTo(server, account.email));
    const changed = ["--email", `new-${account.email}`, "--email-verified"];
    await server.latchkey("user", "update", account.username, ...changed);
    assert.ok(waitsForLink(await browser.submit(page, "link", { token })));
    const next = tokenOf(await linkTo(server, `new-${account.email}`));
    assert.equal((await browser.post(page, "link", { token })).status, 401);
    assert.equal((await browser.post(page, "link", { token: next })).status, 303);
  });

  it("wants another link when the address changes after it", async () => {
    const account = await newAccount(server);
    const { browser, phone } = await afterLink(account);
    const changed = ["--email", `new-${account.email}`, "--email-verified"];
    await server.latchkey("user", "update", account.username, ...changed);
    assert.ok(waitsForLink(await browser.submit(phone, "phone", { phone: account.phone })));
    await linkTo(server, `new-${account.email}`);
    assert.equal(server.texts().filter(({ to }) => to === account.phone).length, 0);
  });

  it("refuses when the address is not verified any more", async () => {
    const account = await newAccount(server);
    const { browser, phone } = await afterLink(account);
    await server.latchkey("user", "update", account.username, "--email", `new-${account.email}`);
    const refused = await browser.submit(phone, "phone", { phone: account.phone });
    assert.match(refused.html, /no confirmed e-mail address/);
  });

  it("does nothing for a user who is disabled meanwhile", async () => {
    const account = await newAccount(server);
    const { browser, page } = await afterPassword(strict, account);
    const token = tokenOf(await linkTo(server, account.email));
    await server.latchkey("user", "update", account.username, "--disable");
    assert.equal((await browser.post(page, "link", { token })).status, 409);
    assert.equal((await browser.post(page, "send-link")).status, 409);
  });
});

describe("binding by a mailed link where no mail is sent", function () {
  this.timeout(60_000);

  it("refuses, in a step-up too, and queues nothing", async () => {
    const { server, strict } = await openScene(
      {},
      {
        NODE_ENV: "production",
        SECRET: "Zq3vT9rKx1LmWc7YbN5hJd8fGs2pAe4u",
        SMS_PROVIDERS: "vonage",
        SMS_COUNTRIES: "US",
        VONAGE_API_KEY: "key",
        VONAGE_API_SECRET: "value",
        VONAGE_FROM: "Latchkey",
      },
    );
    try {
      const lax = await registerRelyingParty(server, { id: "lax", public: true });
      const account = await newAccount(server);
      const { browser, page } = await afterPassword(strict, account);
      assert.match(page.html, /we cannot send mails at the moment/);
      assert.equal((await browser.post(page, "send-link")).status, 409);
      assert.equal((await audited(server, "binding-link-sent", account)).length, 0);

      const signed = await signedIn({ server }, lax, account);
      const up = await atSignIn(strict, {}, signed.browser);
      assert.match(up.page.html, /we cannot send mails at the moment/);
    } finally {
      await server.close();
    }
  });
});

describe("the caps on mailed links", function () {
  this.timeout(60_000);

  it("hold over all sign-ins of a user: a gap, which the page tells of", async () => {
    const { server, strict } = await openScene({ mailedLinkGapSeconds: 60 });
    try {
      const account = await newAccount(server);
      const first = await afterPassword(strict, account);
      const link = await linkTo(server, account.email);
      const second = await afterPassword(strict, account);
      assert.match(second.page.html, /We will send a link to .*You can ask for a mail at/s);
      for (const { browser, page } of [first, second]) {
        const answer = await browser.post(page, "send-link");
        assert.equal(answer.status, 429);
        const seconds = Number(answer.headers.get("Retry-After"));
        assert.ok(seconds > 40 && seconds <= 60, String(seconds));
      }
      assert.equal(await mailed(server, account), 1);
      assert.equal(
        (await first.browser.post(first.page, "link", { token: tokenOf(link) })).status,
        303,
      );
    } finally {
      await server.close();
    }
  });

  it("let out so many a day to a user, however many browsers ask at once", async () => {
    const { server, strict } = await openScene({ mailedLinksPerUserPerDay: 2 });
    try {
      const account = await newAccount(server);
      const visits = await atOnce(5, () => afterPassword(strict, account));
      await linkTo(server, account.email, 2);
      const [capped] = visits.filter(({ page }) => /Too many mails were sent/.test(page.html));
      assert.ok(capped);
      assert.equal((await capped.browser.post(capped.page, "send-link")).status, 429);
      const refused = await audited(server, "binding-link-refused", account);
      assert.deepEqual(new Set(refused.map(({ because }) => because)), new Set(["link-user-cap"]));
      assert.equal(await mailed(server, account), 2);
    } finally {
      await server.close();
    }
  });

  it("end with the sign-in: the link works no longer than it does", async () => {
    const { server, strict } = await openScene({ interactionLifeSeconds: 4 });
    try {
      const account = await newAccount(server);
      const { browser, page } = await afterPassword(strict, account);
      const link = await linkTo(server, account.email);
      await new Promise((resolve) => setTimeout(resolve, 4000));
      assert.equal((await browser.post(page, "link", { token: tokenOf(link) })).status, 404);
      assert.equal((await browser.open(link)).status, 404);
    } finally {
      await server.close();
    }
  });

  it("work on after SECRET was changed, with the old one listed", async () => {
    const [old, young] = ["o".repeat(40), "y".repeat(40)];
    const { server, strict } = await openScene({}, { SECRET: old });
    try {
      const account = await newAccount(server);
      const { browser, page } = await afterPassword(strict, account);
      const link = await linkTo(server, account.email);
      await server.kill();
      await server.restart({ SECRET: `${young},${old}` });
      assert.equal((await browser.post(page, "link", { token: tokenOf(link) })).status, 303);
    } finally {
      await server.close();
    }
  });
});
