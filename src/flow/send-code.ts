// Sending a code: everything that counts it and everything that may refuse it, and then the text.

import { type Challenge, openChallenge } from "../domain/challenge.ts";
import { codeFor } from "../domain/code.ts";
import type { InteractionState } from "../domain/interaction.ts";
import type { Message } from "../domain/message.ts";
import { networkOf } from "../domain/network.ts";
import { countryOf, isCountryAllowed } from "../domain/phone.ts";
import {
  alarmsBetween,
  prefixOf,
  type SendBudget,
  type SendCap,
  sendBudgets,
} from "../domain/send-caps.ts";
import type { SendRefusal } from "../domain/send-policy.ts";
import type { Instant } from "../domain/time.ts";
import type { BudgetCount, MoveEffects } from "../ports/interactions.ts";
import { auditStep } from "./audit-trail.ts";
import { findPause } from "./pumping-guard.ts";
import type { ProviderOutcome } from "./send-text.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn } from "./sign-in.ts";

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

// Whether the rules of this installation let a text go to a number's country.
export function mayBeTexted(deps: Pick<FlowDeps, "smsCountries">, number: string): boolean {
  const country = countryOf(number);
  return country !== null && isCountryAllowed(country, deps.smsCountries);
}

// A challenge for a number, under the key that computes new codes.
export function newChallenge(
  deps: FlowDeps,
  given: Pick<Challenge, "purpose" | "phone">,
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

// Stores the state with its challenge, counting the text first, and then sends it. A text that
// certainly failed is taken back, so that nobody waits for it.
export async function moveAndSend(
  deps: FlowDeps,
  signIn: SignIn,
  move: {
    readonly state: InteractionState & { readonly challenge: Challenge | null };
    // The challenge as it was before this text.
    readonly before: Challenge;
    readonly resetAttempts: boolean;
    readonly effects?: MoveEffects;
  },
): Promise<SentOutcome> {
  const { uid, version } = signIn.interaction;
  const { challenge, userId } = move.state;
  if (challenge?.lastSentAt == null) throw new Error("a text that is sent has its instant");
  const now = challenge.lastSentAt;
  const { request, language } = signIn;
  const template = await deps.codeTemplate({ applicationId: request.clientId, language });
  const message = messageOf(deps, signIn, { challenge, template });
  const paused = await findPause(deps, message, now);
  if (paused !== null) return refused(deps, signIn, userId ?? "", paused);
  const budgets = budgetsOf(deps, signIn, userId ?? "", message, challenge.phone);
  const moved = await deps.storage.interactions.move({
    uid,
    now,
    from: { version },
    to: { ...move.state, unsent: null },
    resetAttempts: move.resetAttempts,
    effects: {
      ...move.effects,
      send: {
        number: challenge.phone,
        limits: deps.limits,
        challenge: move.before,
        budgets,
        message,
      },
    },
  });
  if (moved.outcome === "send-refused") return refused(deps, signIn, userId ?? "", moved);
  if (moved.outcome !== "moved") return OUT_OF_ORDER;
  await raiseAlarms(deps, moved.counts ?? [], now);

  const code = codeOf(deps, challenge);
  if (code === null) throw new Error("no key for a challenge that was just opened");
  const messageId = message.id;
  const sent = await deps.sendText({ challenge, code, messageId, template });
  await deps.storage.messages.settle({ id: messageId, at: deps.now(), ...settledBy(sent) });
  if (sent.outcome === "accepted") return { outcome: "moved", state: move.state };

  if (sent.outcome === "failed") {
    await deps.storage.numbers.forgetSend(challenge.phone, now, budgets);
  }
  const unsent = { because: "send-failed", retryAt: now } as const;
  const state = { ...move.state, challenge: challengeAfter(sent, challenge, move.before), unsent };
  await deps.storage.interactions.move({
    uid,
    now,
    from: { version: moved.version },
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
  { sends, lastSentAt }: Challenge,
): Challenge {
  return sent.outcome === "unknown" ? challenge : { ...challenge, sends, lastSentAt };
}

// What is remembered of this text.
function messageOf(
  deps: FlowDeps,
  { request }: SignIn,
  { challenge, template }: { readonly challenge: Challenge; readonly template: string },
): Message {
  const country = countryOf(challenge.phone) ?? "ZZ";
  return {
    id: deps.newId(),
    challengeId: challenge.id,
    at: challenge.lastSentAt ?? deps.now(),
    purpose: challenge.purpose,
    applicationId: request.clientId,
    country,
    prefix: prefixOf(challenge.phone),
    costMicros: deps.priceOf({ country, template }),
  };
}

// What this text counts under.
function budgetsOf(
  deps: FlowDeps,
  { address }: SignIn,
  userId: string,
  { country, costMicros }: Message,
  number: string,
): readonly SendBudget[] {
  const network = deps.isOwnAddress(address) ? null : networkOf(address);
  return sendBudgets({ userId, number, country, network, costMicros }, deps.limits);
}

function settledBy(sent: ProviderOutcome) {
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
  userId: string,
  refusal: Refused,
): Promise<Refused> {
  const { because } = refusal;
  if (because !== "send-gap") {
    const event = auditStep(request, userId, "text-refused", deps.now(), { because });
    await deps.storage.audit.append([event]);
  }
  return refusal;
}

// Of all texts of a day exactly one passes each share of the budget.
async function raiseAlarms(
  deps: FlowDeps,
  counts: readonly BudgetCount[],
  now: Instant,
): Promise<void> {
  const money = counts.find(({ because }) => because === "money-cap");
  if (money === undefined) return;
  for (const percent of alarmsBetween(money.before, money.after, money.max)) {
    deps.alarm({ alarm: "sms-budget", percent });
    await deps.storage.audit.append([
      {
        at: now,
        actor: "system",
        action: "sms-budget-alarm",
        target: "sms:budget",
        because: `${percent}-percent`,
        details: { spentMicros: money.after, budgetMicros: money.max },
      },
    ]);
  }
}
