// The SMS fraud guard on a store: a pause, its trials and its end, as time goes by (SMS-14, SMS-20).
import assert from "node:assert/strict";
import { openSqliteStorage } from "../../src/adapters/sqlite/storage.ts";
import type { GuardMode } from "../../src/domain/fraud-guard.ts";
import type { Message } from "../../src/domain/message.ts";
import { guardText } from "../../src/flow/fraud-guard.ts";
import type { FlowDeps } from "../../src/flow/sign-in.ts";
import type { Storage } from "../../src/ports/storage.ts";
import {
  A_NUMBER,
  aChallenge,
  anAuditEvent,
  anInteractionState,
  aUser,
  LIMITS,
  NOON,
} from "../support/builders.ts";

const GRACE = LIMITS.pumpingGraceSeconds * 1000;
const HOLD = LIMITS.pumpingPauseSeconds * 1000;

describe("the fraud guard on a store (SMS-20)", () => {
  let storage: Storage;
  let alarms: Record<string, unknown>[];
  let ids = 0;
  beforeEach(async () => {
    storage = await openSqliteStorage({ file: ":memory:", secrets: ["x".repeat(40)] });
    alarms = [];
    const phone = { number: A_NUMBER, status: "assigned", since: NOON } as const;
    await storage.users.create(aUser({ phone }), anAuditEvent());
  });
  afterEach(() => storage.close());

  function aText(at: number): Message {
    const id = `m${ids++}`;
    return {
      ...{ id, challengeId: id, at, purpose: "login", applicationId: "app1", country: "US" },
      ...{ prefix: "+1415555", costMicros: 0, source: { userId: id, network: id } },
    };
  }

  function guard(now: number, mode: GuardMode = "on", message = aText(now)) {
    const alarm: FlowDeps["alarm"] = (event) => void alarms.push(event);
    const deps = { storage, limits: LIMITS, fraudGuard: mode, alarm };
    return guardText(deps as unknown as FlowDeps, message, now);
  }

  // Asks, and sends what may go.
  async function send(at: number): Promise<string> {
    const message = aText(at);
    const guarded = await guard(at, "on", message);
    if (guarded.outcome === "send-refused") return "held";
    const begun = await storage.messages.begin(message, guarded.budgets);
    return begun.outcome === "begun" ? message.id : "held";
  }

  async function sendAll(count: number, at: number): Promise<string[]> {
    const sent: string[] = [];
    for (let i = 0; i < count; i++) sent.push(await send(at));
    return sent;
  }

  async function type(challengeId: string, now: number): Promise<void> {
    const { interactions } = storage;
    await interactions.save(challengeId, {}, now + 1000);
    const challenge = aChallenge({ id: challengeId, expiresAt: now + 1000 });
    const move = { uid: challengeId, now, resetAttempts: true };
    const waiting = anInteractionState({ challenge });
    await interactions.move({ ...move, from: { version: 0 }, to: waiting, effects: {} });
    const codeProved = {
      ...{ userId: "u1", number: A_NUMBER, bind: false, usersPerBoundPhone: 1, challengeId },
    };
    const moved = await interactions.move({
      ...move,
      from: { challengeId },
      to: anInteractionState({ step: "done", challenge: null }),
      effects: { codeProved },
    });
    assert.equal(moved.outcome, "moved");
  }

  const actions = async () =>
    (await storage.audit.list({ limit: 100 }))
      .filter(({ action }) => action.startsWith("texts-"))
      .map(({ action, because }) => `${action}: ${because}`);

  it("pauses a range for a time, tries it, and pauses it again while nobody types", async () => {
    await sendAll(20, NOON);
    const at = NOON + GRACE;
    const trialAt = at + HOLD;
    const held = { outcome: "send-refused", because: "paused", retryAt: trialAt };
    assert.deepEqual(await guard(at), held);
    assert.deepEqual(await guard(trialAt - 1), held);
    assert.deepEqual(alarms, [
      {
        ...{ alarm: "sms-pumping", scope: "prefix:+1415555", mode: "on", sent: 20, verified: 0 },
        ...{ trialFrom: new Date(trialAt).toISOString(), lift: "latchkey message lift +1415555" },
      },
    ]);

    const trial = await sendAll(LIMITS.pumpingTrialSends + 2, trialAt);
    assert.equal(trial.filter((id) => id !== "held").length, LIMITS.pumpingTrialSends);
    const again = trialAt + GRACE;
    assert.equal((await guard(again - 1)).outcome, "send-refused");
    assert.deepEqual(await guard(again), { ...held, retryAt: again + HOLD });
    assert.deepEqual(await actions(), [
      "texts-paused: few-codes-typed",
      "texts-paused: few-codes-typed-in-trial",
    ]);
    assert.equal(alarms.length, 2);
  });

  it("ends a pause by itself once the codes of its trial are typed", async () => {
    await sendAll(20, NOON);
    await guard(NOON + GRACE);
    const trialAt = NOON + GRACE + HOLD;
    const trial = await sendAll(LIMITS.pumpingTrialSends, trialAt);
    await type(trial[0] ?? "", trialAt + 1);
    assert.deepEqual(await guard(trialAt + 2), { outcome: "free", budgets: [] });
    assert.deepEqual(await storage.messages.listPauses(), []);
    assert.equal((await actions()).at(-1), "texts-resumed: codes-typed-in-trial");
    // What the trial has looked at is not judged again.
    assert.equal((await sendAll(25, trialAt + 3)).filter((id) => id === "held").length, 0);
  });

  it("lets no more texts of a trial go than it has, of any number that ask at once", async () => {
    await sendAll(20, NOON);
    await guard(NOON + GRACE);
    const trialAt = NOON + GRACE + HOLD;
    const sent = await Promise.all(Array.from({ length: 20 }, () => send(trialAt)));
    assert.equal(sent.filter((id) => id !== "held").length, LIMITS.pumpingTrialSends);
  });

  it("never holds back a text to a number that its user has shown to be theirs", async () => {
    await sendAll(20, NOON);
    await guard(NOON + GRACE);
    const known = { ...aText(NOON + GRACE + 1), source: null };
    assert.equal((await guard(NOON + GRACE + 1, "on", known)).outcome, "free");
  });

  it("writes everything down and holds nothing back where it is to be tried", async () => {
    await sendAll(20, NOON);
    assert.equal((await guard(NOON + GRACE, "record")).outcome, "free");
    assert.deepEqual(await actions(), ["texts-paused: few-codes-typed-recorded-only"]);
    assert.equal((await guard(NOON + GRACE + 1, "record")).outcome, "free");
    assert.deepEqual(await guard(NOON, "off"), { outcome: "free", budgets: [] });
  });
});
