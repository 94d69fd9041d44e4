// One run through the pages, from the authorization request to its answer: which step is due, who is
// signing in, what was proved. The engine's own record of it travels along, unread.
import type { BindingLink } from "./binding-link.ts";
import type { Challenge } from "./challenge.ts";
import type { Proved } from "./factors.ts";
import type { MfaDecision, MfaOutcome } from "./mfa-decision.ts";
import type { ChangeRefusal } from "./phone-change.ts";
import type { RecoveryOffer } from "./recovery-codes.ts";
import type { SendCap } from "./send-caps.ts";
import type { SendRefusal } from "./send-policy.ts";
import type { Instant } from "./time.ts";

export type Step =
  // Who is it? The page with login and password.
  | "first-factor"
  // A link was mailed, or is to be, that has to be opened before a number may be bound.
  | "mailed-link"
  // A number is to be bound; none was typed yet, or it may still be replaced.
  | "bind-phone"
  // The phone that is bound was proved, and is to be replaced; no number was typed yet.
  | "new-phone"
  // A code is to be typed, or, while challenge.sends is 0, to be sent.
  | "code"
  // The second step is done; the user is shown recovery codes to keep, if they like.
  | "recovery-codes"
  // No second step is possible; the page says what to do.
  | "refused"
  // The user is asked whether the application may have what it wants.
  | "consent"
  // Everything is proved; the engine goes on.
  | "done";

// Why no second step is possible. The last two are found after the decision: a phone whose country may not be
// texted, and an installation that sends no mail.
export type Refusal =
  | ChangeRefusal
  | Extract<MfaOutcome, { need: "refuse" }>["because"]
  | "phone-cannot-be-texted"
  | "link-cannot-be-mailed";

// Why a text did not go out: it was refused, or no provider took it.
export type Unsent = SendRefusal | SendCap | "send-failed";

export interface InteractionState {
  readonly step: Step;
  readonly userId: string | null;
  readonly sourceId: string | null;
  // Proved in this interaction, and by the session that it joins.
  readonly proved: Proved;
  readonly challenge: Challenge | null;
  // True while the number of the challenge is still to be bound.
  readonly binding: boolean;
  // The bound phone that was proved in this interaction, and that the number which is to be bound replaces.
  readonly replaces?: string | null | undefined;
  // The link that has to be opened before a number may be bound, or was.
  readonly link?: BindingLink | null | undefined;
  // Why, when the step is "refused".
  readonly refusal: Refusal | null;
  // Why the last text did not go out, and when it is worth asking again.
  readonly unsent?: { readonly because: Unsent; readonly retryAt: Instant } | null | undefined;
  // What the recovery codes that are shown are computed from.
  readonly offer?: RecoveryOffer | null | undefined;
  // The decision that led here, for the audit log.
  readonly decision: MfaDecision | null;
  // Wrong codes at challenges of this interaction before the one that is open; absent: none.
  readonly wrongCodes?: number | undefined;
  // The language in which the password was typed, for what is told when nobody is there any more.
  readonly language?: string | undefined;
}

// With what the second step is answered: the code that was sent, or a recovery code in its place.
export type Answer = "code" | "recovery-code";

// What was typed: which kind of answer, and its keyed digest (guessDigest), by which the same again is known.
export interface TypedAnswer {
  readonly answer: Answer;
  readonly guess: string;
}

// How long the interaction waits for such an answer; null: it does not. A code is waited for once it was sent.
export function awaitsAnswerUntil(
  { state, expiresAt }: Pick<Interaction, "state" | "expiresAt">,
  answer: Answer,
): Instant | null {
  if (state?.step !== "code" || state.userId === null) return null;
  if (answer === "recovery-code") return expiresAt;
  const { challenge } = state;
  return challenge === null || challenge.sends === 0 ? null : challenge.expiresAt;
}

// The engine's record: opaque but for the few members that http and oidc read with care.
export type EngineRecord = Readonly<Record<string, unknown>>;

export interface Interaction {
  readonly uid: string;
  readonly record: EngineRecord;
  // Null until the first step is done.
  readonly state: InteractionState | null;
  // Attempts at the open challenge.
  readonly attempts: number;
  // Changes with every move, so that a move can say what it was made from.
  readonly version: number;
  readonly expiresAt: Instant;
}
