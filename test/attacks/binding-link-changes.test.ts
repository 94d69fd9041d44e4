// Attacks on binding by a mailed link with time in between: rules, addresses and secrets that change, and caps.
import assert from "node:assert/strict";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import type { TestServer } from "../support/server.ts";
import {
  type Account,
  asksForPhone,
  linkTo,
  mailed,
  newAccount,
  openLinkScene,
  tokenOf,
  waitsForLink,
} from "./link-scene.ts";
import { afterPassword, atOnce, atSignIn, audited, signedIn } from "./scene.ts";

describe("binding by a mailed link, when something changes in between", function () {
  this.timeout(60_000);
  let server: TestServer;
  let strict: RelyingParty;
  before(async () => {
    ({ server, strict } = await openLinkScene());
  });
  after(() => server.close());

  const rule = (value: string) =>
    server.latchkey("mfa", "rule", "binding", value, "--client", "strict");
  afterEach(() => rule("mailed-link"));

  const REFUSED = /You can&#39;t add one yourself/;

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
    assert.match(refused.html, /no confirmed email address/);
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
    const { server, strict } = await openLinkScene(
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
      assert.match(page.html, /we can&#39;t send emails right now/);
      assert.equal((await browser.post(page, "send-link")).status, 409);
      assert.equal((await audited(server, "binding-link-sent", account)).length, 0);

      const signed = await signedIn({ server }, lax, account);
      const up = await atSignIn(strict, {}, signed.browser);
      assert.match(up.page.html, /we can&#39;t send emails right now/);
    } finally {
      await server.close();
    }
  });
});

describe("the caps on mailed links", function () {
  this.timeout(60_000);

  it("hold over all sign-ins of a user: a gap, which the page tells of", async () => {
    const { server, strict } = await openLinkScene({ mailedLinkGapSeconds: 60 });
    try {
      const account = await newAccount(server);
      const first = await afterPassword(strict, account);
      const link = await linkTo(server, account.email);
      const second = await afterPassword(strict, account);
      assert.match(second.page.html, /We&#39;ll send a link to .*You can send it again at/s);
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
    const { server, strict } = await openLinkScene({ mailedLinksPerUserPerDay: 2 });
    try {
      const account = await newAccount(server);
      const visits = await atOnce(5, () => afterPassword(strict, account));
      await linkTo(server, account.email, 2);
      const [capped] = visits.filter(({ page }) => /Too many emails were sent/.test(page.html));
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
    const { server, strict } = await openLinkScene({ interactionLifeSeconds: 4 });
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
    const { server, strict } = await openLinkScene({}, { SECRET: old });
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
