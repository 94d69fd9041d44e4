// Sending a code: everything that counts it and everything that may refuse it, and then the text. To a test number
// none is sent: what counts texts, their price and what they are worth to a fraudster counts nothing then, and what
// counts those who ask counts as ever.

import { type Challenge, openChallenge } from "../domain/challenge.ts";
import { codeFor } from "../domain/code.ts";
import type { InteractionState } from "../domain/interaction.ts";
import type { Message } from "../domain/message.ts";
import { type SendBudget, type SendCap, sendRefunds } from "../domain/send-caps.ts";
import type { Asker, SendRefusal } from "../domain/send-policy.ts";
import type { Instant } from "../domain/time.ts";
import type { User } from "../domain/user.ts";
import type { MoveEffects } from "../ports/interactions.ts";
import { auditStep, markTest } from "./audit-trail.ts";
import { askerOf, budgetsOf, messageOf } from "./counted-text.ts";
import { guardText } from "./fraud-guard.ts";
import { isOfChange } from "./phone-change.ts";
import type { ProviderOutcome, TextToSend } from "./send-text.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn } from "./sign-in.ts";
import { raiseAlarms } from "./spend-alarms.ts";

export type BeginOutcome =
  | { readonly outcome: "moved"; readonly state: InteractionState }
  | typeof OUT_OF_ORDER
  // What was proved is kept; resend tries again. After an unknown outcome the text may still arrive, so
  // it counts as sent; after a certain one it does not.
  | { readonly outcome: "send-failed"; readonly state: InteractionState };

export type SentOutcome =
  | BeginOutcome
  | {
      readonly outcome: "send-refused";
      readonly because: SendRefusal | SendCap;
      readonly retryAt: Instant;
    };

// A challenge for a number, under the key that computes new codes.
export function newChallenge(
  deps: FlowDeps,
  given: Pick<Challenge, "purpose" | "phone" | "testNumber">,
  now: Instant,
): Challenge {
  const [key] = deps.codeKeys;
  if (key === undefined) throw new Error("no key to compute codes with");
  return openChallenge({ ...given, id: deps.newId(), codeKeyId: key.id }, now, deps.limits);
}

// The challenge as it stands when one more text has gone out for it.
export function withSend(challenge: Challenge, now: Instant): Challenge {
  return { ...challenge, sends: challenge.sends + 1, lastSentAt: now };
}

// The code of a challenge; null when the key that computed it has gone.
export function codeOf(deps: Pick<FlowDeps, "codeKeys">, challenge: Challenge): string | null {
  const key = deps.codeKeys.find(({ id }) => id === challenge.codeKeyId);
  return key === undefined ? null : codeFor(challenge.id, key.key);
}

interface Move {
  // Who asks for the text.
  readonly user: User;
  readonly state: InteractionState & { readonly challenge: Challenge | null };
  // The challenge as it was before this text.
  readonly before: Challenge;
  readonly resetAttempts: boolean;
  readonly effects?: MoveEffects;
}

// A text with what it counts under. The message is null for a test number: there will be no text.
interface Counted {
  readonly challenge: Challenge;
  readonly message: Message | null;
  readonly asker: Asker;
  readonly budgets: readonly SendBudget[];
  readonly now: Instant;
}

// Stores the state with its challenge, counting the text first, and then sends it. A text that
// certainly failed is taken back, so that nobody waits for it.
export async function moveAndSend(
  deps: FlowDeps,
  signIn: SignIn,
  move: Move,
): Promise<SentOutcome> {
  const { challenge } = move.state;
  if (challenge?.lastSentAt == null) throw new Error("a text that is sent has its instant");
  const now = challenge.lastSentAt;
  const { request, language } = signIn;
  const changesPhone = isOfChange(request, move.state);
  const { clientId: applicationId } = request;
  const template = await deps.codeTemplate({ applicationId, language, changesPhone });
  const message = challenge.testNumber
    ? null
    : messageOf(deps, signIn, { user: move.user, challenge, template });
  const guarded = await guardText(deps, message, now);
  if (guarded.outcome === "send-refused") return refused(deps, signIn, move.state, guarded);
  const number = challenge.phone;
  const asker = await askerOf(deps, move.user, number);
  const budgets = [
    ...budgetsOf(deps, signIn, { user: move.user, number, message }),
    ...guarded.budgets,
  ];
  const refunds = [...(move.before.refunds ?? []), ...sendRefunds(budgets, now)];
  const state = { ...move.state, challenge: { ...challenge, refunds } };
  const counted = { challenge: state.challenge, message, asker, budgets, now };

  const moved = await moveCounted(deps, signIn, { ...move, state }, counted);
  if (moved.outcome === "send-refused") return refused(deps, signIn, state, moved);
  if (moved.outcome !== "moved") return OUT_OF_ORDER;
  if (message === null) return { outcome: "moved", state };
  await raiseAlarms(deps, moved.counts ?? [], now);

  const sent = await sendText(deps, { challenge, messageId: message.id, template });
  if (sent.outcome === "accepted") return { outcome: "moved", state };
  const tried = { ...counted, sent, version: moved.version };
  return moveUnsent(deps, signIn, { ...move, state }, tried);
}

