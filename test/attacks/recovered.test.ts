// Attacks by way of an account that was recovered: what lives on, what a link lets out, and what it counts under.
import assert from "node:assert/strict";
import * as oidc from "openid-client";
import { CookieJar } from "tough-cookie";
import { type Browser, createBrowser, csrfOf } from "../support/browser.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import type { TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";
import { storedBytes } from "./link-scene.ts";
import {
  type Account,
  askForLink,
  auditedOf,
  mailsOf,
  NEW_PASSWORD,
  newAccount,
  openRecovery,
  openRecoveryScene,
  recover,
  recoveryLink,
} from "./recovery-scene.ts";
import { afterPassword, answerOf, asksForCode, otherThan, rawRequest, signedIn } from "./scene.ts";

const from = (address: string) => createBrowser(new CookieJar(), { "X-Forwarded-For": address });

describe("attacks by way of a recovered account", function () {
  this.timeout(60_000);
  let server: TestServer;
  let strict: RelyingParty;
  let lax: RelyingParty;
  before(async () => {
    server = await openRecoveryScene({}, { TRUST_PROXY: "1" });
    strict = await registerRelyingParty(server, { id: "strict", sms: "on" });
    lax = await registerRelyingParty(server, { id: "lax", public: true });
  });
  after(() => server.close());

  const silently = async (browser: Browser) =>
    answerOf(await browser.open((await lax.begin({ prompt: "none" })).url.href));

  it("signs nobody in and leaves the second step on (REC-02)", async () => {
    const account = await newAccount(server);
    await signedIn({ server }, strict, account);
    const browser = createBrowser();
    const done = await recover(server, account, browser);
    assert.equal(done.status, 200);
    assert.match(done.html, /sign in with the new password/);
    assert.equal((await silently(browser)).get("error"), "login_required");

    const shown = await server.latchkey("user", "show", account.username);
    assert.deepEqual([shown.phoneStatus, shown.status], ["bound", "active"]);
    const { page } = await afterPassword(
      strict,
      { ...account, password: NEW_PASSWORD },
      {},
      browser,
    );
    assert.ok(asksForCode(page));
    const old = await afterPassword(strict, account);
    assert.equal(old.page.status, 401);
  });

  it("ends sessions, tokens and sign-ins under way, and says so by mail (REC-05)", async () => {
    const account = await newAccount(server);
    const { browser, begun, page } = await signedIn({ server }, lax, account);
    const tokens = await lax.finish(begun, page);
    const halfDone = await afterPassword(strict, account);
    assert.ok((await silently(browser)).has("code"));
    // Tokens know the second alone: one of the same second would count as later.
    const issuedAt = tokens.claims()?.iat ?? 0;
    await until(() => Date.now() >= (issuedAt + 1) * 1000);
    await recover(server, account);

    assert.equal((await silently(browser)).get("error"), "login_required");
    const refreshed = oidc.refreshTokenGrant(lax.config, tokens.refresh_token ?? "");
    await assert.rejects(refreshed, { error: "invalid_grant" });
    const asked = oidc.fetchUserInfo(lax.config, tokens.access_token, oidc.skipSubjectCheck);
    await assert.rejects(asked);
    const typed = await halfDone.browser.post(halfDone.page, "phone", { phone: account.phone });
    assert.equal(typed.status, 409);

    const [mail] = await mailsOf(server, account.email, "password-recovered", 1);
    assert.match(mail?.subject ?? "", /Your password was changed/);
    assert.ok(!/https?:/.test(mail?.text ?? ""), "a link in a notice");
    const requested = await auditedOf(server, "recovery-requested", account);
    const mailed = await auditedOf(server, "recovery-mailed", account);
    const ended = await auditedOf(server, "recovery-done", account);
    assert.deepEqual(
      [...requested, ...mailed, ...ended].map(({ actor }) => actor),
      ["anonymous", "system", `user:${account.id}`],
    );
  });

  it("lets the token out to nobody: no referrer, no cache, no third party, no foreign host (REC-06)", async () => {
    const account = await newAccount(server);
    const browser = createBrowser();
    await askForLink(server, account.username, browser);
    const link = await recoveryLink(server, account.email);
    assert.ok(link.startsWith(`${server.issuer}/recovery/`));
    const page = await openRecovery(browser, link);
    assert.equal(page.headers.get("Referrer-Policy"), "strict-origin");
    assert.equal(page.headers.get("Cache-Control"), "no-store");
    assert.match(page.headers.get("Content-Security-Policy") ?? "", /form-action 'self'$/);
    assert.ok(!/(?:href|src|action)="(?:https?:|\/\/)/.test(page.html), "something from elsewhere");

    const { pathname, search } = new URL(link);
    for (const headers of [
      { Host: "evil.example" },
      { Host: new URL(server.issuer).host, "X-Forwarded-Host": "evil.example" },
    ]) {
      for (const path of ["/recovery", `${pathname}${search}`]) {
        const answer = await rawRequest(server, { path, headers });
        assert.equal(answer.status, 421);
        assert.ok(!answer.body.includes("evil.example"));
      }
    }
    const token = new URL(link).searchParams.get("token") ?? "";
    const id = pathname.split("/").at(-1) ?? "";
    const shown = JSON.stringify(await server.latchkey("user", "show", account.username));
    const listed = JSON.stringify(await server.latchkey("audit", "list", "--limit", "1000"));
    for (const secret of [token, id]) {
      assert.ok(!server.output().includes(secret), "in the log");
      assert.ok(!storedBytes(server).includes(secret), "in the store");
      assert.ok(!shown.includes(secret) && !listed.includes(secret), "shown to an administrator");
    }
  });

  it("mails so many links a day to one user, and the last one works", async () => {
    const account = await newAccount(server);
    for (let i = 0; i < 7; i++) {
      const login = i % 2 === 0 ? account.username : account.email.toUpperCase();
      assert.equal((await askForLink(server, login, from(`10.2.${i}.1`))).status, 200);
    }
    const page = await openRecovery(createBrowser(), await recoveryLink(server, account.email, 5));
    assert.equal(page.status, 200);
    const refused = await auditedOf(server, "recovery-refused", account);
    assert.deepEqual(
      refused.map(({ because }) => because),
      ["mail-cap", "mail-cap"],
    );
  });

  it("takes so many requests an hour from one network, known user or not", async () => {
    const account: Account = await newAccount(server);
    for (let i = 0; i < 20; i++) {
      assert.equal((await askForLink(server, `nobody${i}`, from(`10.3.3.${i}`))).status, 200);
    }
    for (const login of ["nobody", account.username]) {
      const refused = await askForLink(server, login, from("10.3.3.99"));
      assert.equal(refused.status, 429);
      assert.ok(Number(refused.headers.get("Retry-After")) > 3500);
      assert.match(refused.html, /Too many links were requested/);
    }
    assert.equal((await askForLink(server, account.username, from("10.3.4.1"))).status, 200);
    await recoveryLink(server, account.email, 1);
  });

  it("puts back a second step that wrong codes have switched off, and writes it down", async () => {
    const off = await openRecoveryScene({ attemptsInARowUntilOff: 3 });
    try {
      const two = await registerRelyingParty(off, { id: "strict", sms: "on" });
      const account = await newAccount(off);
      await signedIn({ server: off }, two, account);
      const { browser, page } = await afterPassword(two, account);
      const code = off.lastCode(account.phone);
      for (let i = 1; i <= 3; i++) await browser.post(page, "code", { code: otherThan(code, i) });
      const state = async () =>
        (await off.latchkey("user", "show", account.username)).secondFactor.state;
      assert.equal(await state(), "off");
      await recover(off, account);
      assert.equal(await state(), "usable");
      const [event] = await auditedOf(off, "user-second-factor-unlocked", account);
      assert.equal(event?.actor, `user:${account.id}`);
    } finally {
      await off.close();
    }
  });

  it("is not there where it is switched off", async () => {
    const off = await openRecoveryScene({}, { RECOVERY: "off" });
    try {
      const app = await registerRelyingParty(off, { id: "lax", public: true });
      const signIn = await createBrowser().open((await app.begin()).url.href);
      assert.ok(signIn.html.includes('name="password"') && !signIn.html.includes("/recovery"));
      assert.equal((await createBrowser().open(`${off.issuer}/recovery`)).status, 404);
      const form = await createBrowser().open(signIn.url);
      const body = new URLSearchParams({ csrf: csrfOf(form), login: "demo" });
      const post = { method: "POST", body };
      assert.equal((await createBrowser().request(`${off.issuer}/recovery`, post)).status, 404);
    } finally {
      await off.close();
    }
  });
});
