// Binding: a number becomes the second factor only when its owner has typed the code that was sent to
// it. Here the number is typed, or replaced while nothing is bound yet. Ownership is never assumed.
import { factorIsOff, factorLockedUntil } from "../domain/attempt-budget.ts";
import { type Challenge, judgeChallenge } from "../domain/challenge.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { isCountryAllowed, type PhoneOutcome, parseE164, parsePhone } from "../domain/phone.ts";
import { isOfListing, type TestNumber } from "../domain/test-number.ts";
import type { Instant } from "../domain/time.ts";
import { rememberedWrongCodes } from "../domain/unfinished-sign-in.ts";
import { askAgain, beginAgain, isBindingBarred } from "./binding.ts";
import { dueState } from "./due-state.ts";
import { isEnrolling, isFirstFactorFresh } from "./first-factor-again.ts";
import {
  type BeginOutcome,
  moveAndSend,
  newChallenge,
  type SentOutcome,
  withSend,
} from "./send-code.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn } from "./sign-in.ts";
import { findTestNumber } from "./test-numbers.ts";

export type BindPhoneRefusal =
  | Extract<PhoneOutcome, { outcome: "refused" }>["because"]
  | "country-not-allowed"
  | "number-shared-too-often"
  // Of a phone that is to be replaced.
  | "same-number";

export type BindPhoneOutcome =
  | SentOutcome
  // Null: the factor is off until an administrator puts it back.
  | { readonly outcome: "locked"; readonly retryAt: Instant | null }
  | { readonly outcome: "number-refused"; readonly because: BindPhoneRefusal };

// Sends a code to the number that was typed.
export async function takeBindPhoneStep(
  deps: FlowDeps,
  signIn: SignIn,
  input: { readonly phone: string; readonly country: string },
): Promise<BindPhoneOutcome> {
  const state = await dueState(deps, signIn);
  const isFirst = state.step === "bind-phone" || state.step === "new-phone";
  // Typed too late: the password is asked for, and then the number again.
  if (state.step === "first-factor" && isEnrolling(signIn.interaction.state)) {
    return { outcome: "moved", state };
  }
  const due = isFirst || (state.step === "code" && state.binding);
  if (!due) return OUT_OF_ORDER;
  const asked = await askAgain(deps, signIn, state);
  if (asked === null) return OUT_OF_ORDER;
  if (isBindingBarred(state, asked)) return beginAgain(deps, signIn, state, asked);

  if (!isFirstFactorFresh(deps, signIn, state)) return backToNumber(deps, signIn, state);

  const typed = await readNumber(deps, input);
  if (typed.outcome === "number-refused") return typed;
  if (typed.number === state.replaces) return { outcome: "number-refused", because: "same-number" };
  const sharedBy = await deps.storage.users.countByPhone(typed.number);
  if (sharedBy >= deps.limits.usersPerBoundPhone) {
    return { outcome: "number-refused", because: "number-shared-too-often" };
  }

  const now = deps.now();
  // Another number is no way around a lock either.
  const { factorAttempts } = asked.user;
  if (factorIsOff(factorAttempts, deps.limits)) return { outcome: "locked", retryAt: null };
  const retryAt = factorLockedUntil(factorAttempts, now);
  if (retryAt !== null) return { outcome: "locked", retryAt };

  const { challenge: before, resetAttempts } = bindChallenge(deps, signIn, state, typed, now);
  const counted = resetAttempts ? rememberedWrongCodes(signIn.interaction) : {};
  const challenge = withSend(before, now);
  return moveAndSend(deps, signIn, {
    user: asked.user,
    state: { ...state, ...counted, step: "code", binding: true, challenge },
    before,
    resetAttempts,
  });
}

// From the code to another number, which is another enrolment. What was counted goes on counting.
async function backToNumber(
  { storage, now }: FlowDeps,
  { interaction: { uid, version } }: SignIn,
  state: InteractionState,
): Promise<BeginOutcome> {
  const to: InteractionState = { ...state, step: state.replaces ? "new-phone" : "bind-phone" };
  const from = { version };
  const move = { uid, now: now(), from, to, resetAttempts: false, effects: {} };
  const moved = await storage.interactions.move(move);
  return moved.outcome === "moved" ? { outcome: "moved", state: to } : OUT_OF_ORDER;
}

interface TypedNumber {
  readonly number: string;
  // Its listing, if it is a test number.
  readonly testNumber: TestNumber | null;
}

// A test number need not be one that can be texted.
async function readNumber(
  deps: FlowDeps,
  input: { readonly phone: string; readonly country: string },
): Promise<
  | ({ readonly outcome: "ok" } & TypedNumber)
  | Extract<BindPhoneOutcome, { outcome: "number-refused" }>
> {
  const country = input.country === "" ? null : input.country;
  const parsed = parsePhone(input.phone, country);
  const number = parsed.outcome === "ok" ? parsed.number : parseE164(input.phone, country);
  const testNumber = number === null ? null : await findTestNumber(deps, number);
  if (number !== null && testNumber !== null) return { outcome: "ok", number, testNumber };
  if (parsed.outcome === "refused") return { outcome: "number-refused", because: parsed.because };
  if (!isCountryAllowed(parsed.country, deps.smsCountries)) {
    return { outcome: "number-refused", because: "country-not-allowed" };
  }
  return { outcome: "ok", number: parsed.number, testNumber: null };
}

// The same number again is a resend. Another number gets another code, but the gap, the sends and the
// attempts go on counting: retyping is no way around them.
function bindChallenge(
  deps: FlowDeps,
  signIn: SignIn,
  state: InteractionState,
  { number, testNumber }: TypedNumber,
  now: Instant,
): { challenge: Challenge; resetAttempts: boolean } {
  const open = state.challenge;
  const fresh = newChallenge(deps, { purpose: "bind", phone: number, testNumber }, now);
  if (open === null) return { challenge: fresh, resetAttempts: true };

  const verdict = judgeChallenge(open, signIn.interaction.attempts, now, deps.limits);
  const alive = verdict.outcome === "open";
  const same = open.phone === number && isOfListing(open.testNumber, testNumber);
  if (alive && same) return { challenge: open, resetAttempts: false };
  const { sends, lastSentAt } = open;
  return { challenge: { ...fresh, sends, lastSentAt }, resetAttempts: !alive };
}
