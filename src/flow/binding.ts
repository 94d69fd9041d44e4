// Whether somebody who is on the way to binding a phone may still do so. The rules, the account and its address
// may have changed since the step began, so they are asked again before each step on that way.
import { wasLinkOpened } from "../domain/binding-link.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { verifiedAddressOf } from "../domain/mail.ts";
import { type MfaDecision, needsLinkFirst } from "../domain/mfa-decision.ts";
import type { ChangeRefusal } from "../domain/phone-change.ts";
import type { User } from "../domain/user.ts";
import { findChangeBar, isStillProved } from "./phone-change.ts";
import { mayGoOn } from "./proved-by-now.ts";
import { beginSecondStep, decideSecondStep } from "./second-step.ts";
import type { BeginOutcome } from "./send-code.ts";
import type { FlowDeps, SignIn } from "./sign-in.ts";

export interface AskedAgain {
  readonly user: User;
  readonly decision: MfaDecision;
  // Why a phone that is there may not be replaced, where that is what the sign-in is for.
  readonly changeBar: ChangeRefusal | null;
}

// The decision as it is now; null when the user is gone or disabled, or the first step counts no more, or, once a
// phone is being replaced, when it is not the user's any more or its proof does not count.
export async function askAgain(
  deps: Pick<FlowDeps, "storage" | "limits" | "now">,
  signIn: SignIn,
  state: InteractionState,
): Promise<AskedAgain | null> {
  const { request } = signIn;
  const { userId, sourceId, proved } = state;
  const user = userId === null ? null : await deps.storage.users.find(userId);
  if (user === null || !mayGoOn(signIn, state, user)) return null;
  if (state.replaces && !isStillProved(signIn, state, user)) return null;
  const question = { request, sourceId: sourceId ?? "password", proved, user };
  const decision = await decideSecondStep(deps, question);
  return { user, decision, changeBar: await findChangeBar(deps, request, user) };
}

// Whether the rules forbid by now what this step leads to. A link counts if it was opened in this interaction and
// went to the address that is the user's now. That a factor is off has an answer of its own.
export function isBindingBarred(
  { link, replaces }: InteractionState,
  { user, decision, changeBar }: AskedAgain,
): boolean {
  if (replaces) return changeBar !== null;
  if (decision.need === "refuse") return decision.because !== "factor-off";
  // Somebody gave the user a number meanwhile, or nothing is demanded any more.
  if (decision.need !== "bind-phone") return true;
  if (!needsLinkFirst(decision)) return false;
  return !wasLinkOpened(link, verifiedAddressOf(user));
}

// Goes to the step that is due by the decision as it is now.
export function beginAgain(
  deps: FlowDeps,
  signIn: SignIn,
  { sourceId, proved }: InteractionState,
  { user, decision }: AskedAgain,
): Promise<BeginOutcome> {
  const begin = { signIn, user, sourceId: sourceId ?? "password", proved, decision, effects: {} };
  return beginSecondStep(deps, begin);
}
