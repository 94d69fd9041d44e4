// From the queue of a real store to providers that do as they are told.
import assert from "node:assert/strict";
import { openSqliteStorage } from "../../src/adapters/sqlite/storage.ts";
import type { NoticeText } from "../../src/domain/notice-text.ts";
import type { Instant } from "../../src/domain/time.ts";
import { deliverDueTexts, type TextDeliveryDeps } from "../../src/flow/deliver-texts.ts";
import { createMessageSender } from "../../src/flow/send-text.ts";
import type { SendOutcome, SmsProvider, TextMessage } from "../../src/ports/sms.ts";
import type { Storage } from "../../src/ports/storage.ts";
import {
  A_NUMBER,
  aNoticeText,
  anAuditEvent,
  aTestNumber,
  LIMITS,
  NOON,
} from "../support/builders.ts";
import { SECRETS } from "../support/sqlite-files.ts";

const ACCEPTED: SendOutcome = { outcome: "accepted", providerMessageId: "p1" };
const DOWN: SendOutcome = { outcome: "failed", because: "provider-down", detail: "status 503" };
const UNKNOWN: SendOutcome = { outcome: "unknown", because: "no-answer", detail: "timeout" };
const GERMAN = "+4915112345678";

describe("delivering texts that carry no code", () => {
  let storage: Storage;
  let now: Instant;
  let answer: SendOutcome;
  let sent: { by: string; message: TextMessage }[];
  let alarms: unknown[];
  let limits: TextDeliveryDeps["limits"];
  let smsCountries: TextDeliveryDeps["smsCountries"];
  beforeEach(async () => {
    storage = await openSqliteStorage({ file: ":memory:", secrets: SECRETS });
    [now, answer, sent, alarms] = [NOON, ACCEPTED, [], []];
    [limits, smsCountries] = [LIMITS, ["US", "DE"]];
  });
  afterEach(() => storage.close());

  const provider = (name: string): SmsProvider => ({
    name,
    async send(message) {
      sent.push({ by: name, message });
      return answer;
    },
  });
  const deps = (): TextDeliveryDeps => ({
    storage,
    send: createMessageSender({
      providers: [provider("a")],
      providersByCountry: new Map([["DE", [provider("german")]]]),
      timeoutSeconds: 8,
      onOutcome: () => {},
      now: () => now,
    }),
    compose: ({ notice }) => `L: ${notice.kind}`,
    priceOf: () => 10_000,
    smsCountries,
    alarm: (event) => alarms.push(event),
    limits,
    now: () => now,
  });

  const run = (textsMax = 10, isOver = () => false) => deliverDueTexts(deps(), textsMax, isOver);
  const queue = (...texts: Partial<NoticeText>[]) =>
    storage.mails.enqueue(texts.map((text) => aNoticeText(text)));
  const events = async () =>
    (await storage.audit.list({ limit: 9 })).map(({ action, because }) => [action, because]);
  const messages = () => storage.messages.list({ from: 0, to: NOON * 2, limit: 9 });
  const spent = () => storage.numbers.counted("send-money", now);

  it("sends what is due, once, by the way of its country, and remembers what became of it", async () => {
    await queue({ id: "a" }, { id: "b", to: GERMAN, notice: { kind: "phone-removed" } });
    await run();
    await run();
    assert.deepEqual(
      sent.map(({ by, message: { to, text, purpose } }) => [by, to, text, purpose]),
      [
        ["a", A_NUMBER, "L: phone-changed", "phone-changed"],
        ["german", GERMAN, "L: phone-removed", "phone-removed"],
      ],
    );
    assert.deepEqual(
      (await messages()).map((m) => [m.purpose, m.status, m.applicationId, m.prefix, m.provider]),
      [
        ["notice", "accepted", null, "+1415555", "a"],
        ["notice", "accepted", null, "+491511234", "german"],
      ],
    );
    assert.equal(await spent(), 20_000);
    assert.deepEqual(await events(), []);
  });

  it("takes no more at once than it is told to, and stops when it is over", async () => {
    await queue({ id: "a" }, { id: "b" }, { id: "c" });
    await run(10, () => true);
    assert.equal(sent.length, 0);
    await run(2);
    assert.equal(sent.length, 2);
  });

  it("tries again after a definite failure, as the same text, and gives up in the end", async () => {
    answer = DOWN;
    await queue({});
    await run();
    for (const seconds of LIMITS.mailRetrySeconds) {
      const tries = sent.length;
      now += seconds * 1000 - 1;
      await run();
      assert.equal(sent.length, tries, `tried before ${seconds} s`);
      now += 1;
      await run();
      assert.equal(sent.length, tries + 1, `not tried after ${seconds} s`);
    }
    now += 43_200_000;
    await run();
    assert.equal(sent.length, 6);
    assert.deepEqual(new Set(sent.map(({ message }) => message.messageId)), new Set(["t1"]));
    assert.deepEqual(await events(), [["text-given-up", "provider-down"]]);
    const [event] = await storage.audit.list({ limit: 1 });
    assert.equal(event?.target, "user:u1");
    assert.deepEqual(event?.details, { kind: "phone-changed", attempts: 6, detail: "status 503" });
    assert.equal((await messages())[0]?.status, "failed");
    assert.equal(await spent(), 0);
  });

  it("goes out when the provider is well again, and counts once", async () => {
    answer = DOWN;
    await queue({});
    await run();
    assert.equal(await spent(), 0);
    answer = ACCEPTED;
    now += 60_000;
    await run();
    assert.equal(sent.length, 2);
    assert.equal(await spent(), 10_000);
    assert.deepEqual(
      (await messages()).map(({ status }) => status),
      ["accepted"],
    );
    assert.deepEqual(await events(), []);
  });

  it("never sends again what may have gone out", async () => {
    answer = UNKNOWN;
    await queue({});
    await run();
    now += 43_200_000;
    await run();
    assert.equal(sent.length, 1);
    assert.deepEqual(await events(), [["text-given-up", "outcome-unknown"]]);
    assert.equal(await spent(), 10_000);
  });

  it("asks no second time about a number that is refused", async () => {
    answer = { outcome: "failed", because: "number-refused", detail: "code 6" };
    await queue({});
    await run();
    now += 43_200_000;
    await run();
    assert.equal(sent.length, 1);
    assert.deepEqual(await events(), [["text-given-up", "number-refused"]]);
  });

  // The store fails for whoever sends, from this call on.
  async function dieAt(call: "begin" | "settle" | "markDelivered"): Promise<void> {
    const whole = storage;
    const die = async () => {
      throw new Error("killed");
    };
    const [mails, messages] = [{ ...whole.mails }, { ...whole.messages }];
    if (call === "markDelivered") mails.markDelivered = die;
    else messages[call] = die;
    storage = { ...whole, mails, messages };
    await assert.rejects(run(), /killed/);
    storage = whole;
    // Nobody has it before the lease of the dead is over.
    await run();
    now += 31_000;
    await run();
  }

  it("sends what somebody took who died before sending it", async () => {
    await queue({});
    await dieAt("begin");
    assert.equal(sent.length, 1);
    assert.deepEqual(await events(), []);
  });

  it("does not send again what somebody was sending who died", async () => {
    await queue({});
    await dieAt("settle");
    assert.equal(sent.length, 1);
    assert.deepEqual(await events(), [["text-given-up", "outcome-unknown"]]);
    assert.equal(await storage.mails.claimText(now + 60_000, 60), null);
  });

  it("does not send again what somebody had sent who died before saying so", async () => {
    await queue({});
    await dieAt("markDelivered");
    assert.equal(sent.length, 1);
    assert.deepEqual(await events(), []);
    assert.equal(await storage.mails.claimText(now + 60_000, 60), null);
  });

  it("does not send to a country that may not be texted, and says so", async () => {
    smsCountries = ["US"];
    await queue({ to: GERMAN });
    await run();
    now += 60_000;
    await run();
    assert.equal(sent.length, 0);
    assert.deepEqual(await events(), [["text-refused", "country-not-allowed"]]);
    assert.deepEqual(await messages(), []);
  });

  it("sends nothing to a test number, and says so", async () => {
    const listed = aTestNumber({ number: A_NUMBER, until: NOON + 60_000 });
    await storage.testNumbers.add(listed, anAuditEvent({ action: "listed" }));
    await queue({});
    await run();
    assert.equal(sent.length, 0);
    assert.deepEqual((await events()).at(-1), ["text-refused", "test-number"]);
  });

  for (const [cap, given] of [
    ["prefix-cap", { sendsPerPrefixPerDay: 1 }],
    ["country-cap", { sendsPerCountryPerDay: 1 }],
    ["day-cap", { sendsPerDay: 1 }],
    ["money-cap", { smsBudgetPerDayCents: 1 }],
  ] as const) {
    it(`sends as many as the ${cap} has room for, and says why no more`, async () => {
      limits = { ...LIMITS, ...given };
      await queue({ id: "a" }, { id: "b" });
      await run();
      now += 60_000;
      await run();
      assert.equal(sent.length, 1);
      assert.deepEqual((await events()).at(-1), ["text-refused", cap]);
    });
  }

  it("raises the alarms of the day's money", async () => {
    limits = { ...LIMITS, smsBudgetPerDayCents: 2 };
    await queue({ id: "a" });
    await run();
    assert.deepEqual(alarms, [{ alarm: "sms-budget", percent: 50 }]);
    assert.deepEqual(await events(), [["sms-budget-alarm", "50-percent"]]);
  });

  it("is done once, by two processes at once", async () => {
    await queue(...Array.from({ length: 20 }, (_, i) => ({ id: `t${i}` })));
    await Promise.all([run(20), run(20)]);
    assert.equal(new Set(sent.map(({ message }) => message.messageId)).size, 20);
    assert.equal(sent.length, 20);
  });
});
