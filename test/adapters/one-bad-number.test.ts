// One number, or one text, that a provider refuses must not open the circuit for everybody (FLT-50).
import assert from "node:assert/strict";
import { createTwilio } from "../../src/adapters/sms/twilio.ts";
import { createVonage } from "../../src/adapters/sms/vonage.ts";
import { createWebhook } from "../../src/adapters/sms/webhook.ts";
import { createBreaker } from "../../src/flow/breaker.ts";
import type { SmsProvider } from "../../src/ports/sms.ts";
import { A_MESSAGE } from "../contract/sms-provider.ts";
import { fakes } from "../support/fake-provider.ts";
import { startFakeTwilio, twilioError, twilioMessage, twilioSid } from "../support/fake-twilio.ts";
import { startFakeVonage, fakes as vonage } from "../support/fake-vonage.ts";
import { startFakeWebhook } from "../support/fake-webhook.ts";

interface Fake<B> {
  readonly url: string;
  script(...behaviours: B[]): void;
  reset(): void;
  close(): Promise<void>;
}

function leavesCircuitClosed<B>(
  name: string,
  start: () => Promise<Fake<B>>,
  create: (host: string) => SmsProvider,
  given: {
    readonly refusals: readonly (readonly [what: string, behaviour: B])[];
    readonly down: B;
  },
): void {
  describe(`${name} behind a breaker, and one bad number (FLT-50)`, () => {
    let fake: Fake<B>;
    before(async () => {
      fake = await start();
    });
    beforeEach(() => fake.reset());
    after(() => fake.close());

    const guarded = () => {
      const events: unknown[] = [];
      const tell = (event: unknown) => void events.push(event);
      const options = { now: () => 0, failuresUntilOpen: 5, openSeconds: 30, tell };
      const { send } = createBreaker(create(fake.url), options);
      return { events, send: () => send(A_MESSAGE, 5) };
    };

    for (const [what, behaviour] of given.refusals) {
      it(`sends to everybody else after six times ${what}`, async () => {
        const { events, send } = guarded();
        fake.script(...Array<B>(6).fill(behaviour));
        for (let i = 0; i < 6; i++) assert.notEqual((await send()).outcome, "accepted");
        assert.equal((await send()).outcome, "accepted");
        assert.deepEqual(events, []);
      });
    }

    it("leaves it alone after five times HTTP 503", async () => {
      const { events, send } = guarded();
      fake.script(...Array<B>(20).fill(given.down));
      for (let i = 0; i < 5; i++) await send();
      assert.equal(events.length, 1);
    });
  });
}

leavesCircuitClosed(
  "twilio",
  startFakeTwilio,
  (host) => createTwilio({ accountSid: twilioSid("AC"), authToken: "t", from: "Latchkey", host }),
  {
    refusals: [
      ["a code that is new", twilioError(400, 29999)],
      ["a code that is new, with 403", twilioError(403, 29999)],
      ["a code that is new, with 404", twilioError(404, 29999)],
      ["a sender that does not fit the number", twilioError(400, 21606)],
      ["a number that is none", twilioError(400, 21211)],
      ["a message that failed at once", twilioMessage("failed", 29999)],
      ["somebody else's page", fakes.status(400)],
    ],
    down: fakes.status(503),
  },
);

leavesCircuitClosed(
  "vonage",
  startFakeVonage,
  (host) => createVonage({ apiKey: "k", apiSecret: "s", from: "Latchkey", host }),
  {
    refusals: [
      ["a status that is new", vonage.messageStatus("77")],
      ["a number that is none", vonage.messageStatus("3")],
      ["HTTP 400", vonage.status(400)],
    ],
    down: vonage.status(503),
  },
);

leavesCircuitClosed(
  "webhook",
  startFakeWebhook,
  (url) => createWebhook({ url, key: Buffer.alloc(24, 1), now: Date.now }),
  {
    refusals: [
      ["HTTP 400", fakes.status(400)],
      ["HTTP 404", fakes.status(404)],
      ["HTTP 409", fakes.status(409)],
      ["HTTP 422", fakes.status(422)],
    ],
    down: fakes.status(503),
  },
);
