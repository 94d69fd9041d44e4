// Providers of texts that fail, as the person who signs in and the operator who reads the log see it.
import assert from "node:assert/strict";
import {
  afterPassword,
  asksForCode,
  atSignIn,
  openScene,
  otherThan,
  type Scene,
  type Visit,
} from "../attacks/scene.ts";
import { createBrowser } from "../support/browser.ts";
import { type FakeProvider, fakes } from "../support/fake-provider.ts";
import { startFakeTwilio, twilioError, twilioSid } from "../support/fake-twilio.ts";
import { type FakeVonage, startFakeVonage, fakes as vonageFakes } from "../support/fake-vonage.ts";
import { startFakeWebhook } from "../support/fake-webhook.ts";
import { until } from "../support/until.ts";

const TIMEOUT_SECONDS = 2;
const OPEN_SECONDS = 1;
const DOWN = vonageFakes.status(503);
const BRITISH = "+447400123456";

describe("journey of a text", () => {
  let vonage: FakeVonage;
  let twilio: FakeProvider;
  let webhook: FakeProvider;
  let scene: Scene;

  before(async () => {
    [vonage, twilio, webhook] = await Promise.all([
      startFakeVonage(),
      startFakeTwilio(),
      startFakeWebhook(),
    ]);
    scene = await openScene({
      env: {
        SMS_PROVIDERS: "vonage,twilio",
        SMS_PROVIDERS_BY_COUNTRY: "GB=webhook",
        SMS_COUNTRIES: "US,GB",
        ...{ VONAGE_API_KEY: "key", VONAGE_API_SECRET: "vonage-secret", VONAGE_FROM: "Latchkey" },
        VONAGE_HOST: vonage.url,
        ...{ TWILIO_ACCOUNT_SID: twilioSid("AC"), TWILIO_AUTH_TOKEN: "twilio-secret" },
        ...{ TWILIO_FROM: "Latchkey", TWILIO_HOST: twilio.url },
        ...{ SMS_WEBHOOK_URL: webhook.url, SMS_WEBHOOK_SECRET: "webhook-secret-long-enough" },
      },
      limits: { smsTimeoutSeconds: TIMEOUT_SECONDS, smsOpenSeconds: OPEN_SECONDS },
    });
    // The first text loads Vonage's library, which takes its time; not in a test that counts.
    await afterPassword(scene.strict, scene.victim());
  });
  beforeEach(() => {
    for (const fake of [vonage, twilio, webhook]) fake.reset();
  });
  after(async () => {
    await scene.server.close();
    await Promise.all([vonage, twilio, webhook].map((fake) => fake.close()));
  });

  const codeIn = (text: string | null | undefined) => /#(\d{6})$/.exec(text ?? "")?.[1] ?? "";
  const fromVonage = () => codeIn(vonage.requests.at(-1)?.text);
  const fromTwilio = () => codeIn(new URLSearchParams(twilio.requests.at(-1)?.body).get("Body"));
  const fromWebhook = () => codeIn(JSON.parse(webhook.requests.at(-1)?.body ?? "{}").text);

  async function amrWith({ browser, begun, page }: Visit, code: string): Promise<unknown> {
    const back = await browser.submit(page, "code", { code });
    return (await scene.strict.finish(begun, back)).claims()?.amr;
  }
  const logged = (event: string) =>
    scene.server
      .output()
      .split("\n")
      .filter((line) => line.includes(`"event":"${event}"`))
      .map((line) => JSON.parse(line));

  it("goes through the second provider when the first is down (FLT-21)", async () => {
    vonage.script(DOWN, DOWN);
    const victim = scene.victim();
    const visit = await afterPassword(scene.strict, victim);
    assert.ok(asksForCode(visit.page));
    const references = vonage.requests.map((request) => request["client-ref"]);
    assert.equal(references.length, 2);
    assert.equal(new Set(references).size, 1);
    assert.equal(twilio.requests.length, 1);
    const form = new URLSearchParams(twilio.requests[0]?.body);
    assert.equal(form.get("To"), victim.phone);
    assert.deepEqual(await amrWith(visit, fromTwilio()), ["pwd", "sms", "mfa"]);
  });

  it("ends in a page when the first one hangs, and is sent by no other (FLT-23)", async () => {
    vonage.script(vonageFakes.hang);
    const victim = scene.victim();
    const browser = createBrowser();
    const visit = await atSignIn(scene.strict, {}, browser);
    const startedAt = performance.now();
    const fields = { login: victim.username, password: victim.password };
    const page = await browser.post(visit.page, "login", fields);
    const seconds = (performance.now() - startedAt) / 1000;
    assert.equal(page.status, 503);
    assert.ok(page.headers.has("Retry-After"));
    assert.ok(seconds < TIMEOUT_SECONDS + 1.5, `it took ${seconds} s`);
    assert.ok(asksForCode(page));
    assert.equal(vonage.requests.length, 1);
    assert.equal(twilio.requests.length, 0);
    const code = fromVonage();

    // The tries are all there, and the resend repeats the code, which may still arrive.
    const resent = await browser.post(page, "resend");
    assert.equal(resent.status, 303);
    assert.equal(fromVonage(), code);
    const wrong = await browser.post(page, "code", { code: otherThan(code) });
    assert.match(wrong.html, /4 tries left/);
    assert.deepEqual(await amrWith({ ...visit, page }, code), ["pwd", "sms", "mfa"]);
  });

  it("is taken back when no provider could send it, and resend tries again", async () => {
    vonage.script(DOWN, DOWN);
    twilio.script(fakes.status(500), fakes.status(500));
    const victim = scene.victim();
    const visit = await afterPassword(scene.strict, victim);
    assert.equal(visit.page.status, 503);
    vonage.reset();
    assert.equal((await visit.browser.post(visit.page, "resend")).status, 303);
    assert.deepEqual(await amrWith(visit, fromVonage()), ["pwd", "sms", "mfa"]);
  });

  it("asks nobody else about a number that is refused", async () => {
    vonage.script(vonageFakes.messageStatus("6"));
    const { page } = await afterPassword(scene.strict, scene.victim());
    assert.equal(page.status, 503);
    assert.equal(twilio.requests.length, 0);
  });

  it("goes the way of its country, signed", async () => {
    const victim = scene.victimWithoutPhone();
    const visit = await afterPassword(scene.strict, victim);
    const page = await visit.browser.submit(visit.page, "phone", { phone: BRITISH });
    assert.ok(asksForCode(page));
    assert.equal(vonage.requests.length + twilio.requests.length, 0);
    const [request] = webhook.requests;
    assert.equal(JSON.parse(request?.body ?? "{}").purpose, "bind");
    assert.match(String(request?.headers["webhook-signature"]), /^v1,/);
    assert.deepEqual(await amrWith({ ...visit, page }, fromWebhook()), ["pwd", "sms", "mfa"]);
  });

  it("does not wait for a provider that keeps failing, until it is well (FLT-21)", async () => {
    vonage.script(...Array.from({ length: 10 }, () => DOWN));
    for (let i = 0; i < 5; i++) await afterPassword(scene.strict, scene.victim());
    assert.equal(twilio.requests.length, 5);
    const asked = vonage.requests.length;
    await until(() => logged("sms-circuit-opened").length > 0);
    const opened = logged("sms-circuit-opened");
    assert.deepEqual(
      opened.map(({ provider, because, seconds }) => ({ provider, because, seconds })),
      [{ provider: "vonage", because: "provider-down", seconds: OPEN_SECONDS }],
    );
    await afterPassword(scene.strict, scene.victim());
    assert.equal(vonage.requests.length, asked);
    assert.equal(twilio.requests.length, 6);

    await new Promise((resolve) => setTimeout(resolve, OPEN_SECONDS * 1000));
    await afterPassword(scene.strict, scene.victim());
    assert.equal(vonage.requests.length, asked + 1);
    await until(() => logged("sms-circuit-closed").length === 1);
  });

  it("leaves a provider alone for as long as it asks (FLT-22)", async () => {
    vonage.script(vonageFakes.status(429));
    await afterPassword(scene.strict, scene.victim());
    await afterPassword(scene.strict, scene.victim());
    assert.equal(vonage.requests.length, 1);
    assert.equal(twilio.requests.length, 2);
    // The fake asks for seven seconds.
    await until(() => logged("sms-circuit-opened").at(-1)?.seconds === 7);
  });

  it("raises one alarm when credentials are refused, and tells no secret (FLT-25)", async () => {
    // Vonage is held, or asks to be, so each of these has nobody else.
    vonage.script(...Array.from({ length: 4 }, () => vonageFakes.status(429)));
    for (let i = 0; i < 4; i++) {
      twilio.script(twilioError(401, 20003));
      assert.equal((await afterPassword(scene.strict, scene.victim())).page.status, 503);
    }
    await until(() => logged("text-sent").at(-1)?.detail === "code 20003");
    const alarms = logged("sms-alarm");
    assert.deepEqual(
      alarms.map(({ level, provider, because }) => ({ level, provider, because })),
      [{ level: "error", provider: "twilio", because: "credentials-refused" }],
    );
    const output = scene.server.output();
    assert.doesNotMatch(output, /\+1415555|\+447400|-secret|@localhost #/);
  });
});
