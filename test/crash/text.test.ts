// What a crash does to the text for the old number: it is not lost before it was being sent, and not sent twice.
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { createBrowser } from "../support/browser.ts";
import { type FakeProvider, fakes } from "../support/fake-provider.ts";
import { startFakeWebhook } from "../support/fake-webhook.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const SMS_TIMEOUT_SECONDS = 2;
// By the code: twice the timeout and 15 s; and then the next run of the timer, and one more.
const LEASE_OVER_MS = (2 * SMS_TIMEOUT_SECONDS + 15 + 6) * 1000;

describe("texts without a code and kill -9", function () {
  this.timeout(120_000);
  let webhook: FakeProvider;
  let server: TestServer;
  let app: RelyingParty;
  let users = 0;

  before(async () => {
    webhook = await startFakeWebhook();
    server = await startServer({
      limits: { smsTimeoutSeconds: SMS_TIMEOUT_SECONDS, mailRetrySeconds: [1, 1, 1, 1, 1] },
      env: {
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

  // The name of a user with a phone that was bound by a sign-in.
  async function boundUser(): Promise<string> {
    const [username, phone] = [`user${++users}`, `+1415555${6000 + users}`];
    const { password } = await server.latchkey("user", "add", "--username", username);
    const browser = createBrowser();
    const begun = await app.begin();
    let page = await browser.open(begun.url.href);
    page = await browser.submit(page, "login", { login: username, password });
    page = await browser.submit(page, "phone", { phone });
    const code = /#(\d{6})"/.exec(webhook.requests.at(-1)?.body ?? "")?.[1] ?? "";
    await app.finish(begun, await browser.submit(page, "code", { code }));
    webhook.reset();
    return username;
  }

  async function untilAsked(): Promise<void> {
    await until(() => webhook.requests.length > 0);
    assert.equal(webhook.requests.length, 1);
  }

  it("lose none that was queued while nobody was there to send it", async () => {
    const username = await boundUser();
    await server.kill("SIGKILL");
    await server.latchkey("user", "update", username, "--phone", "");
    await server.restart();
    await untilAsked();
    assert.equal(JSON.parse(webhook.requests[0]?.body ?? "").purpose, "phone-removed");
  });

  it("send none again that was being sent", async () => {
    const username = await boundUser();
    webhook.script(fakes.hang);
    await server.latchkey("user", "update", username, "--phone", "");
    await untilAsked();
    await server.kill("SIGKILL");
    await server.restart();
    await delay(LEASE_OVER_MS);
    assert.equal(webhook.requests.length, 1);
    const { items } = await server.latchkey("audit", "list", "--action", "text-given-up");
    assert.deepEqual([items.length, items[0]?.because], [1, "outcome-unknown"]);
  });
});
