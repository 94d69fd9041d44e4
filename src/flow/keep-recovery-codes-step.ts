// Recovery codes are shown to whoever has just typed a code by text, and kept when they say so. Everything that
// the sign-in needs is proved by then; it ends here.
import { hasSecondFactor } from "../domain/factors.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { mailsTo } from "../domain/mail.ts";
import { offeredCodes, recoveryCodesOf } from "../domain/recovery-codes.ts";
import type { User } from "../domain/user.ts";
import { auditStep } from "./audit-trail.ts";
import { signInEnd } from "./end-sign-in.ts";
import { isFirstFactorFresh } from "./first-factor-again.ts";
import { provedByNow } from "./proved-by-now.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn } from "./sign-in.ts";

export type KeepOutcome =
  | { readonly outcome: "moved"; readonly state: InteractionState }
  | typeof OUT_OF_ORDER;

// The codes to show in this state; empty when they could not be kept any more.
export async function codesToShow(
  deps: Pick<FlowDeps, "codeKeys" | "storage">,
  signIn: SignIn,
  state: InteractionState,
): Promise<readonly string[]> {
  const user = state.userId === null ? null : await deps.storage.users.find(state.userId);
  return user !== null && mayKeep(signIn, state, user) ? codesOf(deps, state) : [];
}

// Empty when the key that computes them has gone.
function codesOf(deps: Pick<FlowDeps, "codeKeys">, { offer }: InteractionState): readonly string[] {
  const key = deps.codeKeys.find(({ id }) => id === offer?.codeKeyId);
  return !offer || key === undefined ? [] : offeredCodes(offer, key.key);
}

// Whether both factors still count.
function mayKeep(signIn: SignIn, state: InteractionState, user: User): boolean {
  return user.status === "active" && hasSecondFactor(provedByNow(signIn, state, user));
}

// Keeps the codes, unless the user does not want them, and ends the sign-in.
export async function takeKeepStep(
  deps: FlowDeps,
  signIn: SignIn,
  keep: boolean,
): Promise<KeepOutcome> {
  const { state } = signIn.interaction;
  if (state?.step !== "recovery-codes" || state.userId === null) return OUT_OF_ORDER;
  // Shown again after the password; to go on without needs none.
  if (keep && !isFirstFactorFresh(deps, signIn, state)) {
    return { outcome: "moved", state: { ...state, step: "first-factor" } };
  }
  const user = await deps.storage.users.find(state.userId);
  if (user === null || !mayKeep(signIn, state, user)) return OUT_OF_ORDER;

  if (keep && !(await keepCodes(deps, signIn, state, user))) return OUT_OF_ORDER;
  return end(deps, signIn, state, user);
}

// False: the user was changed meanwhile. Posting again shows what has become of it.
async function keepCodes(
  deps: FlowDeps,
  { request, language, origin }: SignIn,
  state: InteractionState,
  user: User,
): Promise<boolean> {
  const codes = codesOf(deps, state);
  if (codes.length === 0) return false;
  const now = deps.now();
  const recoveryCodes = recoveryCodesOf(codes, now);
  // Posted twice. If the user was given others meanwhile, these are the ones that somebody says to have kept.
  if (recoveryCodes.digests.every((each) => user.recoveryCodes?.digests.includes(each))) {
    return true;
  }
  const updatedAt = Math.max(now, user.updatedAt + 1);
  const after = { ...user, recoveryCodes, updatedAt };
  const kept = auditStep(request, user.id, "recovery-codes-kept", now, { left: codes.length });
  const told = { id: deps.newId(), language, at: now, origin };
  const mails = mailsTo(user, { kind: "recovery-codes-made" }, told);
  return (await deps.storage.users.replace(user, after, kept, mails)) === "changed";
}

async function end(
  deps: FlowDeps,
  signIn: SignIn,
  state: InteractionState,
  user: User,
): Promise<KeepOutcome> {
  const { uid, version } = signIn.interaction;
  const now = deps.now();
  const { proved, decision } = state;
  const to: InteractionState = { ...state, step: "done", offer: null };
  const ended = await signInEnd(deps, signIn, { user, proved, decision, now });
  const moved = await deps.storage.interactions.move({
    uid,
    now,
    from: { version },
    to,
    resetAttempts: false,
    ...ended,
  });
  return moved.outcome === "moved" ? { outcome: "moved", state: to } : OUT_OF_ORDER;
}
