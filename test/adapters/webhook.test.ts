import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createWebhook } from "../../src/adapters/sms/webhook.ts";
import type { SendOutcome } from "../../src/ports/sms.ts";
import { A_MESSAGE, smsProviderContract } from "../contract/sms-provider.ts";
import { type FakeProvider, fakes } from "../support/fake-provider.ts";
import { startFakeWebhook } from "../support/fake-webhook.ts";

const KEY = Buffer.from("top-secret-and-long-enough");
const NOON = Date.UTC(2026, 0, 1, 12);

describe("webhook", () => {
  smsProviderContract(startFakeWebhook, (url) =>
    createWebhook({ url: `${url}/texts`, key: KEY, now: () => NOON }),
  );

  let fake: FakeProvider;
  before(async () => {
    fake = await startFakeWebhook();
  });
  beforeEach(() => fake.reset());
  after(() => fake.close());

  const send = (): Promise<SendOutcome> =>
    createWebhook({ url: `${fake.url}/texts?tenant=1`, key: KEY, now: () => NOON }).send(
      A_MESSAGE,
      5,
    );

  it("posts the text as JSON to exactly the address that was given", async () => {
    assert.deepEqual(await send(), { outcome: "accepted", providerMessageId: "gateway-1" });
    const [request] = fake.requests;
    assert.equal(request?.method, "POST");
    assert.equal(request?.path, "/texts?tenant=1");
    assert.equal(request?.headers["content-type"], "application/json");
    assert.deepEqual(JSON.parse(request?.body ?? ""), {
      id: "message-1",
      to: "+14155552671",
      text: A_MESSAGE.text,
      purpose: "login",
    });
  });

  it("signs id, time and body as Standard Webhooks do", async () => {
    await send();
    const [request] = fake.requests;
    assert.equal(request?.headers["webhook-id"], "message-1");
    assert.equal(request?.headers["webhook-timestamp"], String(NOON / 1000));
    const signed = `message-1.${NOON / 1000}.${request?.body}`;
    const signature = createHmac("sha256", KEY).update(signed).digest("base64");
    assert.equal(request?.headers["webhook-signature"], `v1,${signature}`);
  });

  const accepted: [it: string, body: string, id: string | null][] = [
    ["no body", "", null],
    ["an empty object", "{}", null],
    ["an id", '{"id":"abc"}', "abc"],
    ["no id", '{"id":null}', null],
  ];
  for (const [name, body, id] of accepted) {
    it(`takes a 2xx with ${name} for accepted`, async () => {
      fake.script({ kind: "answer", status: body === "" ? 204 : 200, body });
      assert.deepEqual(await send(), { outcome: "accepted", providerMessageId: id });
    });
  }

  for (const body of ["OK", '"abc"', "[]", '{"id":7}']) {
    it(`does not take a 200 with ${body} for accepted`, async () => {
      fake.script({ kind: "answer", status: 200, body });
      assert.equal((await send()).outcome, "unknown");
    });
  }

  it("takes 422 for a number that is refused", async () => {
    fake.script(fakes.status(422));
    const detail = "http 422";
    assert.deepEqual(await send(), { outcome: "failed", because: "number-refused", detail });
    assert.equal(fake.requests.length, 1);
  });

  for (const status of [400, 404, 405, 408, 409, 410, 413, 415]) {
    it(`does not know what ${status} means`, async () => {
      fake.script(fakes.status(status));
      assert.equal((await send()).outcome, "unknown");
    });
  }
});