// That nothing goes out is written down with the move: there is no fixed code that the audit log does not tell of.
function moveCounted(deps: FlowDeps, signIn: SignIn, move: Move, counted: Counted) {
  const { challenge, message, asker, budgets, now } = counted;
  const userId = move.user.id;
  const why = { because: "test-number" };
  const unsent = auditStep(signIn.request, userId, "code-not-sent", now, why);
  const audit = message === null ? [markTest(unsent, challenge)] : [];
  return deps.storage.interactions.move({
    uid: signIn.interaction.uid,
    now,
    from: { version: signIn.interaction.version },
    to: { ...move.state, unsent: null },
    resetAttempts: move.resetAttempts,
    effects: {
      ...move.effects,
      audit: [...(move.effects?.audit ?? []), ...audit],
      send: {
        number: challenge.phone,
        asker,
        limits: deps.limits,
        challenge: move.before,
        budgets,
        message: message ?? undefined,
      },
    },
  });
}

async function sendText(deps: FlowDeps, text: Omit<TextToSend, "code">): Promise<ProviderOutcome> {
  const { challenge, messageId, template } = text;
  const code = codeOf(deps, challenge);
  if (code === null) throw new Error("no key for a challenge that was just opened");
  const sent = await deps.sendText({ challenge, code, messageId, template });
  await deps.storage.messages.settle({ id: messageId, at: deps.now(), ...settledBy(sent) });
  return sent;
}

// A text that certainly failed is taken back, so that nobody waits for it; one that may still arrive counts as sent.
async function moveUnsent(
  deps: FlowDeps,
  { interaction }: SignIn,
  move: Move,
  tried: Counted & { readonly sent: ProviderOutcome; readonly version: number },
): Promise<BeginOutcome> {
  const { challenge, asker, budgets, now, sent, version } = tried;
  if (sent.outcome === "failed") {
    const { phone: number } = challenge;
    await deps.storage.numbers.forgetSend({ number, asker, at: now, budgets });
  }
  const unsent = { because: "send-failed", retryAt: now } as const;
  const state = { ...move.state, challenge: challengeAfter(sent, challenge, move.before), unsent };
  await deps.storage.interactions.move({
    uid: interaction.uid,
    now,
    from: { version },
    to: state,
    resetAttempts: false,
    effects: {},
  });
  return { outcome: "send-failed", state };
}

// A text that may still arrive counts as sent.
function challengeAfter(
  sent: ProviderOutcome,
  challenge: Challenge,
  { sends, lastSentAt, refunds }: Challenge,
): Challenge {
  return sent.outcome === "unknown" ? challenge : { ...challenge, sends, lastSentAt, refunds };
}

// What is remembered of what became of a text.
export function settledBy(sent: ProviderOutcome) {
  const { outcome: status, provider } = sent;
  return sent.outcome === "accepted"
    ? { status, provider, because: null, providerMessageId: sent.providerMessageId }
    : { status, provider, because: sent.because, providerMessageId: null };
}

interface Refused {
  readonly outcome: "send-refused";
  readonly because: SendRefusal | SendCap;
  readonly retryAt: Instant;
}

// Having to wait is no refusal, and whoever does not wait would fill the log.
async function refused(
  deps: FlowDeps,
  { request }: SignIn,
  { userId, challenge }: Move["state"],
  refusal: Refused,
): Promise<Refused> {
  const { because } = refusal;
  if (because !== "send-gap") {
    const event = auditStep(request, userId ?? "", "text-refused", deps.now(), { because });
    await deps.storage.audit.append([challenge === null ? event : markTest(event, challenge)]);
  }
  return refusal;
}
