import assert from "node:assert/strict";
import { type BreakerEvent, createBreaker } from "../../src/flow/breaker.ts";
import type { SendOutcome, SmsProvider, TextMessage } from "../../src/ports/sms.ts";

const A_MESSAGE: TextMessage = { to: "+14155552671", text: "", purpose: "login", messageId: "m" };

const ACCEPTED: SendOutcome = { outcome: "accepted", providerMessageId: "1" };
const UNCLEAR: SendOutcome = { outcome: "unknown", because: "answer-unclear", detail: "" };
const NO_ANSWER: SendOutcome = { outcome: "unknown", because: "no-answer", detail: "" };
const OPEN: SendOutcome = { outcome: "failed", because: "provider-down", detail: "circuit open" };
type Failed = Extract<SendOutcome, { outcome: "failed" }>;
const failed = (because: Failed["because"], retryAfterSeconds?: number): SendOutcome => ({
  outcome: "failed",
  because,
  detail: "",
  ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
});
const DOWN = failed("provider-down");

describe("breaker", () => {
  let now: number;
  let asked: number;
  let answers: SendOutcome[];
  let events: BreakerEvent[];
  let breaker: SmsProvider;
  beforeEach(() => {
    now = 0;
    asked = 0;
    answers = [];
    events = [];
    breaker = createBreaker(
      {
        name: "fake",
        async send() {
          asked++;
          return answers.shift() ?? ACCEPTED;
        },
      },
      {
        now: () => now,
        failuresUntilOpen: 5,
        openSeconds: 30,
        tell: (event) => void events.push(event),
      },
    );
  });

  const send = () => breaker.send(A_MESSAGE, 8);
  const sendAll = async (...given: SendOutcome[]) => {
    answers.push(...given);
    for (const _ of given) await send();
  };
  // Whether the next text reaches the provider; it is answered well.
  const lets = async () => {
    const before = asked;
    await send();
    return asked > before;
  };
  const happened = (what: BreakerEvent["happened"]) =>
    events.filter((event) => event.happened === what).length;

  for (const failure of [
    ...[DOWN, failed("throttled"), failed("no-balance"), failed("credentials-refused"), NO_ANSWER],
  ]) {
    const because = failure.outcome === "accepted" ? "" : failure.because;
    it(`lets texts through after four failures in a row, not after five: ${because}`, async () => {
      await sendAll(failure, failure, failure, failure);
      assert.ok(await lets());
      await sendAll(failure, failure, failure, failure, failure);
      assert.deepEqual(await send(), OPEN);
      assert.equal(asked, 10);
    });
  }

  it("counts failures of different kinds together", async () => {
    await sendAll(DOWN, failed("throttled"), NO_ANSWER, failed("no-balance"), DOWN);
    assert.equal(await lets(), false);
  });

  for (const healthy of [ACCEPTED, failed("number-refused")]) {
    it(`begins to count again after ${JSON.stringify(healthy)}`, async () => {
      await sendAll(DOWN, DOWN, DOWN, DOWN, healthy, DOWN, DOWN, DOWN, DOWN);
      assert.ok(await lets());
    });
  }

  it("counts an answer that it cannot read neither for nor against", async () => {
    await sendAll(...Array.from({ length: 20 }, () => UNCLEAR));
    await sendAll(DOWN, DOWN, UNCLEAR, DOWN, DOWN);
    assert.equal(happened("opened"), 0);
    await sendAll(DOWN);
    assert.equal(await lets(), false);
  });

  it("stays open until its time is over, and closes with one success", async () => {
    await sendAll(DOWN, DOWN, DOWN, DOWN, DOWN);
    now = 29_999;
    assert.equal(await lets(), false);
    now = 30_000;
    assert.ok(await lets());
    assert.equal(happened("closed"), 1);
    await sendAll(DOWN, DOWN, DOWN, DOWN);
    assert.ok(await lets());
  });

  it("opens again at once when the attempt it let through fails", async () => {
    await sendAll(DOWN, DOWN, DOWN, DOWN, DOWN);
    now = 30_000;
    await sendAll(DOWN);
    now = 59_999;
    assert.equal(await lets(), false);
    now = 60_000;
    assert.ok(await lets());
  });

  it("lets the next attempt through when one ended unclear", async () => {
    await sendAll(DOWN, DOWN, DOWN, DOWN, DOWN);
    now = 30_000;
    await sendAll(UNCLEAR);
    assert.equal(happened("closed"), 0);
    assert.ok(await lets());
    assert.equal(happened("closed"), 1);
  });

  it("lets exactly one of twenty through when its time is over", async () => {
    await sendAll(DOWN, DOWN, DOWN, DOWN, DOWN);
    now = 30_000;
    const outcomes = await Promise.all(Array.from({ length: 20 }, send));
    assert.equal(outcomes.filter(({ outcome }) => outcome === "accepted").length, 1);
    assert.equal(asked, 6);
  });

  it("lets the next one through after a provider that threw", async () => {
    let throws = true;
    const broken = createBreaker(
      {
        name: "broken",
        async send() {
          if (throws) throw new Error("not foreseen");
          return ACCEPTED;
        },
      },
      { now: () => now, failuresUntilOpen: 1, openSeconds: 30, tell: () => undefined },
    );
    await assert.rejects(broken.send(A_MESSAGE, 8));
    throws = false;
    assert.equal((await broken.send(A_MESSAGE, 8)).outcome, "accepted");
  });

  it("does not count those that were under way when it opened", async () => {
    answers.push(...Array.from({ length: 20 }, () => DOWN));
    await Promise.all(Array.from({ length: 20 }, send));
    assert.equal(happened("opened"), 1);
  });

  const holds: [asked: number, held: number][] = [
    [0, 1],
    [1, 1],
    [7, 7],
    [300, 300],
    [301, 300],
    [86_400, 300],
  ];
  for (const [seconds, held] of holds) {
    it(`leaves a provider that asks for ${seconds} s alone for ${held} s (FLT-22)`, async () => {
      await sendAll(failed("throttled", seconds));
      now = held * 1000 - 1;
      assert.equal(await lets(), false);
      now = held * 1000;
      assert.ok(await lets());
    });
  }

  for (const because of ["no-balance", "credentials-refused"] as const) {
    it(`raises one alarm for an opening, not one a text: ${because} (FLT-25)`, async () => {
      await sendAll(failed(because));
      assert.deepEqual(events, [{ provider: "fake", happened: "alarm", because }]);
      await sendAll(...Array.from({ length: 9 }, () => failed(because)));
      assert.equal(happened("alarm"), 1);
      now = 30_000;
      answers = [failed(because)];
      await send();
      assert.equal(happened("alarm"), 2);
    });
  }

  it("raises an alarm again after it was well, and for another reason", async () => {
    await sendAll(failed("no-balance"), ACCEPTED, failed("no-balance"));
    assert.equal(happened("alarm"), 2);
    await sendAll(failed("credentials-refused"));
    assert.equal(happened("alarm"), 3);
  });

  it("raises no alarm for what passes by itself", async () => {
    await sendAll(DOWN, failed("throttled"), NO_ANSWER, failed("number-refused"), UNCLEAR);
    assert.equal(happened("alarm"), 0);
  });
});
