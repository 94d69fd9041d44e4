// What a right code comes to: of the sign-in, of its user, and of what there is to say.
import { wasLinkOpened } from "../domain/binding-link.ts";
import type { Challenge } from "../domain/challenge.ts";
import { phoneAfterCode } from "../domain/enrolment.ts";
import { withFactor } from "../domain/factors.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { mailsTo, noticeOfPhone, verifiedAddressOf } from "../domain/mail.ts";
import { flagAfterRecovery } from "../domain/recovery.ts";
import type { Instant } from "../domain/time.ts";
import { nextCredentialsChangedAt, type User, type UserPhone } from "../domain/user.ts";
import type { AttemptCounted, MoveEffects } from "../ports/interactions.ts";
import { auditStep } from "./audit-trail.ts";
import type { Told } from "./end-sign-in.ts";
import { changeNews, isOfChange, newPhoneState } from "./phone-change.ts";
import type { FlowDeps, SignIn } from "./sign-in.ts";

export interface RightCode {
  readonly counted: Extract<AttemptCounted, { outcome: "counted" }>;
  readonly state: InteractionState;
  readonly challenge: Challenge;
  readonly now: Instant;
}

export interface CodeResult {
  readonly to: InteractionState;
  // As it is when the move is made, where it matters for what follows.
  readonly user: User;
}

// Where the sign-in goes: to its end, or, when it was the code of a phone that is to be replaced, to the new number.
export function resultOf({ request }: SignIn, right: RightCode): CodeResult {
  const { state, challenge, counted, now } = right;
  const { user } = counted;
  if (state.replaces) return afterChange(right);
  const to = { ...state, proved: withFactor(state.proved, "sms", now) };
  if (isOfChange(request, state)) return { to: newPhoneState(to, challenge), user };
  return { to: { ...to, step: "done" }, user };
}

// What was proved to make the change counts from the change on; whatever was proved elsewhere does not.
function afterChange(right: RightCode): CodeResult {
  const { state, counted, now } = right;
  const at = nextCredentialsChangedAt(counted.user, now);
  const user: User = {
    ...counted.user,
    phone: phoneAfter(right),
    recoveryCodes: undefined,
    credentialsChangedAt: at,
  };
  return { to: { ...state, step: "done", proved: { pwd: at, sms: at } }, user };
}

// What the store is to make of the user, on which conditions.
export function proofOf(
  { limits }: Pick<FlowDeps, "limits">,
  { counted: { user }, state, challenge, now }: RightCode,
): MoveEffects["codeProved"] {
  const { replaces } = state;
  return {
    userId: user.id,
    number: challenge.phone,
    bind: state.binding,
    usersPerBoundPhone: limits.usersPerBoundPhone,
    challengeId: challenge.id,
    fixedCode: !!challenge.testNumber,
    linkOpened: wasLinkOpened(state.link, verifiedAddressOf(user)),
    credentialsChangedAt: user.credentialsChangedAt,
    ...(replaces && { replaces: { number: replaces, at: nextCredentialsChangedAt(user, now) } }),
  };
}

// What there is to say of a phone that is another one, or in another state, by this code.
export function phoneNews(deps: FlowDeps, signIn: SignIn, right: RightCode): Told {
  const { user } = right.counted;
  const after = phoneAfter(right);
  if (right.state.replaces) {
    return changeNews(deps, signIn, { user, after, at: nextCredentialsChangedAt(user, right.now) });
  }
  const { request, language, origin } = signIn;
  const { now } = right;
  const isNew = after.status !== user.phone?.status;
  // A first phone is not refused, or whoever lost the password could not get in: it is flagged.
  const soon = flagAfterRecovery(user, now, deps.limits);
  const notice = noticeOfPhone(user.phone, after);
  return {
    audit: isNew ? [auditStep(request, user.id, `phone-${after.status}`, now, soon)] : [],
    mails: mailsTo(user, notice, { id: deps.newId(), language, at: now, origin }),
  };
}

// The user's phone once the code was right, as the store will make it.
function phoneAfter({ counted: { user }, state, challenge, now }: RightCode): UserPhone {
  const proof = {
    number: challenge.phone,
    fixedCode: !!challenge.testNumber,
    linkOpened: wasLinkOpened(state.link, verifiedAddressOf(user)),
    replaces: state.replaces ? {} : undefined,
  };
  return phoneAfterCode(user, proof, now);
}
