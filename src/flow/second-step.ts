// Asks domain whether a second step is needed, and begins the one that is.
import { factorLockedUntil } from "../domain/attempt-budget.ts";
import { type Challenge, openChallenge } from "../domain/challenge.ts";
import { codeFor } from "../domain/code.ts";
import {
  joinProved,
  NOTHING_PROVED,
  type Proved,
  provedForRequest,
  provedSince,
} from "../domain/factors.ts";
import type { InteractionState, Refusal } from "../domain/interaction.ts";
import { decideMfa, type MfaDecision } from "../domain/mfa-decision.ts";
import { mfaQuestion } from "../domain/mfa-question.ts";
import { countryOf, isCountryAllowed } from "../domain/phone.ts";
import type { SendRefusal } from "../domain/send-policy.ts";
import type { Instant } from "../domain/time.ts";
import type { User } from "../domain/user.ts";
import type { MoveEffects } from "../ports/storage.ts";
import { auditSignIn } from "./audit-trail.ts";
import { deviceEffects } from "./device-notice.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn, type SignInRequest } from "./sign-in.ts";

export interface SecondStepQuestion {
  readonly request: SignInRequest;
  readonly sourceId: string;
  // Proved just now; always counts.
  readonly proved: Proved;
  readonly user: User;
}

// Decides by the rules as they are now. Throws what the store throws: no answer never means "none".
export async function decideSecondStep(
  deps: Pick<FlowDeps, "storage" | "limits" | "now">,
  question: SecondStepQuestion,
): Promise<MfaDecision> {
  const { request, user } = question;
  const now = deps.now();
  const rules = await deps.storage.rules.find(request.clientId);
  const session =
    request.session?.userId === user.id
      ? provedSince(request.session.proved, user.credentialsChangedAt)
      : NOTHING_PROVED;
  return decideMfa(
    mfaQuestion({
      request: request.acr,
      rules,
      sourceId: question.sourceId,
      upstreamDidIt: false,
      provedForRequest: joinProved(question.proved, provedForRequest(session, request, now)),
      user,
      now,
      limits: deps.limits,
    }),
  );
}

export type BeginOutcome =
  | { readonly outcome: "moved"; readonly state: InteractionState }
  | typeof OUT_OF_ORDER
  // What was proved is kept; resend tries again. After an unknown outcome the text may still arrive, so
  // it counts as sent; after a certain one it does not.
  | { readonly outcome: "send-failed"; readonly state: InteractionState };

export interface SecondStepBegin {
  readonly signIn: SignIn;
  readonly user: User;
  readonly sourceId: string;
  readonly proved: Proved;
  readonly decision: MfaDecision;
  readonly effects: MoveEffects;
}

// Moves the interaction to what the decision asks for: the end, a code that is sent at once if the gap
// allows it, a number to bind, or a page that says why it cannot go on.
export async function beginSecondStep(
  deps: FlowDeps,
  begin: SecondStepBegin,
): Promise<BeginOutcome> {
  const { decision, user } = begin;
  switch (decision.need) {
    case "none":
      return endSignIn(deps, begin);
    case "code":
      if (user.phone === null) return refuse(deps, begin, "no-other-factor");
      if (!mayBeTexted(deps, user.phone.number)) {
        return refuse(deps, begin, "phone-cannot-be-texted");
      }
      return sendFirstCode(deps, begin, user.phone.number);
    case "bind-phone":
      return moveTo(deps, begin, stateOf(begin, { step: "bind-phone", binding: true }));
    case "password":
      // Nobody gets here before there is a first step by phone.
      return refuse(deps, begin, "no-other-factor");
    case "refuse":
      return refuse(deps, begin, decision.because);
  }
}

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

async function endSignIn(deps: FlowDeps, begin: SecondStepBegin): Promise<BeginOutcome> {
  const { signIn, user, proved, decision } = begin;
  const state = stateOf(begin, { step: "done" });
  const record = deps.withResult(signIn.interaction.record, {
    outcome: "signed-in",
    userId: user.id,
    proved,
    credentialsChangedAt: user.credentialsChangedAt,
    authTime: signIn.request.kind === "step-up" ? (signIn.request.session?.authTime ?? null) : null,
  });
  const now = deps.now();
  const audit = [auditSignIn(signIn.request, user.id, decision, proved, now)];
  const effects = { audit, ...(await deviceEffects(deps, signIn, user, now)) };
  return moveTo(deps, begin, state, { record, effects });
}

