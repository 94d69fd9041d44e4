// What stands in for a text that cannot be sent: nothing, unless the rules say otherwise and the user has
// another factor.
import type { InteractionState, Unsent } from "./interaction.ts";
import { recoveryCodesLeft } from "./recovery-codes.ts";
import { effectiveRules, type RulesOfApplication } from "./security-rules.ts";
import type { User } from "./user.ts";

export type OtherFactor = "recovery-code";

// Whether a user who has just typed a code by text should be shown recovery codes to keep: where they would be
// taken, and the user has none (any more).
export function offersRecoveryCodes(
  rules: RulesOfApplication,
  user: Pick<User, "recoveryCodes">,
): boolean {
  return effectiveRules(rules).mfa.outage === "other-factor" && recoveryCodesLeft(user) === 0;
}

// Whether a text that did not go out will not do so for longer than it takes to ask again.
export function isOutage(because: Unsent): boolean {
  switch (because) {
    case "send-gap":
    case "challenge-sends-spent":
      return false;
    case "send-failed":
    case "number-daily-cap":
    case "user-daily-cap":
    case "address-cap":
    case "prefix-cap":
    case "country-cap":
    case "day-cap":
    case "money-cap":
    case "paused":
      return true;
  }
}

// The factor that may be shown instead of a code by text; null: none. Never while a number is being bound: a
// code on paper proves nothing of a number.
export function otherFactor(given: {
  readonly state: Pick<InteractionState, "step" | "binding" | "unsent">;
  readonly rules: RulesOfApplication;
  readonly user: Pick<User, "phone" | "recoveryCodes">;
}): OtherFactor | null {
  const { state, rules, user } = given;
  const due = state.step === "code" && !state.binding && user.phone !== null;
  if (!due || !state.unsent || !isOutage(state.unsent.because)) return null;
  if (effectiveRules(rules).mfa.outage !== "other-factor") return null;
  return recoveryCodesLeft(user) > 0 ? "recovery-code" : null;
}
