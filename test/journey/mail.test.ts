// What users are told by mail, from the page to the mailbox.
import assert from "node:assert/strict";
import { type Browser, createBrowser, type Page } from "../support/browser.ts";
import { type MailServer, type ReceivedMail, startMailServer } from "../support/mail-server.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";

const LIMITS = {
  sendGapSeconds: 0,
  sendsPerNumberPerDay: 1000,
  sendsPerChallenge: 50,
  mailTimeoutSeconds: 4,
  mailRetrySeconds: [1, 1, 1, 1, 1],
};

interface Account {
  readonly username: string;
  readonly password: string;
  readonly email: string;
  readonly phone: string;
}

describe("mails about the second step", function () {
  this.timeout(60_000);
  let mailbox: MailServer;
  let server: TestServer;
  let app: RelyingParty;
  let accounts = 0;

  before(async () => {
    mailbox = await startMailServer();
    server = await startServer({
      limits: LIMITS,
      env: {
        SMTP_URL: `smtp://localhost:${mailbox.port}`,
        MAIL_FROM: "Latchkey <no-reply@id.example>",
      },
    });
    app = await registerRelyingParty(server, { id: "app", sms: "on" });
  });
  after(async () => {
    await server.close();
    await mailbox.stop();
  });

  async function newAccount(...args: string[]): Promise<Account> {
    const i = ++accounts;
    const [username, email] = [`user${i}`, `user${i}@example.com`];
    const { password } = await server.latchkey(
      ...["user", "add", "--username", username, "--email", email, "--email-verified", ...args],
    );
    return { username, password, email, phone: `+1415555${2000 + i}` };
  }

  async function afterPassword(account: Account, params: Record<string, string> = {}) {
    const browser = createBrowser();
    const begun = await app.begin(params);
    const { username: login, password } = account;
    const signIn = await browser.open(begun.url.href);
    const page = await browser.submit(signIn, "login", { login, password });
    return { browser, begun, page };
  }

  async function guess(browser: Browser, page: Page, phone: string, times: number) {
    for (let i = 1; i <= times; i++) {
      const wrong = String((Number(server.lastCode(phone)) + i) % 1_000_000).padStart(6, "0");
      assert.equal((await browser.post(page, "code", { code: wrong })).status, 401);
    }
  }

  // Everything that an address got, once there are so many of them.
  async function mailsTo({ email }: Account, count: number): Promise<ReceivedMail[]> {
    const own = () => mailbox.received.filter(({ recipients }) => recipients.includes(email));
    for (let waited = 0; own().length < count && waited < 15_000; waited += 100) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal(own().length, count);
    return own();
  }

  const textOf = (mail: ReceivedMail | undefined) => mail?.parts["text/plain"] ?? "";

  function assertTellsNoSecret(mails: readonly ReceivedMail[], { phone }: Account): void {
    for (const { raw, parts } of mails) {
      for (const content of [raw, ...Object.values(parts)]) {
        assert.ok(!content.includes(phone), "the whole number");
        assert.ok(!content.includes(phone.slice(1)), "the whole number");
        for (const { to, text } of server.texts()) {
          if (to === phone) assert.ok(!content.includes(text.slice(-6)), "a code");
        }
      }
      for (const content of Object.values(parts)) assert.doesNotMatch(content, /https?:/);
    }
  }

  it("tell of a phone that was bound, as text and HTML, in the language of the sign-in (BIND-11)", async () => {
    const account = await newAccount();
    const { browser, begun, page } = await afterPassword(account, { ui_locales: "de" });
    const typed = await browser.submit(page, "phone", { phone: account.phone });
    const code = server.lastCode(account.phone);
    await app.finish(begun, await browser.submit(typed, "code", { code }));

    const [mail] = await mailsTo(account, 1);
    assert.ok(mail);
    assert.equal(mail.from, "no-reply@id.example");
    assert.deepEqual(mail.recipients, [account.email]);
    // RFC 2047.
    assert.match(mail.header("subject"), /Eine_Mobilnummer_Ihres_Konto\S+ \S+best=C3=A4tigt/);
    assert.equal(mail.header("content-language"), "de");
    assert.deepEqual(Object.keys(mail.parts), ["text/plain", "text/html"]);
    assert.match(mail.parts["text/plain"] ?? "", /^App: \S/m);
    for (const content of Object.values(mail.parts)) {
      assert.ok(content.includes(`+1 ••• ••• ${account.phone.slice(-2)}`));
      assert.match(content, /Wenn Sie das nicht waren/);
    }
    assertTellsNoSecret([mail], account);
  });

  it("tell once of three wrong codes, and of the lock (OTP-13)", async () => {
    const account = await newAccount("--phone", "+14155553000");
    const { browser, page } = await afterPassword(account);
    await guess(browser, page, "+14155553000", 5);
    const [first] = await mailsTo(account, 1);
    assert.match(textOf(first), /entered 3 wrong codes in a row/);

    await browser.submit(page, "resend");
    await guess(browser, page, "+14155553000", 5);
    const mails = await mailsTo(account, 2);
    assert.match(mails[1]?.header("subject") ?? "", /Sign-in codes are paused for your account/);
    assert.match(
      textOf(mails[1]),
      /10 wrong codes in a row.*until \w+ \d+, \d{4} at \d\d:\d\d UTC/,
    );
    assertTellsNoSecret(mails, { ...account, phone: "+14155553000" });
  });

  it("tell of what an administrator does by the command line", async () => {
    const account = await newAccount();
    await server.latchkey("user", "update", account.username, "--phone", "+14155554001");
    await server.latchkey("user", "update", account.username, "--phone", "+14155554002");
    await server.latchkey("user", "update", account.username, "--phone", "");
    const mails = await mailsTo(account, 3);
    assert.deepEqual(
      mails.map((mail) => mail.header("subject")),
      [
        "Latchkey: A mobile number was added to your account",
        "Latchkey: The mobile number of your account was changed",
        "Latchkey: The mobile number of your account was removed",
      ],
    );
    for (const phone of ["+14155554001", "+14155554002"]) {
      assertTellsNoSecret(mails, { ...account, phone });
    }
  });

  it("tell of a sign-in from a new browser, but not from the first, nor again", async () => {
    const account = await newAccount();
    const first = await afterPassword(account);
    const typed = await first.browser.submit(first.page, "phone", { phone: account.phone });
    const code = () => ({ code: server.lastCode(account.phone) });
    await app.finish(first.begun, await first.browser.submit(typed, "code", code()));

    async function signInAgain(browser: Browser): Promise<void> {
      const begun = await app.begin({ prompt: "login" });
      const { username: login, password } = account;
      const signIn = await browser.open(begun.url.href);
      const page = await browser.submit(signIn, "login", { login, password });
      await app.finish(begun, await browser.submit(page, "code", code()));
    }
    await signInAgain(first.browser);
    const second = createBrowser();
    await signInAgain(second);
    await signInAgain(second);
    const mails = await mailsTo(account, 2);
    assert.match(mails[0]?.header("subject") ?? "", /A mobile number of your account was verified/);
    assert.match(mails[1]?.header("subject") ?? "", /used in a new browser/);

    const cookies = await second.jar.getCookies(server.issuer);
    const device = cookies.find(({ key }) => key === "latchkey_device");
    assert.equal(device?.httpOnly, true);
    assert.equal(device?.sameSite, "lax");
    assert.ok(Number(device?.TTL()) > 399 * 86_400_000);
  });

  it("take a browser's id from nobody else's signature", async () => {
    const account = await newAccount("--phone", "+14155558000");
    const signInWith = async (cookie: string) => {
      const browser = createBrowser();
      if (cookie !== "") await browser.jar.setCookie(cookie, server.issuer);
      const begun = await app.begin();
      const { username: login, password } = account;
      const signIn = await browser.open(begun.url.href);
      const page = await browser.submit(signIn, "login", { login, password });
      await browser.submit(page, "code", { code: server.lastCode("+14155558000") });
      return (await browser.jar.getCookies(server.issuer)).find(
        ({ key }) => key === "latchkey_device",
      )?.value;
    };
    const own = await signInWith("");
    const forged = await signInWith(`latchkey_device=${own}`);
    assert.ok(own && forged);
    assert.notEqual(forged, own);
    const mails = await mailsTo(account, 2);
    assert.match(mails[1]?.header("subject") ?? "", /used in a new browser/);
  });

  it("go to no address that nobody verified", async () => {
    const account = await newAccount();
    await server.latchkey("user", "update", account.username, "--email", "other@example.com");
    await server.latchkey("user", "update", account.username, "--phone", "+14155555001");
    const witness = await newAccount();
    await server.latchkey("user", "update", witness.username, "--phone", "+14155555002");
    await mailsTo(witness, 1);
    await mailsTo(account, 0);
    await mailsTo({ ...account, email: "other@example.com" }, 0);
  });

  it("change no header for any name or address (INJ-16)", async () => {
    const evil = "a@example.com\r\nBcc: evil@example.com";
    for (const email of [evil, "<a@b.example>,c@d.example", "a@b.example\u2028Bcc: c@d.example"]) {
      await assert.rejects(server.latchkey("user", "add", "--username", "evil", "--email", email));
    }
    const name =
      "Mallory \u202e <img src=x> =?utf-8?q?=0D=0ABcc:?= {{7*7}} %0d%0aBcc: evil@example.com";
    const account = await newAccount("--name", name.replace("\u202e", ""));
    await server.latchkey("user", "update", account.username, "--phone", "+14155556001");
    const [mail] = await mailsTo(account, 1);
    assert.ok(mail);
    assert.deepEqual(mail.recipients, [account.email]);
    const names = mail.headers.map(([each]) => each).toSorted();
    assert.deepEqual(names, [
      ...["auto-submitted", "content-language", "content-type", "date", "from", "message-id"],
      ...["mime-version", "subject", "to"],
    ]);
    assert.ok(!mail.raw.includes("Mallory"));
  });

  it("hold up no sign-in while the mail server is down or silent, and go out once when it is back (FLT-29)", async () => {
    for (const break_ of ["down", "silent"] as const) {
      if (break_ === "down") await mailbox.stop();
      else mailbox.hang(true);
      const account = await newAccount();
      const { browser, begun, page } = await afterPassword(account);
      const typed = await browser.submit(page, "phone", { phone: account.phone });
      const began = performance.now();
      const code = server.lastCode(account.phone);
      const answer = await browser.submit(typed, "code", { code });
      const took = performance.now() - began;
      assert.ok((await app.finish(begun, answer)).id_token);
      assert.ok(took < 3500, `the sign-in took ${Math.round(took)} ms`);
      // Long enough for an attempt that fails.
      await new Promise((resolve) => setTimeout(resolve, 2500));
      if (break_ === "down") await mailbox.start();
      else mailbox.hang(false);
      await mailsTo(account, 1);
      await new Promise((resolve) => setTimeout(resolve, 2500));
      await mailsTo(account, 1);
    }
  });

  it("are given up with a line in the audit log when the server refuses them for good", async () => {
    mailbox.refuseWith(550);
    const account = await newAccount();
    const { id } = await server.latchkey("user", "show", account.username);
    await server.latchkey("user", "update", account.username, "--phone", "+14155557001");
    const events = async () =>
      (await server.latchkey("audit", "list", "--action", "mail-given-up")).items;
    for (let waited = 0; (await events()).length === 0 && waited < 10; waited++) {
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    mailbox.refuseWith(null);
    const [event] = await events();
    assert.equal(event.target, `user:${id}`);
    assert.equal(event.because, "server-refused");
    assert.ok(!JSON.stringify(event).includes(account.email));
    assert.ok(!server.output().includes("example.com"), "an address is in the log");
  });
});

describe("mails without a mail server", () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.close());

  it("go into the outbox, as published", async () => {
    const email = "alice@example.com";
    await server.latchkey(
      "user",
      "add",
      "--username",
      "alice",
      "--email",
      email,
      "--email-verified",
    );
    await server.latchkey("user", "update", "alice", "--phone", "+14155552671");
    for (let waited = 0; server.mails().length === 0 && waited < 10_000; waited += 100) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const [mail] = server.mails();
    assert.ok(mail);
    assert.deepEqual(Object.keys(mail), ["at", "channel", "to", "purpose", "subject", "text"]);
    assert.equal(mail.to, email);
    assert.equal(mail.purpose, "phone-assigned");
    assert.match(mail.subject ?? "", /^Latchkey: A mobile number was added to your account$/);
    assert.match(mail.text, /\+1 ••• ••• 71/);
    assert.deepEqual(server.texts(), []);
  });
});
