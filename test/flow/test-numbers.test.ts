// When the store does not say whether a number is a test number, nobody is let in and nothing is sent.
import assert from "node:assert/strict";
import { openSqliteStorage } from "../../src/adapters/sqlite/storage.ts";
import { codeFor } from "../../src/domain/code.ts";
import type { InteractionState } from "../../src/domain/interaction.ts";
import { takeResendStep } from "../../src/flow/resend-step.ts";
import type { TextToSend } from "../../src/flow/send-text.ts";
import type { FlowDeps, SignIn } from "../../src/flow/sign-in.ts";
import { submitCode } from "../../src/flow/submit-code-step.ts";
import { UnavailableError } from "../../src/ports/errors.ts";
import type { Storage } from "../../src/ports/storage.ts";
import {
  A_NUMBER,
  aChallenge,
  anAuditEvent,
  anInteractionState,
  aTestNumber,
  aUser,
  LIMITS,
  NOON,
} from "../support/builders.ts";

const LISTED = aTestNumber();
const KEY = { id: "k1", key: Buffer.alloc(32, 7) };
const MARK = { id: LISTED.id, name: LISTED.name };

describe("a store that does not say whether a number is a test number", () => {
  let storage: Storage;
  let texts: TextToSend[];
  beforeEach(async () => {
    storage = await openSqliteStorage({ file: ":memory:", secrets: ["x".repeat(40)] });
    texts = [];
    const phone = { number: A_NUMBER, status: "assigned", since: NOON } as const;
    await storage.users.create(aUser({ phone }), anAuditEvent());
  });
  afterEach(() => storage.close());

  const silent = (): Storage => ({
    ...storage,
    testNumbers: {
      ...storage.testNumbers,
      find: async () => {
        throw new UnavailableError("store", "no answer");
      },
    },
  });

  function depsOn(of: Storage): FlowDeps {
    return {
      storage: of,
      hasher: { hash: async () => "", verify: async () => ({ matches: false, replacement: null }) },
      sendText: async (text) => {
        texts.push(text);
        return { outcome: "accepted", provider: "fake", providerMessageId: "1" };
      },
      codeKeys: [KEY],
      limits: { ...LIMITS, sendGapSeconds: 0 },
      acr: { single: "1", multi: "2" },
      smsCountries: "all",
      withResult: (record, result) => ({ ...record, result }),
      codeTemplate: async () => "{code}",
      linkKeys: [],
      mailsGoOut: true,
      recovery: "verified",
      blocklist: async () => new Set<string>(),
      priceOf: () => 0,
      isOwnAddress: () => true,
      fraudGuard: "off",
      alarm: () => {},
      now: () => NOON + 1000,
      newId: () => crypto.randomUUID(),
    };
  }

  // A sign-in in this state.
  async function signInAt(state: InteractionState): Promise<SignIn> {
    const { interactions } = storage;
    await interactions.save("i1", {}, NOON + 900_000);
    const move = { uid: "i1", now: NOON, from: { version: 0 }, resetAttempts: true };
    await interactions.move({ ...move, to: state, effects: {} });
    return current();
  }

  async function current(): Promise<SignIn> {
    const interaction = await storage.interactions.find("i1", NOON);
    assert.ok(interaction);
    return {
      interaction,
      request: {
        kind: "sign-in",
        clientId: "app1",
        acr: { level: "none", essential: false },
        changesPhone: false,
        freshLogin: false,
        maxAgeSeconds: null,
        session: null,
        uiLocales: null,
      },
      language: "en",
      address: "127.0.0.1",
      deviceId: "browser",
    };
  }

  it("lets nobody in with a fixed code, whose attempt is counted", async () => {
    await storage.testNumbers.add(LISTED, anAuditEvent());
    const signIn = await signInAt(
      anInteractionState({ challenge: aChallenge({ testNumber: MARK }) }),
    );
    await assert.rejects(submitCode(depsOn(silent()), signIn, LISTED.code), UnavailableError);
    const { interaction } = await current();
    assert.deepEqual([interaction.state?.step, interaction.attempts], ["code", 1]);
    assert.equal(interaction.record.result, undefined);
    const again = await submitCode(depsOn(storage), await current(), LISTED.code);
    assert.equal(again.outcome, "accepted");
  });

  it("sends nothing, and moves nothing", async () => {
    const signIn = await signInAt(anInteractionState({ challenge: null }));
    await assert.rejects(takeResendStep(depsOn(silent()), signIn), UnavailableError);
    assert.deepEqual(texts, []);
    assert.equal((await current()).interaction.state?.challenge, null);
    assert.equal((await takeResendStep(depsOn(storage), signIn)).outcome, "moved");
    assert.equal(texts.length, 1);
  });

  it("is not asked about a code that was sent, which is judged by itself", async () => {
    const challenge = aChallenge({ codeKeyId: KEY.id });
    const signIn = await signInAt(anInteractionState({ challenge }));
    const code = codeFor(challenge.id, KEY.key);
    assert.equal((await submitCode(depsOn(silent()), signIn, code)).outcome, "accepted");
  });
});
