// Sends the code again; in a step-up, or after a gap that carried over, sends it at all. A code that is
// still alive is repeated, with its life and its attempts as they are; a dead one is replaced.
import { factorIsOff, factorLockedUntil } from "../domain/attempt-budget.ts";
import { type Challenge, judgeChallenge } from "../domain/challenge.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { isOutage } from "../domain/outage-policy.ts";
import type { SendCap } from "../domain/send-caps.ts";
import type { SendRefusal } from "../domain/send-policy.ts";
import { isOfListing } from "../domain/test-number.ts";
import type { Instant } from "../domain/time.ts";
import { rememberedWrongCodes } from "../domain/unfinished-sign-in.ts";
import type { User, UserPhone } from "../domain/user.ts";
import { askAgain, beginAgain, isBindingBarred } from "./binding.ts";
import { dueState } from "./due-state.ts";
import { codeOf, moveAndSend, newChallenge, type SentOutcome, withSend } from "./send-code.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn } from "./sign-in.ts";
import { canHaveCode, findTestNumber } from "./test-numbers.ts";

export type ResendOutcome =
  | SentOutcome
  // Null: the factor is off until an administrator puts it back.
  | { readonly outcome: "locked"; readonly retryAt: Instant | null };

// Sends, if a code is what is due and the limits allow it.
export async function takeResendStep(deps: FlowDeps, signIn: SignIn): Promise<ResendOutcome> {
  const state = await dueState(deps, signIn);
  if (state.step !== "code") return OUT_OF_ORDER;
  const asked = await askAgain(deps, signIn, state);
  if (asked === null) return OUT_OF_ORDER;
  const { user } = asked;
  if (state.binding && isBindingBarred(state, asked)) {
    return beginAgain(deps, signIn, state, asked);
  }

  const now = deps.now();
  if (factorIsOff(user.factorAttempts, deps.limits)) return { outcome: "locked", retryAt: null };
  const lockedUntil = factorLockedUntil(user.factorAttempts, now);
  if (lockedUntil !== null) return { outcome: "locked", retryAt: lockedUntil };

  const phone = phoneToAsk(state, user);
  // A number that was a test number, or was taken away: the page says what to do.
  if (phone === null || !(await canHaveCode(deps, phone))) {
    return beginAgain(deps, signIn, state, asked);
  }
  const before = await challengeToSend(deps, signIn, { state, number: phone.number, now });
  const resetAttempts = before.id !== state.challenge?.id;
  const counted = resetAttempts ? rememberedWrongCodes(signIn.interaction) : {};
  const sent = await moveAndSend(deps, signIn, {
    user,
    state: { ...state, ...counted, challenge: withSend(before, now) },
    before,
    resetAttempts,
  });
  if (sent.outcome === "send-refused") await rememberOutage(deps, signIn, state, sent);
  return sent;
}

// Where no text can be sent, another factor may do: the state says so. If it has moved meanwhile, it says more.
async function rememberOutage(
  deps: FlowDeps,
  { interaction }: SignIn,
  state: InteractionState,
  { because, retryAt }: { readonly because: SendRefusal | SendCap; readonly retryAt: Instant },
): Promise<void> {
  if (!isOutage(because) || state.unsent?.because === because) return;
  await deps.storage.interactions.move({
    uid: interaction.uid,
    now: deps.now(),
    from: { version: interaction.version },
    to: { ...state, unsent: { because, retryAt } },
    resetAttempts: false,
    effects: {},
  });
}

// The number that counts now: the one that was typed, while it is still to be bound.
function phoneToAsk(
  { binding, challenge }: InteractionState,
  user: User,
): Pick<UserPhone, "number" | "status"> | null {
  if (!binding) return user.phone;
  return challenge === null ? null : { number: challenge.phone, status: "assigned" };
}

// The challenge that is open and alive, or a new one. One that is of another kind than its number by now is
// replaced: nothing is sent to a test number, and what is none any more has to be sent its code.
async function challengeToSend(
  deps: FlowDeps,
  signIn: SignIn,
  { state, number, now }: { state: InteractionState; number: string; now: Instant },
): Promise<Challenge> {
  const open = state.challenge;
  const testNumber = await findTestNumber(deps, number);
  if (
    open !== null &&
    open.phone === number &&
    isOfListing(open.testNumber, testNumber) &&
    isAlive(deps, signIn, open, now)
  ) {
    return open;
  }
  const purpose = state.binding ? "bind" : signIn.request.kind === "step-up" ? "step-up" : "login";
  const fresh = newChallenge(deps, { purpose, phone: number, testNumber }, now);
  // A dead code's last send still keeps its gap.
  return { ...fresh, lastSentAt: open?.lastSentAt ?? null };
}

function isAlive(deps: FlowDeps, signIn: SignIn, challenge: Challenge, now: Instant): boolean {
  const verdict = judgeChallenge(challenge, signIn.interaction.attempts, now, deps.limits);
  return verdict.outcome === "open" && codeOf(deps, challenge) !== null;
}
