import assert from "node:assert/strict";
import { createServer } from "node:net";
import { createVonage } from "../../src/adapters/sms/vonage.ts";
import type { SendOutcome, TextMessage } from "../../src/ports/sms.ts";
import { smsProviderContract } from "../contract/sms-provider.ts";
import { startFakeProvider } from "../support/fake-provider.ts";
import { type Behaviour, type FakeVonage, fakes, startFakeVonage } from "../support/fake-vonage.ts";

const A_MESSAGE: TextMessage = {
  to: "+14155552671",
  text: "Latchkey: 012345 is your code.\n@login.example.com #012345",
  purpose: "login",
  messageId: "message-1",
};
const SECRET = "top-secret-value";

describe("vonage", () => {
  smsProviderContract(startFakeVonageOfTheContract, (host) =>
    createVonage({ apiKey: "key", apiSecret: "top-secret-value", from: "Latchkey", host }),
  );

  let fake: FakeVonage;
  before(async () => {
    fake = await startFakeVonage();
    // The library takes its time to load; once, and not in a test that counts.
    await send(fake.url);
  });
  beforeEach(() => fake.reset());
  after(() => fake.close());

  it("sends what it was given, to the number without its plus", async () => {
    await send(fake.url);
    assert.deepEqual(fake.requests, [
      {
        from: "Latchkey",
        to: "14155552671",
        text: A_MESSAGE.text,
        "client-ref": "message-1",
      },
    ]);
    const credentials = Buffer.from(`key:${SECRET}`).toString("base64");
    assert.equal(fake.authorizations.at(-1), `Basic ${credentials}`);
  });

  it("says unicode of a text that needs it, and of no other", async () => {
    await send(fake.url, { ...A_MESSAGE, text: "Tu código: 012345" });
    assert.equal(fake.requests[0]?.type, "unicode");
    await send(fake.url, { ...A_MESSAGE, text: "Dein Schlüssel: 012345" });
    assert.equal(fake.requests[1]?.type, undefined);
  });

  it("answers with the provider's id of the text", async () => {
    const outcome = await send(`${fake.url}/`);
    assert.equal(outcome.outcome, "accepted");
    assert.match(outcome.outcome === "accepted" ? `${outcome.providerMessageId}` : "", /^fake-/);
  });

  const refusals: [status: string, because: string][] = [
    ["1", "throttled"],
    ["2", "number-refused"],
    ["3", "number-refused"],
    ["4", "credentials-refused"],
    ["6", "number-refused"],
    ["7", "number-refused"],
    ["8", "credentials-refused"],
    ["9", "no-balance"],
    ["10", "throttled"],
    ["11", "credentials-refused"],
    ["12", "number-refused"],
    ["14", "credentials-refused"],
    ["15", "number-refused"],
    ["22", "number-refused"],
    ["29", "number-refused"],
    ["32", "credentials-refused"],
    ["33", "number-refused"],
  ];
  for (const [status, because] of refusals) {
    it(`takes status ${status} in a good answer for a failure: ${because}`, async () => {
      fake.script(fakes.messageStatus(status));
      const outcome = await send(fake.url);
      assert.deepEqual(outcome, { outcome: "failed", because, detail: `status ${status}` });
      assert.equal(fake.requests.length, 1);
    });
  }

  it("takes a status that nobody knows for a refusal of this text (FLT-50)", async () => {
    fake.script(fakes.messageStatus("77"));
    const refused = { outcome: "failed", because: "text-refused", detail: "status 77" };
    assert.deepEqual(await send(fake.url), refused);
    assert.equal(fake.requests.length, 1);
  });

  const unclear: [it: string, behaviour: Behaviour, detail: string, because?: "no-answer"][] = [
    ["a page in HTML", fakes.html, "answer not understood"],
    ["an answer without a body", fakes.empty, "answer not understood"],
    ["an answer without messages", fakes.messageStatus(), "answer not understood"],
    ["an answer of ten megabytes", fakes.hugeBody, "answer not understood"],
    ["a text that went out in part", fakes.messageStatus("0", "5"), "accepted in part"],
    [
      "a connection that breaks after the request",
      fakes.reset,
      "connection broke: ECONNRESET",
      "no-answer",
    ],
    ["a proxy that gave up waiting", fakes.status(504), "http 504"],
  ];
  for (const [name, behaviour, detail, because = "answer-unclear"] of unclear) {
    it(`does not know what became of a text, given ${name}`, async () => {
      fake.script(behaviour);
      assert.deepEqual(await send(fake.url), { outcome: "unknown", because, detail });
      assert.equal(fake.requests.length, 1);
    });
  }

  it("takes a text in two parts that both went out for one", async () => {
    fake.script(fakes.duplicate);
    assert.equal((await send(fake.url)).outcome, "accepted");
  });

  const httpErrors: [status: number, because: string, requests: number][] = [
    [429, "throttled", 1],
    [401, "credentials-refused", 1],
    [403, "credentials-refused", 1],
    [402, "no-balance", 1],
    [500, "provider-down", 2],
    [503, "provider-down", 2],
  ];
  for (const [status, because, requests] of httpErrors) {
    it(`takes HTTP ${status} for a failure: ${because}`, async () => {
      fake.script(fakes.status(status), fakes.status(status));
      const outcome = await send(fake.url);
      // The fake asks everybody it refuses to come back in seven seconds.
      const wait = because === "throttled" ? { retryAfterSeconds: 7 } : {};
      assert.deepEqual(outcome, { outcome: "failed", because, detail: `http ${status}`, ...wait });
      assert.equal(fake.requests.length, requests);
    });
  }

  for (const down of [fakes.status(500), fakes.messageStatus("5")]) {
    it(`tries once more under the same reference: ${JSON.stringify(down)}`, async () => {
      fake.script(down);
      assert.equal((await send(fake.url)).outcome, "accepted");
      assert.deepEqual(
        fake.requests.map((request) => request["client-ref"]),
        ["message-1", "message-1"],
      );
    });
  }

  it("does not try again when too little time is left", async () => {
    fake.script(fakes.status(500));
    const outcome = await send(fake.url, A_MESSAGE, 0.4);
    assert.equal(outcome.outcome, "failed");
    assert.equal(fake.requests.length, 1);
  });

  it("waits for a slow answer", async () => {
    fake.script(fakes.delay(100));
    assert.equal((await send(fake.url)).outcome, "accepted");
  });

  it("gives up in time, without knowing, and lets go of the socket", async () => {
    fake.script(fakes.hang);
    const startedAt = performance.now();
    const outcome = await send(fake.url, A_MESSAGE, 0.3);
    assert.deepEqual(outcome, {
      outcome: "unknown",
      because: "no-answer",
      detail: "no answer in time",
    });
    assert.ok(performance.now() - startedAt < 1500);
    assert.equal(fake.requests.length, 1);
  });

  it("keeps no socket for each failure", async () => {
    for (let i = 0; i < 20; i++) {
      fake.script(fakes.status(500), fakes.status(500));
      await send(fake.url);
    }
    for (let i = 0; i < 5; i++) {
      fake.script(fakes.hang);
      await send(fake.url, A_MESSAGE, 0.05);
    }
    // A turn for the server to see them go.
    await send(fake.url);
    assert.ok((await fake.connections()) <= 3);
  });

  it("finds the provider down where nobody listens", async () => {
    const outcome = await send(`http://127.0.0.1:${await unusedPort()}`);
    assert.deepEqual(outcome, {
      outcome: "failed",
      because: "provider-down",
      detail: "ECONNREFUSED",
    });
  });

  it("never tells a secret, a number or a text", async () => {
    const outcomes: SendOutcome[] = [];
    const misbehaviours = [
      fakes.messageStatus("4"),
      fakes.messageStatus("6"),
      fakes.status(401),
      fakes.html,
      fakes.reset,
    ];
    for (const behaviour of misbehaviours) {
      fake.script(behaviour);
      outcomes.push(await send(fake.url));
    }
    assert.doesNotMatch(JSON.stringify(outcomes), /top-secret|key:|4155552671|5550100|012345/);
  });
});

// The same good answer from the fake that all providers share.
function startFakeVonageOfTheContract() {
  return startFakeProvider((n) => ({
    status: 200,
    body: { "message-count": "1", messages: [{ "message-id": `fake-${n}`, status: "0" }] },
  }));
}

function send(host: string, message = A_MESSAGE, timeoutSeconds = 5): Promise<SendOutcome> {
  const provider = createVonage({ apiKey: "key", apiSecret: SECRET, from: "Latchkey", host });
  return provider.send(message, timeoutSeconds);
}

// A port that was free a moment ago.
function unusedPort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close((error) => (error ? reject(error) : resolve(port)));
    });
  });
}
