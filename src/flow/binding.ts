// Whether somebody who is on the way to binding a phone may still do so. The rules, the account and its address
// may have changed since the step began, so they are asked again before each step on that way.
import type { InteractionState } from "../domain/interaction.ts";
import { verifiedAddressOf } from "../domain/mail.ts";
import { type MfaDecision, needsLinkFirst } from "../domain/mfa-decision.ts";
import type { User } from "../domain/user.ts";
import { mayGoOn } from "./proved-by-now.ts";
import { beginSecondStep, decideSecondStep } from "./second-step.ts";
import type { BeginOutcome } from "./send-code.ts";
import type { FlowDeps, SignIn } from "./sign-in.ts";

export interface AskedAgain {
  readonly user: User;
  readonly decision: MfaDecision;
}

// The decision as it is now; null when the user is gone or disabled, or the first step counts no more.
export async function askAgain(
  deps: Pick<FlowDeps, "storage" | "limits" | "now">,
  signIn: SignIn,
  state: InteractionState,
): Promise<AskedAgain | null> {
  const { request } = signIn;
  const { userId, sourceId, proved } = state;
  const user = userId === null ? null : await deps.storage.users.find(userId);
  if (user === null || !mayGoOn(signIn, state, user)) return null;
  const question = { request, sourceId: sourceId ?? "password", proved, user };
  return { user, decision: await decideSecondStep(deps, question) };
}

// Whether the rules forbid by now what this step leads to. A link counts if it was opened in this interaction and
// went to the address that is the user's now. That a factor is off has an answer of its own.
export function isBindingBarred(
  { link }: InteractionState,
  { user, decision }: AskedAgain,
): boolean {
  if (decision.need === "refuse") return decision.because !== "factor-off";
  // Somebody gave the user a number meanwhile, or nothing is demanded any more.
  if (decision.need !== "bind-phone") return true;
  if (!needsLinkFirst(decision)) return false;
  const isConfirmed = typeof link?.confirmedAt === "number";
  return !isConfirmed || link?.address !== verifiedAddressOf(user);
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
