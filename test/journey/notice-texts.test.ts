// What the old number hears when a phone is replaced or taken away, from the command line to the phone.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { createBrowser } from "../support/browser.ts";
import { type FakeProvider, fakes } from "../support/fake-provider.ts";
import { startFakeWebhook } from "../support/fake-webhook.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const NEW_NUMBER = "+14155559001";
const LIMITS = { mailRetrySeconds: [1, 1, 1, 1, 1], smsTimeoutSeconds: 1 };
// Time for at least one more attempt, if there were one.
const A_WHILE_MS = 6000;

interface Account {
  readonly username: string;
  readonly phone: string;
}

// A user who binds a phone by a sign-in, with the code that went to it.
async function boundAccount(
  server: TestServer,
  app: RelyingParty,
  account: Account,
  codeTo: (phone: string) => string,
): Promise<Account> {
  const { username, phone } = account;
  const { password } = await server.latchkey(
    ...["user", "add", "--username", username],
    ...["--email", `${username}@example.com`, "--email-verified"],
  );
  const browser = createBrowser();
  const begun = await app.begin();
  let page = await browser.open(begun.url.href);
  page = await browser.submit(page, "login", { login: username, password });
  page = await browser.submit(page, "phone", { phone });
  await app.finish(begun, await browser.submit(page, "code", { code: codeTo(phone) }));
  return account;
}

