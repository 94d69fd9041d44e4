import assert from "node:assert/strict";
import { openChallenge } from "../../src/domain/challenge.ts";
import { createMessageSender, createTextSender, secondsForNext } from "../../src/flow/send-text.ts";
import type { SendOutcome, SmsProvider, TextMessage } from "../../src/ports/sms.ts";

const ACCEPTED: SendOutcome = { outcome: "accepted", providerMessageId: "1" };
type Failed = Extract<SendOutcome, { outcome: "failed" }>;
const failed = (because: Failed["because"]): SendOutcome => ({
  outcome: "failed",
  because,
  detail: "",
});
const unknown = (because: "no-answer" | "answer-unclear"): SendOutcome => ({
  outcome: "unknown",
  because,
  detail: "",
});
const US = "+14155552671";
const GERMANY = "+4915112345678";

describe("text sender", () => {
  let now: number;
  let sent: { by: string; message: TextMessage; seconds: number }[];
  beforeEach(() => {
    now = 0;
    sent = [];
  });

  // Answers this, after so many seconds.
  const provider = (name: string, outcome: SendOutcome, seconds = 0): SmsProvider => ({
    name,
    async send(message, timeoutSeconds) {
      sent.push({ by: name, message, seconds: timeoutSeconds });
      now += Math.min(seconds, timeoutSeconds) * 1000;
      return outcome;
    },
  });

  function send(
    providers: SmsProvider[],
    given: { byCountry?: Record<string, SmsProvider[]>; phone?: string } = {},
  ): Promise<SendOutcome> {
    const { byCountry = {}, phone = US } = given;
    const sender = createTextSender({
      send: createMessageSender({
        providers,
        providersByCountry: new Map(Object.entries(byCountry)),
        timeoutSeconds: 8,
        onOutcome: () => undefined,
        now: () => now,
      }),
      brand: "Latchkey",
      domain: "login.example",
      codeLifeSeconds: 300,
    });
    const opened = { id: "a-challenge-id", codeKeyId: "k", purpose: "login", phone } as const;
    const challenge = openChallenge(opened, now, { codeLifeSeconds: 300 });
    return sender({ challenge, code: "012345", messageId: "m1", template: "{code}" });
  }
  const by = () => sent.map((each) => each.by);

  it("asks the first provider, and nobody else when it takes the text", async () => {
    const sentBy = await send([provider("a", ACCEPTED), provider("b", ACCEPTED)]);
    assert.deepEqual(sentBy, { ...ACCEPTED, provider: "a" });
    assert.deepEqual(by(), ["a"]);
  });

  for (const because of [
    "provider-down",
    "throttled",
    "no-balance",
    "credentials-refused",
  ] as const) {
    it(`asks the next one after a definite failure: ${because}`, async () => {
      const providers = [provider("a", failed(because)), provider("b", ACCEPTED)];
      assert.deepEqual(await send(providers), { ...ACCEPTED, provider: "b" });
      assert.deepEqual(by(), ["a", "b"]);
      assert.equal(sent[0]?.message.messageId, sent[1]?.message.messageId);
    });
  }

  for (const outcome of [
    failed("number-refused"),
    unknown("no-answer"),
    unknown("answer-unclear"),
  ]) {
    it(`asks nobody else after ${JSON.stringify(outcome)}`, async () => {
      const answer = await send([provider("a", outcome), provider("b", ACCEPTED)]);
      assert.deepEqual(answer, { ...outcome, provider: "a" });
      assert.deepEqual(by(), ["a"]);
    });
  }

  it("answers with what the last one said", async () => {
    const last = failed("no-balance");
    const answer = await send([provider("a", failed("throttled")), provider("b", last)]);
    assert.deepEqual(answer, { ...last, provider: "b" });
  });

  it("goes by the order of the number's country, if it has one", async () => {
    const [a, b] = [provider("a", failed("throttled")), provider("b", failed("throttled"))];
    const byCountry = { DE: [b, a], JM: [b] };
    await send([a, b], { byCountry, phone: GERMANY });
    assert.deepEqual(by(), ["b", "a"]);
    sent = [];
    await send([a, b], { byCountry, phone: US });
    assert.deepEqual(by(), ["a", "b"]);
    sent = [];
    // +1 876 is Jamaica.
    await send([a, b], { byCountry, phone: "+18765551234" });
    assert.deepEqual(by(), ["b"]);
  });

  it("gives later providers what is left, and at least two seconds", async () => {
    const slow = (name: string, seconds: number) => provider(name, failed("throttled"), seconds);
    await send([slow("a", 5), slow("b", 2.5), slow("c", 2), slow("d", 2)]);
    assert.deepEqual(
      sent.map(({ seconds }) => seconds),
      [8, 3, 2, 2],
    );
  });

  it("never takes as long as two providers' time, however many there are", async () => {
    const slow = Array.from({ length: 20 }, (_, i) => provider(`${i}`, failed("throttled"), 60));
    await send(slow);
    assert.ok(now <= 16_000);
    assert.equal(sent.length, 5);
  });

  const shares: [elapsed: number, timeout: number, seconds: number][] = [
    [0, 8, 8],
    [5.9, 8, 2.1],
    [6, 8, 2],
    [8, 8, 2],
    [14, 8, 2],
    [15, 8, 1],
    [16, 8, 0],
    [0, 1, 1],
    [1, 1, 1],
    [2, 1, 0],
    // The clock was set back.
    [-3600, 8, 8],
  ];
  for (const [elapsed, timeout, seconds] of shares) {
    it(`gives ${seconds} s after ${elapsed} s of ${timeout} s`, () => {
      assert.ok(Math.abs(secondsForNext(elapsed, timeout) - seconds) < 1e-9);
    });
  }
});
