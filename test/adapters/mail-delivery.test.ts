// From the queue of a real store to a sender that does as it is told.
import assert from "node:assert/strict";
import { openSqliteStorage } from "../../src/adapters/sqlite/storage.ts";
import { headerLineOf } from "../../src/domain/mail-header.ts";
import type { Instant } from "../../src/domain/time.ts";
import { deliverDueMails, type MailDeliveryDeps } from "../../src/flow/deliver-mails.ts";
import type { MailOutcome } from "../../src/ports/mail.ts";
import type { Storage } from "../../src/ports/storage.ts";
import { aMail, LIMITS, NOON } from "../support/builders.ts";
import { SECRETS } from "../support/sqlite-files.ts";

const DOWN: MailOutcome = { outcome: "failed", detail: "ECONNECTION" };

describe("delivering mails", () => {
  let storage: Storage;
  let now: Instant;
  let answer: MailOutcome;
  let sent: string[];
  let hasKey: boolean;
  beforeEach(async () => {
    storage = await openSqliteStorage({ file: ":memory:", secrets: SECRETS });
    now = NOON;
    answer = { outcome: "accepted" };
    sent = [];
    hasKey = true;
  });
  afterEach(() => storage.close());

  const deps = (): MailDeliveryDeps => ({
    storage,
    sender: {
      name: "test",
      async send({ id }) {
        sent.push(id);
        return answer;
      },
    },
    compose: ({ id, to, notice, at, language }) => {
      if (!hasKey) return null;
      const composed = { id, to, purpose: notice.kind, date: at, language };
      return { ...composed, subject: headerLineOf(""), text: "", html: "" };
    },
    limits: LIMITS,
    now: () => now,
    onOutcome: () => {},
  });

  const run = (mailsMax = 10, isOver = () => false) => deliverDueMails(deps(), mailsMax, isOver);

  it("sends what is due, each once", async () => {
    await storage.mails.enqueue([aMail({ id: "a" }), aMail({ id: "b" })]);
    await run();
    await run();
    assert.deepEqual(sent, ["a", "b"]);
  });

  it("sends no more at once than it is told to, and stops when it is over", async () => {
    await storage.mails.enqueue(["a", "b", "c"].map((id) => aMail({ id })));
    await run(10, () => true);
    assert.deepEqual(sent, []);
    await run(2);
    assert.equal(sent.length, 2);
    await run(2);
    assert.equal(sent.length, 3);
  });

  it("tries again after a minute, 5, 30, 2 h and 12 h, and then gives up with an event", async () => {
    answer = DOWN;
    await storage.mails.enqueue([aMail()]);
    await run();
    for (const seconds of [60, 300, 1800, 7200, 43_200]) {
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
    const [event] = await storage.audit.list({ limit: 9 });
    assert.equal(event?.action, "mail-given-up");
    assert.equal(event?.target, "user:u1");
    assert.equal(event?.because, "server-failed");
    assert.deepEqual(event?.details, { kind: "phone-bound", attempts: 6, detail: "ECONNECTION" });
  });

  it("gives up at once what the server will never take", async () => {
    answer = { outcome: "refused", detail: "EENVELOPE 550" };
    await storage.mails.enqueue([aMail()]);
    await run();
    now += 60_000;
    await run();
    assert.equal(sent.length, 1);
    const [event] = await storage.audit.list({ limit: 9 });
    assert.equal(event?.because, "server-refused");
  });

  describe("with a link that works for 15 minutes", () => {
    const worksUntil = NOON + 900_000;
    const notice = { kind: "binding-link", uid: "i", linkId: "l", keyId: "k", worksUntil } as const;
    const events = async () => (await storage.audit.list({ limit: 9 })).map((each) => each.because);
    beforeEach(() => storage.mails.enqueue([aMail({ notice })]));

    it("goes out a millisecond before it is over", async () => {
      now = worksUntil - 1;
      await run();
      assert.equal(sent.length, 1);
    });

    it("is given up when it is over", async () => {
      now = worksUntil;
      await run();
      await run();
      assert.equal(sent.length, 0);
      assert.deepEqual(await events(), ["link-over"]);
    });

    it("is not tried again when that would be too late", async () => {
      answer = DOWN;
      await run();
      now += 60_000;
      await run();
      assert.deepEqual(await events(), []);
      now += 300_000;
      await run();
      assert.equal(sent.length, 3);
      assert.deepEqual(await events(), ["server-failed"]);
    });

    it("is given up when its key has gone", async () => {
      hasKey = false;
      await run();
      await run();
      assert.equal(sent.length, 0);
      assert.deepEqual(await events(), ["link-over"]);
    });
  });

  it("is done once, by two processes at once", async () => {
    await storage.mails.enqueue(Array.from({ length: 20 }, (_, i) => aMail({ id: `m${i}` })));
    await Promise.all([run(20), run(20)]);
    assert.equal(new Set(sent).size, 20);
    assert.equal(sent.length, 20);
  });
});
