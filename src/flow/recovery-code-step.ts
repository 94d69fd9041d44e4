// A recovery code in place of a text that cannot be sent, where the rules let it. Counted like a code by text,
// then taken out of the user's set, and only then believed.

import { type FactorLock, factorLock } from "../domain/attempt-budget.ts";
import { withFactor } from "../domain/factors.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { mailsTo } from "../domain/mail.ts";
import { type OtherFactor, otherFactor } from "../domain/outage-policy.ts";
import {
  normalRecoveryCode,
  recoveryCodeDigest,
  recoveryCodesLeft,
} from "../domain/recovery-codes.ts";
import type { Instant } from "../domain/time.ts";
import type { AttemptCounted } from "../ports/interactions.ts";
import { auditStep } from "./audit-trail.ts";
import { dueState } from "./due-state.ts";
import { signInEnd } from "./end-sign-in.ts";
import { mayGoOn } from "./proved-by-now.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn } from "./sign-in.ts";
import { guessOf, noteWrongCode } from "./wrong-code.ts";

export type RecoveryCodeOutcome =
  | { readonly outcome: "accepted"; readonly state: InteractionState }
  | typeof OUT_OF_ORDER
  // Not what a recovery code looks like: not an attempt.
  | { readonly outcome: "malformed" }
  // With the lock that this attempt has set, if it has.
  | {
      readonly outcome: "rejected";
      readonly attemptsLeft: number;
      readonly lock: FactorLock | null;
    }
  | { readonly outcome: "dead" }
  // Null: off until an administrator puts it back.
  | { readonly outcome: "locked"; readonly retryAt: Instant | null };

// Which factor may be shown in this state instead of a code by text, by the rules as they are now; null: none.
export async function offeredFactor(
  deps: Pick<FlowDeps, "storage">,
  signIn: SignIn,
  state: InteractionState,
): Promise<OtherFactor | null> {
  // A phone is replaced by who has the old one, and paper shows nothing of that.
  if (signIn.request.changesPhone) return null;
  if (!state.unsent || state.userId === null) return null;
  const rules = await deps.storage.rules.find(signIn.request.clientId);
  const user = await deps.storage.users.find(state.userId);
  return user?.status === "active" ? otherFactor({ state, rules, user }) : null;
}

// Judges a typed recovery code, and ends the sign-in when it is one of the user's.
export async function submitRecoveryCode(
  deps: FlowDeps,
  signIn: SignIn,
  typed: string,
): Promise<RecoveryCodeOutcome> {
  const state = await dueState(deps, signIn);
  if ((await offeredFactor(deps, signIn, state)) !== "recovery-code") return OUT_OF_ORDER;
  const code = normalRecoveryCode(typed);
  if (code === null) return { outcome: "malformed" };

  const now = deps.now();
  const { uid } = signIn.interaction;
  const counted = await deps.storage.interactions.countAttempt(uid, now, deps.limits, {
    answer: "recovery-code",
    guess: guessOf(deps, state, code),
  });
  switch (counted.outcome) {
    case "not-due":
      return OUT_OF_ORDER;
    case "locked":
      return { outcome: "locked", retryAt: counted.retryAt };
    case "dead":
      return { outcome: "dead" };
    case "counted":
      return judge(deps, signIn, counted, { code, now });
  }
}

async function judge(
  deps: FlowDeps,
  signIn: SignIn,
  counted: Extract<AttemptCounted, { outcome: "counted" }>,
  { code, now }: { code: string; now: Instant },
): Promise<RecoveryCodeOutcome> {
  const { user, interaction } = counted;
  // Asked of what was counted: another tab may have begun again in between, with another user.
  const { state } = interaction;
  if (state === null || !mayGoOn(signIn, state, user)) return OUT_OF_ORDER;
  if ((await offeredFactor(deps, signIn, state)) !== "recovery-code") return OUT_OF_ORDER;
  const left = Math.max(0, recoveryCodesLeft(user) - 1);
  const used = auditStep(signIn.request, user.id, "recovery-code-used", now, { left });
  const { language, origin } = signIn;
  const told = { id: deps.newId(), language, at: now, origin };
  const mails = mailsTo(user, { kind: "recovery-code-used", left }, told);

  // Spent before anybody is let in: whoever loses a race for it, or fails from here on, needs another one.
  const taken = await deps.storage.users.takeRecoveryCode(
    user.id,
    recoveryCodeDigest(code),
    used,
    mails,
  );
  if (!taken) {
    await noteWrongCode(deps, signIn, counted, { because: "wrong-recovery-code", at: now });
    return {
      outcome: "rejected",
      attemptsLeft: deps.limits.attemptsPerCode - interaction.attempts,
      lock: factorLock(user.factorAttempts, now, deps.limits),
    };
  }
  return end(deps, signIn, counted, now);
}

async function end(
  deps: FlowDeps,
  signIn: SignIn,
  { user, interaction }: Extract<AttemptCounted, { outcome: "counted" }>,
  now: Instant,
): Promise<RecoveryCodeOutcome> {
  const { state } = interaction;
  if (state === null) return OUT_OF_ORDER;
  const proved = withFactor(state.proved, "otp", now);
  const to: InteractionState = { ...state, step: "done", proved };
  const { decision } = state;
  const ended = await signInEnd(deps, signIn, { user, proved, decision, now });
  const moved = await deps.storage.interactions.move({
    uid: interaction.uid,
    now,
    from: { version: interaction.version },
    to,
    resetAttempts: false,
    ...ended,
  });
  return moved.outcome === "moved" ? { outcome: "accepted", state: to } : OUT_OF_ORDER;
}
