// Whoever enrols a factor, or puts another in its place, has just shown the first one: the cookie of a session, or a page
// that was left open, is not enough. After a while the page for it gives way to the one for the password.
import { joinProved, NOTHING_PROVED, withFactor } from "../domain/factors.ts";
import type { InteractionState, Step } from "../domain/interaction.ts";
import { firstFactorOf } from "../domain/mfa-question.ts";
import { addSeconds, type Instant } from "../domain/time.ts";
import type { MoveEffects } from "../ports/interactions.ts";
import type { BeginOutcome } from "./send-code.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn } from "./sign-in.ts";

// Where a number is typed, or backup codes are kept. A code that was sent while the first factor was fresh may be typed.
const ENROLLING: readonly Step[] = ["bind-phone", "new-phone", "recovery-codes"];

export function isEnrolling(state: Pick<InteractionState, "step"> | null): boolean {
  return state !== null && ENROLLING.includes(state.step);
}

// Whether the first factor was proved so lately that a factor may be enrolled on the strength of it.
export function isFirstFactorFresh(
  { limits, now }: Pick<FlowDeps, "limits" | "now">,
  { request }: Pick<SignIn, "request">,
  { userId, sourceId, proved }: InteractionState,
): boolean {
  const { session } = request;
  const stepsUp = request.kind === "step-up" && session?.userId === userId;
  const all = joinProved(stepsUp ? session.proved : NOTHING_PROVED, proved);
  const at = all[firstFactorOf(sourceId ?? "password")];
  if (at === null) return false;
  return now() <= addSeconds(at, limits.firstFactorAgeForEnrolmentSecondsMax);
}

// The state with the password due in the place of an enrolment, unless the first factor is fresh.
export function withFreshFirstFactor(
  deps: Pick<FlowDeps, "limits" | "now">,
  signIn: Pick<SignIn, "request">,
  state: InteractionState,
): InteractionState {
  const isStale = isEnrolling(state) && !isFirstFactorFresh(deps, signIn, state);
  return isStale ? { ...state, step: "first-factor" } : state;
}

// Goes on where the enrolment stood, with everything else that was proved on the way: a link that was opened, an old
// number.
export async function resumeEnrolment(
  { storage }: Pick<FlowDeps, "storage">,
  { interaction }: SignIn,
  given: {
    readonly state: InteractionState;
    readonly provedAt: Instant;
    readonly effects: MoveEffects;
  },
): Promise<BeginOutcome> {
  const { uid, version } = interaction;
  const state = { ...given.state, proved: withFactor(given.state.proved, "pwd", given.provedAt) };
  const moved = await storage.interactions.move({
    uid,
    now: given.provedAt,
    from: { version },
    to: state,
    resetAttempts: false,
    effects: given.effects,
  });
  return moved.outcome === "moved" ? { outcome: "moved", state } : OUT_OF_ORDER;
}