describe("texts to the number that was a user's", function () {
  this.timeout(60_000);
  let server: TestServer;
  let app: RelyingParty;
  let accounts = 0;

  before(async () => {
    server = await startServer({ limits: LIMITS, env: { SMS_COUNTRIES: "US" } });
    app = await registerRelyingParty(server, { id: "app", sms: "on" });
  });
  after(() => server.close());

  const newAccount = (): Promise<Account> => {
    const i = ++accounts;
    const account = { username: `user${i}`, phone: `+1415555${7000 + i}` };
    return boundAccount(server, app, account, (phone) => server.lastCode(phone));
  };
  const notices = () => server.texts().filter(({ purpose }) => purpose.startsWith("phone-"));

  it("arrive there once, with no code, no link, no name and no number (BIND-11)", async () => {
    const { username, phone } = await newAccount();
    await server.latchkey("user", "update", username, "--phone", NEW_NUMBER);
    await until(() => notices().length > 0);
    await delay(A_WHILE_MS);
    const [notice, ...more] = notices();
    assert.ok(notice);
    assert.deepEqual(more, []);
    assert.deepEqual(Object.keys(notice), ["at", "channel", "to", "purpose", "text"]);
    assert.deepEqual([notice.to, notice.purpose], [phone, "phone-changed"]);
    assert.equal(notice.text, "Latchkey: The phone number of your account was changed.");
    assert.doesNotMatch(notice.text, /\d|https?:|[@#]/);
    assert.ok(!notice.text.includes(username));
    // The number that was never bound hears nothing.
    assert.ok(!server.texts().some(({ to }) => to === NEW_NUMBER));
  });

  it("tell of a number that was removed, and of a user who was", async () => {
    for (const args of [["update", "--phone", ""], ["remove"]]) {
      const { username, phone } = await newAccount();
      const [command = "", ...options] = args;
      await server.latchkey("user", command, username, ...options);
      await until(() => notices().some(({ to }) => to === phone));
      const [notice, ...more] = notices().filter(({ to }) => to === phone);
      assert.equal(notice?.purpose, "phone-removed");
      assert.match(notice?.text ?? "", /was removed/);
      assert.deepEqual(more, []);
    }
  });

  it("are remembered as what they are, and distort no figures", async () => {
    const { items } = await server.latchkey("message", "list", "--days", "1");
    const of = items.filter(({ purpose }: { purpose: string }) => purpose === "notice");
    assert.equal(of.length, 3);
    assert.deepEqual(
      [of[0].applicationId, of[0].status, of[0].prefix],
      [null, "accepted", "+1415555"],
    );
    const { items: figures } = await server.latchkey("message", "stats", "--days", "1");
    assert.deepEqual([figures[0].sent, figures[0].notices], [6, 3]);
    assert.deepEqual([figures[0].verified, figures[0].conversionPercent], [3, 100]);
  });

  it("go to no country that may not be texted any more, and the audit log says so", async () => {
    const { username } = await newAccount();
    const before = notices().length;
    await server.kill();
    await server.latchkey("user", "update", username, "--phone", "+14155559002");
    await server.restart({ SMS_COUNTRIES: "DE" });
    const refusals = async () =>
      (await server.latchkey("audit", "list", "--action", "text-refused")).items;
    for (let waited = 0; (await refusals()).length === 0 && waited < 10; waited++) await delay(500);
    const [event] = await refusals();
    assert.equal(event.because, "country-not-allowed");
    assert.deepEqual(event.details, { kind: "phone-changed" });
    assert.equal(notices().length, before);
  });
});

describe("texts to the number that was a user's, by a provider that fails", function () {
  this.timeout(60_000);
  let webhook: FakeProvider;
  let server: TestServer;
  let app: RelyingParty;
  let accounts = 0;

  before(async () => {
    webhook = await startFakeWebhook();
    server = await startServer({
      limits: LIMITS,
      env: {
        SECRET: randomBytes(48).toString("base64url"),
        SMS_PROVIDERS: "webhook",
        SMS_COUNTRIES: "US",
        SMS_WEBHOOK_URL: webhook.url,
        SMS_WEBHOOK_SECRET: "webhook-secret-long-enough",
      },
    });
    app = await registerRelyingParty(server, { id: "app", sms: "on" });
  });
  after(async () => {
    await server.close();
    await webhook.close();
  });

  async function newAccount(): Promise<Account> {
    const i = ++accounts;
    const account = { username: `user${i}`, phone: `+1415555${8000 + i}` };
    const codeTo = () => /#(\d{6})"/.exec(webhook.requests.at(-1)?.body ?? "")?.[1] ?? "";
    await boundAccount(server, app, account, codeTo);
    webhook.reset();
    return account;
  }
  const asked = () => webhook.requests.map(({ body }) => JSON.parse(body));

  it("are tried again after a definite failure, as the same text, and arrive later", async () => {
    const { username, phone } = await newAccount();
    webhook.script(fakes.status(503), fakes.status(503));
    await server.latchkey("user", "update", username, "--phone", NEW_NUMBER);
    await until(() => webhook.requests.length === 3);
    await delay(A_WHILE_MS);
    assert.equal(webhook.requests.length, 3);
    assert.equal(new Set(asked().map(({ id }) => id)).size, 1);
    assert.deepEqual([asked()[0].to, asked()[0].purpose], [phone, "phone-changed"]);
    assert.deepEqual(
      (await server.latchkey("audit", "list", "--action", "text-given-up")).items,
      [],
    );
  });

  it("are sent once when nobody knows whether they went out, and the audit log says so", async () => {
    const { username, phone } = await newAccount();
    webhook.script(fakes.hang);
    await server.latchkey("user", "update", username, "--phone", "");
    await until(() => webhook.requests.length === 1);
    await delay(A_WHILE_MS);
    assert.deepEqual(
      asked().map(({ to, purpose }) => [to, purpose]),
      [[phone, "phone-removed"]],
    );
    const { items } = await server.latchkey("audit", "list", "--action", "text-given-up");
    assert.equal(items[0]?.because, "outcome-unknown");
    assert.ok(!JSON.stringify(items).includes(phone));
    assert.ok(!server.output().includes(phone), "a number is in the log");
  });

  it("are on their way while mails have none", async () => {
    const { username } = await newAccount();
    await server.latchkey("client", "remove", "demo");
    await server.latchkey("user", "remove", "demo");
    await server.kill();
    const before = server.output().length;
    await server.latchkey("user", "update", username, "--phone", "");
    // Production takes no gateway without TLS: this one cannot be reached, which is an attempt all the same.
    const { host } = new URL(webhook.url);
    await server.restart({ NODE_ENV: "production", SMS_WEBHOOK_URL: `https://${host}` });
    const attempt = /"event":"text-sent",[^\n]*"purpose":"phone-removed"/;
    await until(() => attempt.test(server.output().slice(before)));
    assert.match(server.output().slice(before), /"event":"no-mail"/);
  });
});
