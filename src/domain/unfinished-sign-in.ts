// A sign-in that got the password right and not the second step: what is to be said of it, and to whom it is news.
// A step-up that is left is none: the session proved the password, perhaps hours ago, and nobody typed it.
import { type WindowBudget, windowBudget } from "./attempt-budget.ts";
import { hasSecondFactor } from "./factors.ts";
import type { Interaction, InteractionState } from "./interaction.ts";
import type { Limits } from "./limits.ts";
import type { Notice } from "./mail.ts";
import { DAY_SECONDS } from "./time.ts";
import type { FactorAttempts } from "./user.ts";

type UnfinishedNotice = Extract<Notice, { kind: "second-step-unfinished" }>;

// What of an interaction is unfinished when it ends as it is; null: nothing that its user could be warned of.
export function unfinishedOf(
  state: InteractionState | null,
): Pick<UnfinishedNotice, "step" | "since"> | null {
  if (state === null || state.userId === null || state.proved.pwd === null) return null;
  // Both factors were proved, and the phone was to be another one.
  if (hasSecondFactor(state.proved)) return null;
  const since = state.proved.pwd;
  switch (state.step) {
    case "code":
      return { step: state.binding ? "bind-phone" : "code", since };
    case "bind-phone":
    case "mailed-link":
    case "refused":
      return { step: state.step, since };
    case "first-factor":
    // The second step is done.
    case "new-phone":
    case "recovery-codes":
    case "consent":
    case "done":
      return null;
  }
}

// Whether somebody got somewhere in an interaction and has not come to its end: that is worth a line in the audit
// log, in a step-up too.
export function isUnderWay(state: InteractionState): boolean {
  switch (state.step) {
    case "mailed-link":
    case "bind-phone":
    case "new-phone":
    case "code":
    case "recovery-codes":
    case "refused":
      return state.userId !== null;
    case "first-factor":
    case "consent":
    case "done":
      return false;
  }
}

// How many wrong codes were typed in an interaction, at all of its challenges.
export function wrongCodesIn({ state, attempts }: Pick<Interaction, "state" | "attempts">): number {
  return (state?.wrongCodes ?? 0) + attempts;
}

// How a state says it when the attempts at a challenge begin to count anew.
export function rememberedWrongCodes(
  interaction: Pick<Interaction, "state" | "attempts">,
): Pick<InteractionState, "wrongCodes"> {
  const wrongCodes = wrongCodesIn(interaction);
  return wrongCodes === 0 ? {} : { wrongCodes };
}

// What its user hears of it; null: nothing, or they have heard of its wrong codes already.
export function noticeOfUnfinished(
  interaction: Pick<Interaction, "state" | "attempts">,
  { inARow }: Pick<FactorAttempts, "inARow">,
  limits: WrongCodeLimits,
): UnfinishedNotice | null {
  const unfinished = unfinishedOf(interaction.state);
  if (unfinished === null) return null;
  const wrongCodes = wrongCodesIn(interaction);
  if (wasTold({ inARow, wrongCodes }, limits)) return null;
  return { kind: "second-step-unfinished", ...unfinished, wrongCodes };
}

type WrongCodeLimits = Pick<
  Limits,
  "attemptsInARowUntilMail" | "attemptsInARowUntilLock" | "attemptsInARowUntilOff"
>;

// Whether one of these last wrong codes was one of which noticeOfWrongCode tells (mail.ts). Where another sign-in of
// the user has added to the run, its mail counts for both; where a right code has ended it, nothing is known.
function wasTold(
  { inARow, wrongCodes }: { readonly inARow: number; readonly wrongCodes: number },
  limits: WrongCodeLimits,
): boolean {
  for (let count = Math.max(1, inARow - wrongCodes + 1); count <= inARow; count++) {
    if (count === limits.attemptsInARowUntilMail) return true;
    if (count % limits.attemptsInARowUntilLock === 0) return true;
    if (count >= limits.attemptsInARowUntilOff) return true;
  }
  return false;
}

// Who knows the password could fill the mailbox of its owner, and hide in it what matters.
export function unfinishedMailBudget(
  userId: string,
  { unfinishedSignInMailsPerDay: max }: Pick<Limits, "unfinishedSignInMailsPerDay">,
): WindowBudget {
  return windowBudget(`unfinished-mail:${userId}`, { max, windowSeconds: DAY_SECONDS });
}
