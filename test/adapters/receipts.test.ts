// What the readers of receipts take for signed, and what for an end. Vonage's is attacked over HTTP.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createTwilioReceipts } from "../../src/adapters/sms/twilio-receipts.ts";
import { createWebhookReceipts } from "../../src/adapters/sms/webhook-receipts.ts";
import { NOON } from "../support/builders.ts";

const URL = "https://login.example/sms/receipts/twilio";

describe("twilio's receipts", () => {
  const reader = createTwilioReceipts({ authToken: "token" });

  function read(fields: Record<string, string>, given: { url?: string; signature?: string } = {}) {
    const { url = URL } = given;
    const signed = Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const content = URL + signed.map(([name, value]) => name + value).join("");
    const signature =
      given.signature ?? createHmac("sha1", "token").update(content).digest("base64");
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      "x-twilio-signature": signature,
    };
    const body = Buffer.from(new URLSearchParams(fields).toString());
    return reader.read({ url, headers, body }, NOON);
  }

  it("says what was delivered, and what was not and why", () => {
    assert.deepEqual(read({ MessageSid: "SM1", MessageStatus: "delivered" }), {
      outcome: "receipt",
      receipt: {
        provider: "twilio",
        providerMessageId: "SM1",
        messageId: null,
        status: "delivered",
        because: null,
      },
    });
    const failed = { MessageSid: "SM1", MessageStatus: "undelivered", ErrorCode: "30003" };
    const answer = read(failed);
    assert.ok(answer.outcome === "receipt");
    assert.deepEqual([answer.receipt.status, answer.receipt.because], ["undelivered", "30003"]);
  });

  for (const MessageStatus of ["queued", "sending", "sent"]) {
    it(`has nothing to say of a text that is ${MessageStatus}`, () => {
      assert.deepEqual(read({ MessageSid: "SM1", MessageStatus }), { outcome: "on-its-way" });
    });
  }

  it("refuses another signature, another address, another field and none", () => {
    const fields = { MessageSid: "SM1", MessageStatus: "delivered" };
    const good = createHmac("sha1", "token")
      .update(`${URL}MessageSidSM1MessageStatusdelivered`)
      .digest("base64");
    assert.equal(read(fields, { signature: good }).outcome, "receipt");
    assert.equal(read(fields, { signature: "" }).outcome, "forged");
    assert.equal(read(fields, { signature: good.toLowerCase() }).outcome, "forged");
    assert.equal(read(fields, { url: `${URL}?x=1`, signature: good }).outcome, "forged");
    assert.equal(read({ ...fields, MessageSid: "SM2" }, { signature: good }).outcome, "forged");
  });

  it("does not understand what is about no message, or says no status", () => {
    assert.equal(read({ MessageStatus: "delivered" }).outcome, "malformed");
    assert.equal(read({ MessageSid: "SM1", MessageStatus: "eaten" }).outcome, "malformed");
  });
});

describe("the gateway's receipts", () => {
  const key = Buffer.from("a-key-of-twenty-four-bytes-or-more");
  const reader = createWebhookReceipts({ key });

  function read(value: unknown, given: { seconds?: number; key?: Buffer; more?: string } = {}) {
    const body = Buffer.from(JSON.stringify(value));
    const timestamp = String(NOON / 1000 + (given.seconds ?? 0));
    const signature = createHmac("sha256", given.key ?? key)
      .update(`w1.${timestamp}.`)
      .update(body)
      .digest("base64");
    const headers = {
      "webhook-id": "w1",
      "webhook-timestamp": timestamp,
      "webhook-signature": `${given.more ?? ""}v1,${signature}`,
    };
    return reader.read({ url: "", headers, body }, NOON);
  }

  it("says what was delivered, and what was not and why, in few plain characters", () => {
    assert.equal(read({ id: "m1", status: "delivered" }).outcome, "receipt");
    const answer = read({ id: "m1", status: "undelivered", because: "handset <off>\n" });
    assert.ok(answer.outcome === "receipt");
    assert.deepEqual(answer.receipt, {
      provider: "webhook",
      providerMessageId: "m1",
      messageId: "m1",
      status: "undelivered",
      because: "handset-off-",
    });
    assert.equal(read({ id: "m1", status: "on-its-way" }).outcome, "on-its-way");
  });

  it("takes one good signature of several, while a key is being changed", () => {
    const answer = read({ id: "m1", status: "delivered" }, { more: "v1,AAAA " });
    assert.equal(answer.outcome, "receipt");
  });

  it("refuses another key and another time, on both sides of five minutes", () => {
    const receipt = { id: "m1", status: "delivered" };
    assert.equal(read(receipt, { key: Buffer.from("x".repeat(32)) }).outcome, "forged");
    assert.equal(read(receipt, { seconds: -300 }).outcome, "receipt");
    assert.equal(read(receipt, { seconds: -301 }).outcome, "forged");
    assert.equal(read(receipt, { seconds: 301 }).outcome, "forged");
  });

  it("does not understand another shape", () => {
    for (const value of [[], {}, { id: "m1" }, { id: "", status: "delivered" }]) {
      assert.equal(read(value).outcome, "malformed");
    }
  });
});
