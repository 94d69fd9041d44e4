// The user's own page, from an address that somebody typed to a phone that is another one.
import assert from "node:assert/strict";
import * as oidc from "openid-client";
import { type Browser, createBrowser, csrfOf, type Page } from "../support/browser.ts";
import { type RelyingParty, registerRelyingParty, signIn } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";

interface Account {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly phone: string;
}

describe("the user's own page", function () {
  this.timeout(60_000);
  let server: TestServer;
  let app: RelyingParty;
  let accounts = 0;

  before(async () => {
    server = await startServer({ limits: { sendGapSeconds: 0 } });
    app = await registerRelyingParty(server, { id: "app", sms: "on" });
  });
  after(() => server.close());

  async function newAccount(...args: string[]): Promise<Account> {
    const i = ++accounts;
    const [username, email] = [`alice${i}`, `alice${i}@example.com`];
    const names = ["--username", username, "--email", email, "--email-verified"];
    const { id, password } = await server.latchkey("user", "add", ...names, ...args);
    return { id, username, email, password, phone: `+1415555${7100 + i}` };
  }
  const withPhone = async () => {
    const phone = `+1415555${7100 + accounts + 1}`;
    return newAccount("--phone", phone, "--name", "Alice Example");
  };

  async function atAccount(account: Account, browser: Browser): Promise<Page> {
    const asked = await browser.open(`${server.issuer}/account`);
    const { username: login, password } = account;
    return browser.submit(asked, "login", { login, password });
  }
  // From the page to where the password is asked for once more, and on to the code.
  async function begin(browser: Browser, page: Page, account: Account): Promise<Page> {
    const body = new URLSearchParams({ csrf: csrfOf(page) });
    const url = `${server.issuer}/account/phone`;
    const asked = await browser.follow(await browser.request(url, { method: "POST", body }));
    const { username: login, password } = account;
    return browser.submit(asked, "login", { login, password });
  }
  const shown = (account: Account) => server.latchkey("user", "show", account.username);
  const textTo = (number: string) =>
    server
      .texts()
      .filter(({ to }) => to === number)
      .at(-1)?.text ?? "";
  const withCode = (browser: Browser, page: Page, number: string) =>
    browser.submit(page, "code", { code: server.lastCode(number) });

  it("asks who it is, and shows what their account is", async () => {
    const account = await withPhone();
    const browser = createBrowser();
    const asked = await browser.open(`${server.issuer}/account`);
    assert.match(asked.html, /name="password"/);
    assert.match(asked.html, /your account/);
    const page = await atAccount(account, browser);
    assert.equal(page.url, `${server.issuer}/account`);
    assert.equal(page.status, 200);
    assert.match(page.html, /Alice Example/);
    assert.ok(page.html.includes(`<bdi>${account.username}</bdi>`));
    assert.match(page.html, /Assigned by your administrator/);
    assert.ok(!page.html.includes(account.phone), "the number is masked");
    assert.ok(page.html.includes(account.phone.slice(-2)));
  });

  it("leads nowhere by itself when its user gives up", async () => {
    const browser = createBrowser();
    const asked = await browser.open(`${server.issuer}/account`);
    const left = await browser.submit(asked, "abort");
    assert.equal(left.status, 200);
    assert.match(left.url, /\/account\/signed-in\?error=access_denied/);
    assert.match(left.html, /href="\/account"/);
  });

  it("lets its user sign out", async () => {
    const browser = createBrowser();
    const page = await atAccount(await withPhone(), browser);
    const action = /<form class="abort" method="get" action="([^"]+)"/.exec(page.html)?.[1];
    const asked = await browser.open(`${server.issuer}${action}`);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(asked.html)?.[1] ?? "";
    const body = new URLSearchParams({ xsrf, logout: "yes" });
    await browser.request(`${server.issuer}/session/end/confirm`, { method: "POST", body });
    assert.match((await browser.open(`${server.issuer}/account`)).html, /name="password"/);
  });

  it("lets somebody without a phone bind one", async () => {
    const account = await newAccount();
    const browser = createBrowser();
    const page = await atAccount(account, browser);
    assert.match(page.html, /You haven&#39;t added a mobile number/);
    const asked = await begin(browser, page, account);
    const typed = await browser.submit(asked, "phone", { phone: account.phone });
    assert.match(textTo(account.phone), /is your code/);
    const back = await withCode(browser, typed, account.phone);
    assert.equal(back.url, `${server.issuer}/account`);
    assert.match(back.html, /Verified/);
    assert.equal((await shown(account)).phoneStatus, "bound");
  });

  it("changes the phone with the password, a code to the old number and one to the new", async () => {
    const account = await withPhone();
    const newNumber = "+14155558001";
    const elsewhere = await app.begin();
    const other = createBrowser();
    const tokens = await app.finish(elsewhere, await signIn(server, other, elsewhere, account));

    const browser = createBrowser();
    const asked = await begin(browser, await atAccount(account, browser), account);
    assert.match(asked.html, /to change your mobile number/);
    const typing = await withCode(browser, asked, account.phone);
    assert.match(typing.html, /Your new mobile number/);
    assert.match(textTo(account.phone), /code to change your account's phone number/);
    assert.equal((await shown(account)).phone, (await shown(account)).loginPhone);
    const typed = await browser.submit(typing, "phone", { phone: newNumber });
    assert.match(textTo(newNumber), /code to change your account's phone number/);
    // Tokens know the second alone, and one of the same second counts as younger.
    const issuedAt = (tokens.claims()?.iat ?? 0) * 1000;
    await until(() => Date.now() >= issuedAt + 1000);
    const back = await withCode(browser, typed, newNumber);
    assert.equal(back.url, `${server.issuer}/account`);
    assert.match(back.html, /01<\/strong>/);

    await assertChanged(account, newNumber);
    // This browser goes on; the other one, and the tokens from before, do not.
    assert.equal((await browser.request(`${server.issuer}/account`)).status, 200);
    const again = await app.begin({ prompt: "none" });
    assert.equal(app.errorOf(await other.open(again.url.href)), "login_required");
    const refreshing = oidc.refreshTokenGrant(app.config, tokens.refresh_token ?? "");
    await assert.rejects(refreshing, { error: "invalid_grant" });
    const more = await app.begin();
    const answer = await browser.open(more.url.href);
    assert.deepEqual((await app.finish(more, answer)).claims()?.amr, ["pwd", "sms", "mfa"]);
  });

  it("offers new recovery codes for the new number, where they are taken", async () => {
    await server.latchkey("mfa", "rule", "outage", "other-factor");
    try {
      const account = await withPhone();
      await server.latchkey("user", "recovery-codes", account.username);
      const newNumber = "+14155558002";
      const browser = createBrowser();
      const asked = await begin(browser, await atAccount(account, browser), account);
      const typing = await withCode(browser, asked, account.phone);
      const typed = await browser.submit(typing, "phone", { phone: newNumber });
      const offered = await withCode(browser, typed, newNumber);
      assert.match(offered.html, /Keep these recovery codes/);
      assert.equal(
        (await shown(account)).recoveryCodesLeft,
        0,
        "those for the old number are gone",
      );
      const back = await browser.submit(offered, "recovery-codes", { keep: "yes" });
      assert.equal(back.url, `${server.issuer}/account`);
      assert.equal(back.status, 200);
      assert.equal((await shown(account)).recoveryCodesLeft, 10);
    } finally {
      await server.latchkey("mfa", "rule", "outage", "closed");
    }
  });

  // Who, when, before and after; a text to the old number and a mail, neither with a whole number.
  async function assertChanged(account: Account, newNumber: string): Promise<void> {
    const { phone, phoneStatus, loginPhone } = await shown(account);
    assert.deepEqual([phone.slice(-2), phoneStatus], [newNumber.slice(-2), "bound"]);
    assert.equal(loginPhone.slice(-2), account.phone.slice(-2));
    const { items } = await server.latchkey("audit", "list", "--action", "phone-changed");
    const [event] = items.filter(({ target }: { target: string }) => target.includes(account.id));
    assert.equal(event.actor, `user:${account.id}`);
    assert.deepEqual(
      [event.details.before.phone.slice(-2), event.details.after.phone.slice(-2)],
      [account.phone.slice(-2), newNumber.slice(-2)],
    );
    assert.ok(!JSON.stringify(event).includes(newNumber.slice(3)));
    await until(() => server.texts().some(({ purpose }) => purpose === "phone-changed"));
    const notice = server.texts().find(({ purpose }) => purpose === "phone-changed");
    assert.equal(notice?.to, account.phone);
    const toOwner = () => server.mails().filter(({ to }) => to === account.email);
    await until(() => toOwner().some(({ purpose }) => purpose === "phone-changed"));
  }
});

describe("the user's own page of an issuer with a path", function () {
  this.timeout(60_000);

  it("is below it, and so is all that it leads to", async () => {
    const server = await startServer({ issuerPath: "/id" });
    try {
      const { password } = await server.latchkey("user", "add", "--username", "alice");
      const browser = createBrowser();
      const asked = await browser.open(`${server.issuer}/account`);
      const page = await browser.submit(asked, "login", { login: "alice", password });
      assert.equal(page.url, `${server.issuer}/account`);
      assert.match(page.html, /action="\/id\/account\/phone"/);
      assert.match(page.html, /action="\/id\/session\/end"/);
      const body = new URLSearchParams({ csrf: csrfOf(page) });
      const url = `${server.issuer}/account/phone`;
      const again = await browser.follow(await browser.request(url, { method: "POST", body }));
      assert.match(again.html, /name="password"/);
      const left = await browser.submit(again, "abort");
      assert.match(left.html, /href="\/id\/account"/);
    } finally {
      await server.close();
    }
  });
});
