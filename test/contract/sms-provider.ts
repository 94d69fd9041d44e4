// What the port of texts promises, whatever the other side does. Runs against every adapter that speaks
// HTTP itself, with a fake at the far end that can misbehave.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { SendOutcome, SmsProvider, TextMessage } from "../../src/ports/sms.ts";
import { type Behaviour, type FakeProvider, fakes } from "../support/fake-provider.ts";
import { freePort } from "../support/server.ts";

export const A_MESSAGE: TextMessage = {
  to: "+14155552671",
  text: "Latchkey: 012345 is your code.\n@login.example.com #012345",
  purpose: "login",
  messageId: "message-1",
};

// `open` makes the adapter for a provider at an address; its credentials all begin with "top-secret".
export function smsProviderContract(
  start: () => Promise<FakeProvider>,
  open: (url: string) => SmsProvider,
) {
  describe("SmsProvider contract", () => {
    let fake: FakeProvider;
    before(async () => {
      fake = await start();
    });
    beforeEach(() => fake.reset());
    after(() => fake.close());

    const send = (timeoutSeconds = 5, url = fake.url): Promise<SendOutcome> =>
      open(url).send(A_MESSAGE, timeoutSeconds);

    const unclear: [it: string, given: Behaviour, because: string, detail: string][] = [
      ["a page in HTML", fakes.html, "answer-unclear", "answer not understood"],
      ["half of a JSON", fakes.notJson, "answer-unclear", "answer not understood"],
      ["an answer of ten megabytes", fakes.hugeBody, "answer-unclear", "answer not understood"],
      ["a byte more than 64 KiB", fakes.padded(65_537), "answer-unclear", "answer not understood"],
      ["a status that means nothing", fakes.status(418), "answer-unclear", "http 418"],
      ["a proxy that gave up waiting", fakes.status(504), "answer-unclear", "http 504"],
      ["a connection that breaks", fakes.reset, "no-answer", "connection broke: ECONNRESET"],
      ["half of an answer", fakes.resetBody, "no-answer", "connection broke: ECONNRESET"],
    ];
    for (const [name, behaviour, because, detail] of unclear) {
      it(`does not know what became of a text, given ${name}, and sends no second one`, async () => {
        fake.script(behaviour);
        assert.deepEqual(await send(), { outcome: "unknown", because, detail });
        assert.equal(fake.requests.length, 1);
      });
    }

    it("reads an answer of 64 KiB", async () => {
      fake.script(fakes.padded(65_536));
      assert.equal((await send()).outcome, "accepted");
    });

    for (const status of [301, 302, 303, 307, 308]) {
      it(`follows no redirect: ${status}`, async () => {
        fake.script(fakes.status(status, { location: `${fake.url}/elsewhere` }));
        const detail = `http ${status}`;
        assert.deepEqual(await send(), { outcome: "unknown", because: "answer-unclear", detail });
        assert.equal(fake.requests.length, 1);
      });
    }

    const errors: [status: number, because: string, requests: number][] = [
      [401, "credentials-refused", 1],
      [403, "credentials-refused", 1],
      [402, "no-balance", 1],
      [429, "throttled", 1],
      [500, "provider-down", 2],
      [503, "provider-down", 2],
    ];
    for (const [status, because, requests] of errors) {
      it(`takes HTTP ${status} for a failure: ${because}`, async () => {
        fake.script(fakes.status(status), fakes.status(status));
        const detail = `http ${status}`;
        assert.deepEqual(await send(), { outcome: "failed", because, detail });
        assert.equal(fake.requests.length, requests);
      });
    }

    it("tries once more, with the same text, when the provider was down (FLT-21)", async () => {
      fake.script(fakes.status(503));
      assert.equal((await send()).outcome, "accepted");
      const [first, second] = fake.requests;
      assert.equal(first?.body, second?.body);
      assert.equal(fake.requests.length, 2);
    });

    it("does not try again when most of the time is gone", async () => {
      fake.script(fakes.status(503));
      assert.equal((await send(0.4)).outcome, "failed");
      assert.equal(fake.requests.length, 1);
    });

    const waits: [header: string, seconds: number | undefined][] = [
      ["7", 7],
      ["0", 0],
      ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
      ["soon", undefined],
      ["-1", undefined],
    ];
    for (const [header, seconds] of waits) {
      it(`says how long to stay away: Retry-After: ${header} (FLT-22)`, async () => {
        fake.script(fakes.status(429, { "retry-after": header }));
        const outcome = await send();
        assert.equal(outcome.outcome === "failed" ? outcome.retryAfterSeconds : -1, seconds);
      });
    }

    it("waits for a slow answer", async () => {
      fake.script(fakes.delay(100));
      assert.equal((await send()).outcome, "accepted");
    });

    it("gives up in time, without knowing (FLT-23)", async () => {
      fake.script(fakes.hang);
      const startedAt = performance.now();
      assert.deepEqual(await send(0.3), {
        outcome: "unknown",
        because: "no-answer",
        detail: "no answer in time",
      });
      assert.ok(performance.now() - startedAt < 1000);
      assert.equal(fake.requests.length, 1);
    });

    it("keeps no socket, whatever happened (FLT-23)", async () => {
      const behaviours = [fakes.hang, fakes.hugeBody, fakes.status(500), fakes.html, fakes.ok];
      for (const behaviour of [...behaviours, ...behaviours]) {
        fake.script(behaviour);
        await send(0.1);
      }
      for (let i = 0; i < 100 && (await fake.connections()) > 0; i++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assert.equal(await fake.connections(), 0);
    });

    it("finds the provider down where nobody listens, and where there is no such name", async () => {
      const down = { outcome: "failed", because: "provider-down" };
      const nobody = await send(5, `http://127.0.0.1:${await freePort()}`);
      assert.deepEqual(nobody, { ...down, detail: "ECONNREFUSED" });
      const outcome = await send(5, "http://provider.invalid");
      assert.ok(outcome.outcome === "failed" && outcome.because === "provider-down");
      assert.match(outcome.detail, /^(?:ENOTFOUND|EAI_AGAIN|no connection in time)$/);
    });

    it("finds the provider down where there is no TLS: nothing was sent (FLT-26)", async () => {
      const outcome = await send(5, fake.url.replace("http:", "https:"));
      assert.ok(outcome.outcome === "failed" && outcome.because === "provider-down");
      assert.match(outcome.detail, /^E/);
      assert.equal(fake.requests.length, 0);
    });

    it("finds the provider down when it hangs up, or says nothing, before TLS stands", async () => {
      for (const [greet, detail] of [
        ["hangs up", "ECONNRESET"],
        ["says nothing", "no connection in time"],
      ]) {
        const server = createServer((socket) => {
          socket.on("error", () => undefined);
          if (greet === "hangs up") socket.destroy();
          else socket.resume();
        });
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const address = server.address();
        const port = typeof address === "object" ? address?.port : 0;
        const outcome = await send(0.6, `https://127.0.0.1:${port}`);
        assert.deepEqual(outcome, { outcome: "failed", because: "provider-down", detail });
        await new Promise((resolve) => server.close(resolve));
      }
    });

    it("never tells a secret, a number or a text", async () => {
      const outcomes: SendOutcome[] = [];
      const said = { code: 21211, status: 400, message: `${A_MESSAGE.to} ${A_MESSAGE.text}` };
      for (const behaviour of [
        ...[fakes.html, fakes.reset, fakes.notJson, fakes.hugeBody],
        ...[fakes.json(400, said), fakes.json(422, said), fakes.json(200, said), fakes.status(401)],
      ]) {
        fake.script(behaviour);
        outcomes.push(await send());
      }
      assert.doesNotMatch(JSON.stringify(outcomes), /top-secret|4155552671|012345/);
    });
  });
}
