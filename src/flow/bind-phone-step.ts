// Binding: a number becomes the second factor only when its owner has typed the code that was sent to
// it. Here the number is typed, or replaced while nothing is bound yet. Ownership is never assumed.
import { factorIsOff, factorLockedUntil } from "../domain/attempt-budget.ts";
import { type Challenge, judgeChallenge } from "../domain/challenge.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { isCountryAllowed, type PhoneOutcome, parsePhone } from "../domain/phone.ts";
import type { Instant } from "../domain/time.ts";
import { askAgain, beginAgain, isBindingBarred } from "./binding.ts";
import { dueState } from "./due-state.ts";
import { moveAndSend, newChallenge, type SentOutcome, withSend } from "./send-code.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn } from "./sign-in.ts";

export type BindPhoneRefusal =
  | Extract<PhoneOutcome, { outcome: "refused" }>["because"]
  | "country-not-allowed"
  | "number-shared-too-often";

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
  const due = state.step === "bind-phone" || (state.step === "code" && state.binding);
  if (!due) return OUT_OF_ORDER;
  const asked = await askAgain(deps, signIn, state);
  if (asked === null) return OUT_OF_ORDER;
  if (isBindingBarred(state, asked)) return beginAgain(deps, signIn, state, asked);

  const parsed = parsePhone(input.phone, input.country === "" ? null : input.country);
  if (parsed.outcome === "refused") return { outcome: "number-refused", because: parsed.because };
  if (!isCountryAllowed(parsed.country, deps.smsCountries)) {
    return { outcome: "number-refused", because: "country-not-allowed" };
  }
  const sharedBy = await deps.storage.users.countByPhone(parsed.number);
  if (sharedBy >= deps.limits.usersPerBoundPhone) {
    return { outcome: "number-refused", because: "number-shared-too-often" };
  }

  const now = deps.now();
  // Another number is no way around a lock either.
  const { factorAttempts } = asked.user;
  if (factorIsOff(factorAttempts, deps.limits)) return { outcome: "locked", retryAt: null };
  const retryAt = factorLockedUntil(factorAttempts, now);
  if (retryAt !== null) return { outcome: "locked", retryAt };

  const { challenge: before, resetAttempts } = bindChallenge(
    deps,
    signIn,
    state,
    parsed.number,
    now,
  );
  return moveAndSend(deps, signIn, {
    state: { ...state, step: "code", binding: true, challenge: withSend(before, now) },
    before,
    resetAttempts,
  });
}

// The same number again is a resend. Another number gets another code, but the gap, the sends and the
// attempts go on counting: retyping is no way around them.
function bindChallenge(
  deps: FlowDeps,
  signIn: SignIn,
  state: InteractionState,
  number: string,
  now: Instant,
): { challenge: Challenge; resetAttempts: boolean } {
  const open = state.challenge;
  const fresh = newChallenge(deps, { purpose: "bind", phone: number }, now);
  if (open === null) return { challenge: fresh, resetAttempts: true };

  const verdict = judgeChallenge(open, signIn.interaction.attempts, now, deps.limits);
  const alive = verdict.outcome === "open";
  if (alive && open.phone === number) return { challenge: open, resetAttempts: false };
  const { sends, lastSentAt } = open;
  return { challenge: { ...fresh, sends, lastSentAt }, resetAttempts: !alive };
}