async function refuse(
  deps: FlowDeps,
  begin: SecondStepBegin,
  refusal: Refusal,
): Promise<BeginOutcome> {
  const { signIn, user, decision, proved } = begin;
  const audit = [auditSignIn(signIn.request, user.id, decision, proved, deps.now(), refusal)];
  // An essential acr that cannot be met is the application's to hear of (OpenID Connect Core, 5.5.1.1).
  if (signIn.request.acr.essential) {
    const record = deps.withResult(signIn.interaction.record, {
      outcome: "refused",
      error: "unmet_authentication_requirements",
      description: "the requested authentication context class could not be reached",
    });
    const state = stateOf(begin, { step: "done", refusal });
    return moveTo(deps, begin, state, { record, effects: { audit } });
  }
  return moveTo(deps, begin, stateOf(begin, { step: "refused", refusal }), { effects: { audit } });
}

async function sendFirstCode(
  deps: FlowDeps,
  begin: SecondStepBegin,
  number: string,
): Promise<BeginOutcome> {
  const now = deps.now();
  // While the factor is locked, no text goes out: the page says until when, and has the button.
  if (factorLockedUntil(begin.user.factorAttempts, now) !== null) {
    return moveTo(deps, begin, stateOf(begin, { step: "code", challenge: null }));
  }
  const purpose = begin.signIn.request.kind === "step-up" ? "step-up" : "login";
  const unsent = newChallenge(deps, { purpose, phone: number }, now);
  const state = stateOf(begin, { step: "code", challenge: withSend(unsent, now) });
  const moved = await moveAndSend(deps, begin.signIn, {
    state,
    resetAttempts: true,
    before: unsent,
    effects: begin.effects,
  });
  if (moved.outcome !== "send-refused") return moved;
  // The gap carries over from an earlier sign-in: the page says until when, and has the button.
  return moveTo(deps, begin, stateOf(begin, { step: "code", challenge: null }));
}

export type SentOutcome =
  | BeginOutcome
  | { readonly outcome: "send-refused"; readonly because: SendRefusal; readonly retryAt: Instant };

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
  const { challenge } = move.state;
  if (challenge?.lastSentAt == null) throw new Error("a text that is sent has its instant");
  const now = challenge.lastSentAt;
  const moved = await deps.storage.interactions.move({
    uid,
    now,
    from: { version },
    to: move.state,
    resetAttempts: move.resetAttempts,
    effects: {
      ...move.effects,
      send: { number: challenge.phone, limits: deps.limits, challenge: move.before },
    },
  });
  if (moved.outcome === "send-refused") return moved;
  if (moved.outcome !== "moved") return OUT_OF_ORDER;

  const code = codeOf(deps, challenge);
  if (code === null) throw new Error("no key for a challenge that was just opened");
  const sent = await deps.sendText({ challenge, code, language: signIn.language });
  if (sent.outcome === "accepted") return { outcome: "moved", state: move.state };
  if (sent.outcome === "unknown") return { outcome: "send-failed", state: move.state };

  const { sends, lastSentAt } = move.before;
  const state = { ...move.state, challenge: { ...challenge, sends, lastSentAt } };
  await deps.storage.numbers.forgetSend(challenge.phone, now);
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

async function moveTo(
  deps: FlowDeps,
  begin: SecondStepBegin,
  state: InteractionState,
  also: {
    readonly record?: SignIn["interaction"]["record"];
    readonly effects?: MoveEffects;
  } = {},
): Promise<BeginOutcome> {
  const { uid, version } = begin.signIn.interaction;
  const moved = await deps.storage.interactions.move({
    uid,
    now: deps.now(),
    from: { version },
    to: state,
    resetAttempts: true,
    record: also.record,
    effects: { ...begin.effects, ...also.effects },
  });
  return moved.outcome === "moved" ? { outcome: "moved", state } : OUT_OF_ORDER;
}

function stateOf(
  begin: SecondStepBegin,
  changes: Partial<InteractionState> & Pick<InteractionState, "step">,
): InteractionState {
  return {
    userId: begin.user.id,
    sourceId: begin.sourceId,
    proved: begin.proved,
    challenge: null,
    binding: false,
    refusal: null,
    decision: begin.decision,
    ...changes,
  };
}
