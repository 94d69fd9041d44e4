import assert from "node:assert/strict";
import { createTwilio, type TwilioOptions } from "../../src/adapters/sms/twilio.ts";
import type { SendOutcome } from "../../src/ports/sms.ts";
import { A_MESSAGE, smsProviderContract } from "../contract/sms-provider.ts";
import { type FakeProvider, fakes } from "../support/fake-provider.ts";
import { startFakeTwilio, twilioError, twilioMessage, twilioSid } from "../support/fake-twilio.ts";

const OPTIONS: TwilioOptions = {
  accountSid: twilioSid("AC"),
  authToken: "top-secret-token",
  from: "+14155550100",
  host: null,
};

describe("twilio", () => {
  smsProviderContract(startFakeTwilio, (host) => createTwilio({ ...OPTIONS, host }));

  let fake: FakeProvider;
  before(async () => {
    fake = await startFakeTwilio();
  });
  beforeEach(() => fake.reset());
  after(() => fake.close());

  const send = (options: Partial<TwilioOptions> = {}): Promise<SendOutcome> =>
    createTwilio({ ...OPTIONS, host: fake.url, ...options }).send(A_MESSAGE, 5);

  it("posts the form that Twilio knows, with the account's credentials", async () => {
    assert.deepEqual(await send(), { outcome: "accepted", providerMessageId: twilioSid("SM") });
    const [request] = fake.requests;
    assert.equal(request?.method, "POST");
    assert.equal(request?.path, `/2010-04-01/Accounts/${OPTIONS.accountSid}/Messages.json`);
    assert.equal(request?.headers["content-type"], "application/x-www-form-urlencoded");
    const credentials = Buffer.from(`${OPTIONS.accountSid}:top-secret-token`).toString("base64");
    assert.equal(request?.headers.authorization, `Basic ${credentials}`);
    assert.deepEqual(Object.fromEntries(new URLSearchParams(request?.body)), {
      To: "+14155552671",
      From: "+14155550100",
      Body: A_MESSAGE.text,
    });
  });

  const senders: [from: string, field: string][] = [
    ["+14155550100", "From"],
    ["Latchkey", "From"],
    ["MG Parking", "From"],
    [twilioSid("MG"), "MessagingServiceSid"],
  ];
  for (const [from, field] of senders) {
    it(`names ${from} as ${field}`, async () => {
      await send({ from });
      const form = new URLSearchParams(fake.requests[0]?.body);
      assert.equal(form.get(field), from);
      assert.equal(form.size, 3);
    });
  }

  it("finds its way to a host with a slash at its end", async () => {
    assert.equal((await send({ host: `${fake.url}/` })).outcome, "accepted");
    assert.match(fake.requests[0]?.path ?? "", /^\/2010-04-01\//);
  });

  const refusals: [because: string, status: number, codes: number[]][] = [
    ["number-refused", 400, [21211, 21214, 21217, 21265, 21408, 21610, 21612, 21614, 21635]],
    ["credentials-refused", 401, [20003, 20005]],
    ["credentials-refused", 404, [20404]],
    ["credentials-refused", 400, [21212, 21603, 21660, 21661, 21701, 21703]],
    ["text-refused", 400, [21606, 21659]],
    ["no-balance", 401, [10001]],
    ["throttled", 429, [20429, 14107, 63038]],
    ["throttled", 400, [21611, 30001]],
  ];
  for (const [because, status, codes] of refusals) {
    for (const code of codes) {
      it(`takes code ${code} for a failure: ${because}`, async () => {
        fake.script(twilioError(status, code));
        const outcome = await send();
        assert.deepEqual(outcome, { outcome: "failed", because, detail: `code ${code}` });
        assert.equal(fake.requests.length, 1);
      });
    }
  }

  it("honours Retry-After beside a code (FLT-22)", async () => {
    fake.script(twilioError(429, 20429, { "retry-after": "11" }));
    const outcome = await send();
    assert.equal(outcome.outcome === "failed" && outcome.retryAfterSeconds, 11);
  });

  const news: [status: number, because: string, requests: number, detail?: string][] = [
    [400, "text-refused", 1],
    [403, "text-refused", 1],
    [404, "text-refused", 1],
    [422, "text-refused", 1],
    [401, "credentials-refused", 1, "http 401"],
    [429, "throttled", 1, "http 429"],
    [500, "provider-down", 2, "http 500"],
    [503, "provider-down", 2, "http 503"],
  ];
  for (const [status, because, requests, detail = "code 29999"] of news) {
    it(`takes a code that is new, with HTTP ${status}, for a failure: ${because} (FLT-50)`, async () => {
      fake.script(twilioError(status, 29999), twilioError(status, 29999));
      assert.deepEqual(await send(), { outcome: "failed", because, detail });
      assert.equal(fake.requests.length, requests);
    });
  }

  it("does not take for Twilio's what only looks like it", async () => {
    // Somebody else's error, whose status is not the answer's.
    fake.script(fakes.json(400, { code: 21211, status: 200 }));
    assert.equal((await send()).outcome, "unknown");
    fake.script(fakes.json(400, { error: "bad request" }));
    assert.equal((await send()).outcome, "unknown");
  });

  it("takes a message that failed as soon as it was made for a failure (FLT-25)", async () => {
    fake.script(twilioMessage("failed", 29999), twilioMessage("failed", null));
    for (const detail of ["code 29999", "failed without a code"]) {
      assert.deepEqual(await send(), { outcome: "failed", because: "text-refused", detail });
    }
    fake.script(twilioMessage("failed", 30002), twilioMessage("undelivered", 21610));
    assert.deepEqual(await send(), {
      outcome: "failed",
      because: "no-balance",
      detail: "code 30002",
    });
    assert.deepEqual(await send(), {
      outcome: "failed",
      because: "number-refused",
      detail: "code 21610",
    });
  });

  for (const status of ["queued", "accepted", "sending", "sent"]) {
    it(`takes a message that is ${status} for sent`, async () => {
      fake.script(twilioMessage(status, null));
      assert.equal((await send()).outcome, "accepted");
    });
  }
});
