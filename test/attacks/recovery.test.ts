// Attacks on password recovery: who learns what by asking, and what a link is good for.
import assert from "node:assert/strict";
import { CookieJar } from "tough-cookie";
import { type Browser, createBrowser, csrfOf } from "../support/browser.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import type { TestServer } from "../support/server.ts";
import {
  type Account,
  askForLink,
  auditedOf,
  mailsOf,
  NEW_PASSWORD,
  newAccount,
  openRecovery,
  openRecoveryScene,
  recoveryLink,
  setPassword,
} from "./recovery-scene.ts";
import { afterPassword, answerOf, atOnce, tally } from "./scene.ts";

const from = (address: string) => createBrowser(new CookieJar(), { "X-Forwarded-For": address });

describe("attacks on password recovery", function () {
  this.timeout(60_000);
  let server: TestServer;
  let lax: RelyingParty;
  before(async () => {
    server = await openRecoveryScene({}, { TRUST_PROXY: "1" });
    lax = await registerRelyingParty(server, { id: "lax", public: true });
  });
  after(() => server.close());

  const signsIn = async (account: Account, password: string) => {
    const { page } = await afterPassword(lax, { ...account, password });
    return answerOf(page).has("code");
  };

  it("answers the same, whoever asks for whom (LOG-03)", async () => {
    const known = await newAccount(server);
    const disabled = await newAccount(server);
    await server.latchkey("user", "update", disabled.username, "--disable");
    const unverified = await newAccount(server, "--name", "Unverified");
    const nobody = "nobody-at-all";
    const { username: bare } = await server.latchkey("user", "add", "--username", "bare");
    const { username: phoneOnly } = await server.latchkey(
      ...["user", "add", "--username", "phoneonly", "--phone", "+14155559876", "--no-password"],
    );
    const answers = [];
    const names = [known, disabled, unverified].flatMap((one) => [one.username, one.email]);
    for (const login of [...names, nobody, bare, phoneOnly, "no@where.example", "+1", "\u0000"]) {
      const { status, headers, html } = await askForLink(
        server,
        login,
        from(`10.1.${answers.length}.1`),
      );
      const seen = [...headers].filter(([name]) => name !== "date");
      answers.push(JSON.stringify([status, seen, html]));
    }
    assert.equal(new Set(answers).size, 1, answers.join("\n"));
    assert.match(answers[0] ?? "", /^\[200,/);

    await mailsOf(server, known.email, "recovery-link", 2);
    const refused = async (one: Account) =>
      (await auditedOf(server, "recovery-refused", one)).map(({ because }) => because);
    assert.deepEqual(await refused(disabled), ["disabled", "disabled"]);
    assert.deepEqual(await refused(unverified), ["no-verified-address", "no-verified-address"]);
    assert.deepEqual(new Set(server.mails().map(({ to }) => to)), new Set([known.email]));
  });

  it("changes nothing without the mailed token, however the page was reached (REC-01)", async () => {
    const account = await newAccount(server);
    const browser = createBrowser();
    await askForLink(server, account.username, browser);
    const parked = await openRecovery(browser, await recoveryLink(server, account.email));
    const right = /name="token" value="([^"]*)"/.exec(parked.html)?.[1] ?? "";
    const turned = [...right].toReversed().join("");
    for (const token of ["", turned, `${right}A`, "é".repeat(43)]) {
      const answer = await setPassword(browser, parked, NEW_PASSWORD, { token });
      assert.equal(answer.status, 410, token);
      assert.match(answer.html, /Ask for a new link/);
    }
    const path = new URL(parked.url).pathname;
    for (const [user, link] of [
      [account.id, ""],
      [account.id, "x"],
      ["x", path.split("/").at(-1)],
    ]) {
      const url = `${server.issuer}/recovery/${user}/${link}`;
      const answer = await setPassword(browser, { ...parked, url }, NEW_PASSWORD);
      assert.ok([404, 410].includes(answer.status), url);
      assert.ok([404, 410].includes((await browser.request(`${url}?token=${right}`)).status));
    }
    assert.ok(await signsIn(account, account.password));
  });

  it("counts tries at a link, and after five takes the right one neither (REC-03)", async () => {
    const account = await newAccount(server);
    const browser = createBrowser();
    await askForLink(server, account.username, browser);
    const link = await recoveryLink(server, account.email);
    const page = await openRecovery(browser, link);
    // What no password may be is no try.
    for (let i = 0; i < 6; i++) {
      assert.equal((await setPassword(browser, page, "short")).status, 422);
    }
    for (let i = 0; i < 5; i++) {
      assert.equal((await setPassword(browser, page, NEW_PASSWORD, { token: "x" })).status, 410);
    }
    assert.equal((await setPassword(browser, page, NEW_PASSWORD)).status, 410);
    assert.equal((await openRecovery(browser, link)).status, 410);
    assert.equal((await auditedOf(server, "recovery-rejected", account)).length, 5);
    assert.ok(await signsIn(account, account.password));
  });

  it("lets one of a hundred at once set the password (REC-03)", async () => {
    // More tries than there are racers, so that the write decides and not the count.
    const own = await openRecoveryScene({ recoveryTriesPerLink: 1000 });
    try {
      const account = await newAccount(own);
      const browser = createBrowser();
      await askForLink(own, account.username, browser);
      const page = await openRecovery(browser, await recoveryLink(own, account.email));
      const answers = await atOnce(100, (i) => setPassword(browser, page, `${NEW_PASSWORD} ${i}`));
      const statuses = tally(answers.map(({ status }) => status));
      assert.equal(statuses[200], 1, JSON.stringify(statuses));
      // Who is too many to be hashed for is told to come again.
      assert.equal((statuses[410] ?? 0) + (statuses[503] ?? 0), 99, JSON.stringify(statuses));
      assert.equal((await setPassword(browser, page, NEW_PASSWORD)).status, 410);
      assert.equal((await auditedOf(own, "recovery-done", account)).length, 1);
      await mailsOf(own, account.email, "password-recovered", 1);
    } finally {
      await own.close();
    }
  });

  it("kills an older link by a newer one, by another password, and by another address (REC-04)", async () => {
    const account = await newAccount(server);
    const browser = createBrowser();
    const ask = async (count: number) => {
      await askForLink(server, account.username, browser);
      return recoveryLink(server, account.email, count);
    };
    const isDead = async (link: string) => (await openRecovery(browser, link)).status === 410;
    const first = await ask(1);
    const parked = await openRecovery(browser, first);
    const second = await ask(2);
    assert.ok((await isDead(first)) && !(await isDead(second)));
    assert.equal((await setPassword(browser, parked, NEW_PASSWORD)).status, 410);

    await server.latchkey("user", "update", account.username, "--reset-password");
    assert.ok(await isDead(second));
    const third = await ask(3);
    const [there, back] = ["other@example.com", account.email].map((email) => [
      "user",
      "update",
      account.username,
      "--email",
      email,
      "--email-verified",
    ]);
    await server.latchkey(...(there ?? []));
    assert.ok(await isDead(third));
    await server.latchkey(...(back ?? []));
    assert.ok(await isDead(third));
  });

  it("takes no token of another user, nor for one (REC-04)", async () => {
    const [one, other] = [await newAccount(server), await newAccount(server)];
    const browser = createBrowser();
    const links = [];
    for (const { username, email } of [one, other]) {
      await askForLink(server, username, browser);
      links.push(new URL(await recoveryLink(server, email)));
    }
    const [mine, theirs] = links;
    assert.ok(mine && theirs);
    for (const url of [
      `${theirs.origin}${theirs.pathname}${mine.search}`,
      mine.href.replace(one.id, other.id),
    ]) {
      assert.equal((await openRecovery(browser, url)).status, 410, url);
    }
    assert.equal((await openRecovery(browser, mine.href)).status, 200);
  });

  it("wants the form's own token, from our own page, as a form (SES-08)", async () => {
    const account = await newAccount(server);
    const [browser, stranger] = [createBrowser(), createBrowser()];
    await askForLink(server, account.username, browser);
    const link = await recoveryLink(server, account.email);
    const page = await openRecovery(browser, link);
    const foreign = csrfOf(await openRecovery(stranger, link));
    for (const csrf of ["", foreign, `${csrfOf(page)}x`]) {
      assert.equal((await setPassword(browser, page, NEW_PASSWORD, { csrf })).status, 403);
    }
    const post = (url: string, init: RequestInit, by: Browser = browser) =>
      by.request(url, { method: "POST", ...init });
    const url = `${server.issuer}/recovery`;
    const ask = csrfOf(await browser.open(url));
    const body = new URLSearchParams({ csrf: ask, login: account.username });
    for (const headers of [
      { Origin: "https://evil.example" },
      { "Sec-Fetch-Site": "cross-site" },
    ]) {
      assert.equal((await post(url, { body, headers })).status, 403);
    }
    assert.equal((await post(url, { body }, createBrowser())).status, 403);
    assert.equal((await post(`${url}?login=x`, { body })).status, 422);
    const json = {
      body: JSON.stringify({ csrf: ask }),
      headers: { "Content-Type": "application/json" },
    };
    assert.equal((await post(url, json)).status, 415);
    assert.equal((await post(url, { body: new URLSearchParams({ csrf: ask }) })).status, 422);
    assert.equal((await browser.request(url, { method: "PUT" })).status, 405);
    // Opened by scanners as often as they like, it is still good.
    for (const method of ["GET", "HEAD", "GET"]) {
      assert.equal((await stranger.request(link, { method })).status, 200);
    }
    assert.equal((await setPassword(browser, page, NEW_PASSWORD)).status, 200);
    assert.equal((await auditedOf(server, "recovery-requested", account)).length, 1);
  });
});
