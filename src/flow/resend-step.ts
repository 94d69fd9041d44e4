// Sends the code again; in a step-up, or after a gap that carried over, sends it at all. A code that is
// still alive is repeated, with its life and its attempts as they are; a dead one is replaced.
import { factorIsOff, factorLockedUntil } from "../domain/attempt-budget.ts";
import { type Challenge, judgeChallenge } from "../domain/challenge.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { isOutage } from "../domain/outage-policy.ts";
import type { SendCap } from "../domain/send-caps.ts";
import type { SendRefusal } from "../domain/send-policy.ts";
import type { Instant } from "../domain/time.ts";
import type { User } from "../domain/user.ts";
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
  if (state.step !== "code" || state.userId === null) return OUT_OF_ORDER;
  const user = await deps.storage.users.find(state.userId);
  if (user === null || user.status !== "active") return OUT_OF_ORDER;

  const now = deps.now();
  if (factorIsOff(user.factorAttempts, deps.limits)) return { outcome: "locked", retryAt: null };
  const lockedUntil = factorLockedUntil(user.factorAttempts, now);
  if (lockedUntil !== null) return { outcome: "locked", retryAt: lockedUntil };

  const before = challengeToSend(deps, signIn, state, user, now);
  if (before === null || !mayBeTexted(deps, before.phone)) return OUT_OF_ORDER;
  const sent = await moveAndSend(deps, signIn, {
    state: { ...state, challenge: withSend(before, now) },
    before,
    resetAttempts: before.id !== state.challenge?.id,
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
