// Sends the code again; in a step-up, or after a gap that carried over, sends it at all. A code that is
// still alive is repeated, with its life and its attempts as they are; a dead one is replaced.
import { factorIsOff, factorLockedUntil } from "../domain/attempt-budget.ts";
import { type Challenge, judgeChallenge } from "../domain/challenge.ts";
import type { InteractionState } from "../domain/interaction.ts";
import type { Instant } from "../domain/time.ts";
import type { User } from "../domain/user.ts";
import { askAgain, beginAgain, isBindingBarred } from "./binding.ts";
import { dueState } from "./due-state.ts";
import {
  codeOf,
  mayBeTexted,
  moveAndSend,
  newChallenge,
  type SentOutcome,
  withSend,
} from "./send-code.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn } from "./sign-in.ts";

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

  const before = challengeToSend(deps, signIn, state, user, now);
  if (before === null || !mayBeTexted(deps, before.phone)) return OUT_OF_ORDER;
  return moveAndSend(deps, signIn, {
    state: { ...state, challenge: withSend(before, now) },
    before,
    resetAttempts: before.id !== state.challenge?.id,
  });
}

// The challenge that is open and alive, or a new one for the number that counts now.
function challengeToSend(
  deps: FlowDeps,
  signIn: SignIn,
  state: InteractionState,
  user: User,
  now: Instant,
): Challenge | null {
  const open = state.challenge;
  const number = state.binding ? (open?.phone ?? null) : (user.phone?.number ?? null);
  if (number === null) return null;
  if (open !== null && open.phone === number && isAlive(deps, signIn, open, now)) return open;

  const purpose = state.binding ? "bind" : signIn.request.kind === "step-up" ? "step-up" : "login";
  const fresh = newChallenge(deps, { purpose, phone: number }, now);
  // A dead code's last send still keeps its gap.
  return { ...fresh, lastSentAt: open?.lastSentAt ?? null };
}

function isAlive(deps: FlowDeps, signIn: SignIn, challenge: Challenge, now: Instant): boolean {
  const verdict = judgeChallenge(challenge, signIn.interaction.attempts, now, deps.limits);
  return verdict.outcome === "open" && codeOf(deps, challenge) !== null;
}
