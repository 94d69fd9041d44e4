// Asks domain whether a second step is needed, and begins the one that is.
import { factorLockedUntil } from "../domain/attempt-budget.ts";
import {
  joinProved,
  NOTHING_PROVED,
  type Proved,
  provedForRequest,
  provedSince,
} from "../domain/factors.ts";
import type { InteractionState, Refusal } from "../domain/interaction.ts";
import { verifiedAddressOf } from "../domain/mail.ts";
import { decideMfa, type MfaDecision, needsLinkFirst } from "../domain/mfa-decision.ts";
import { mfaQuestion } from "../domain/mfa-question.ts";
import { rememberedWrongCodes } from "../domain/unfinished-sign-in.ts";
import type { User } from "../domain/user.ts";
import type { MoveEffects } from "../ports/interactions.ts";
import { auditSignIn } from "./audit-trail.ts";
import { signInEnd } from "./end-sign-in.ts";
import { findChangeBar } from "./phone-change.ts";
import { type BeginOutcome, moveAndSend, newChallenge, withSend } from "./send-code.ts";
import { linkToSend, moveAndMail } from "./send-link.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn, type SignInRequest } from "./sign-in.ts";
import { canHaveCode, findTestNumber } from "./test-numbers.ts";
import { tellOfUnfinished } from "./unfinished-sign-in.ts";

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

export interface SecondStepBegin {
  readonly signIn: SignIn;
  readonly user: User;
  readonly sourceId: string;
  readonly proved: Proved;
  readonly decision: MfaDecision;
  readonly effects: MoveEffects;
}

// Moves the interaction to what the decision asks for: the end, a code that is sent at once if the gap
// allows it, a number to bind, a link that is mailed before that, or a page that says why it cannot go on.
export async function beginSecondStep(
  deps: FlowDeps,
  begin: SecondStepBegin,
): Promise<BeginOutcome> {
  const { decision, user, signIn } = begin;
  const barred = await findChangeBar(deps, signIn.request, user);
  if (barred !== null) return refuse(deps, begin, barred);
  switch (decision.need) {
    case "none":
      return endSignIn(deps, begin);
    case "code":
      if (user.phone === null) return refuse(deps, begin, "no-other-factor");
      if (!(await canHaveCode(deps, user.phone))) {
        return refuse(deps, begin, "phone-cannot-be-texted");
      }
      return sendFirstCode(deps, begin, user.phone.number);
    case "bind-phone":
      if (needsLinkFirst(decision)) return mailFirstLink(deps, begin);
      return moveTo(deps, begin, stateOf(begin, { step: "bind-phone", binding: true }));
    case "password":
      // Nobody gets here before there is a first step by phone.
      return refuse(deps, begin, "no-other-factor");
    case "refuse":
      return refuse(deps, begin, decision.because);
  }
}

async function endSignIn(deps: FlowDeps, begin: SecondStepBegin): Promise<BeginOutcome> {
  const { signIn, user, proved, decision } = begin;
  const ended = await signInEnd(deps, signIn, { user, proved, decision, now: deps.now() });
  return moveTo(deps, begin, stateOf(begin, { step: "done" }), ended);
}

async function refuse(
  deps: FlowDeps,
  begin: SecondStepBegin,
  refusal: Refusal,
): Promise<BeginOutcome> {
  const { signIn, user, decision, proved } = begin;
  const now = deps.now();
  const audit = [auditSignIn(signIn.request, user.id, decision, proved, now, refusal)];
  // An essential acr that cannot be met is the application's to hear of (OpenID Connect Core, 5.5.1.1).
  if (signIn.request.acr.essential) {
    const record = deps.withResult(signIn.interaction.record, {
      outcome: "refused",
      error: "unmet_authentication_requirements",
      description: "the requested authentication context class could not be reached",
    });
    const state = stateOf(begin, { step: "done", refusal });
    const ending = { state: { ...state, step: "refused" as const }, attempts: 0 };
    const told = tellOfUnfinished(deps, ending, {
      ...{ user, at: now },
      ...{ language: signIn.language, origin: signIn.origin },
    });
    return moveTo(deps, begin, state, { record, effects: { audit, ...told } });
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
  const testNumber = await findTestNumber(deps, number);
  const unsent = newChallenge(deps, { purpose, phone: number, testNumber }, now);
  const state = stateOf(begin, { step: "code", challenge: withSend(unsent, now) });
  const moved = await moveAndSend(deps, begin.signIn, {
    user: begin.user,
    state,
    resetAttempts: true,
    before: unsent,
    effects: begin.effects,
  });
  if (moved.outcome !== "send-refused") return moved;
  // A gap carries over from an earlier sign-in, or a cap is reached: the page says which and until when,
  // and has the button.
  const { because, retryAt } = moved;
  return moveTo(
    deps,
    begin,
    stateOf(begin, { step: "code", challenge: null, unsent: { because, retryAt } }),
  );
}

async function mailFirstLink(deps: FlowDeps, begin: SecondStepBegin): Promise<BeginOutcome> {
  const { signIn, user, effects } = begin;
  const address = verifiedAddressOf(user);
  if (address === null) return refuse(deps, begin, "no-verified-email");
  if (!deps.mailsGoOut) return refuse(deps, begin, "link-cannot-be-mailed");

  const link = linkToSend(deps, signIn.interaction.state?.link ?? null, address);
  const state = stateOf(begin, { step: "mailed-link", binding: true, link });
  const mailed = await moveAndMail(deps, signIn, { state, user, link, effects });
  if (mailed.outcome !== "link-refused") return mailed;
  // As with a text: the page says why, and has the button.
  const { because, retryAt } = mailed;
  return moveTo(deps, begin, { ...state, link: { ...link, unsent: { because, retryAt } } });
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
    effects: {
      ...begin.effects,
      ...also.effects,
      audit: [...(begin.effects.audit ?? []), ...(also.effects?.audit ?? [])],
      cappedMails: [...(begin.effects.cappedMails ?? []), ...(also.effects?.cappedMails ?? [])],
    },
  });
  return moved.outcome === "moved" ? { outcome: "moved", state } : OUT_OF_ORDER;
}

function stateOf(
  begin: SecondStepBegin,
  changes: Partial<InteractionState> & Pick<InteractionState, "step">,
): InteractionState {
  const { interaction } = begin.signIn;
  const isSame = interaction.state?.userId === begin.user.id;
  return {
    userId: begin.user.id,
    sourceId: begin.sourceId,
    proved: begin.proved,
    challenge: null,
    binding: false,
    refusal: null,
    decision: begin.decision,
    ...(isSame && rememberedWrongCodes(interaction)),
    language: begin.signIn.language,
    ...changes,
  };
}
