// A change of phone within a sign-in: both factors are proved in it, the password and the old number, and only then is a
// new number typed.
import type { AuditEvent } from "../domain/audit-event.ts";
import type { Challenge } from "../domain/challenge.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { mailsTo, noticeOfPhone } from "../domain/mail.ts";
import { textsAboutPhone } from "../domain/notice-text.ts";
import { maskPhone } from "../domain/phone.ts";
import { type ChangeRefusal, mayChangePhone } from "../domain/phone-change.ts";
import type { Instant } from "../domain/time.ts";
import type { User, UserPhone } from "../domain/user.ts";
import type { Told } from "./end-sign-in.ts";
import { provedByNow } from "./proved-by-now.ts";
import type { FlowDeps, SignIn, SignInRequest } from "./sign-in.ts";

// Why this user may not replace the phone, by the rules as they are now; null: nothing stands against it, or this is
// no change. A first phone is no change either.
export async function findChangeBar(
  deps: Pick<FlowDeps, "storage" | "limits" | "now">,
  request: Pick<SignInRequest, "changesPhone" | "clientId">,
  user: User,
): Promise<ChangeRefusal | null> {
  if (!request.changesPhone || user.phone === null) return null;
  const rules = await deps.storage.rules.find(request.clientId);
  const verdict = mayChangePhone({ user, rules, now: deps.now(), limits: deps.limits });
  return verdict.outcome === "refused" ? verdict.because : null;
}

// Whether a code is for the replacement of a phone, be it to the old number or to the new one.
export function isOfChange(
  { changesPhone }: Pick<SignInRequest, "changesPhone">,
  { binding, replaces }: Pick<InteractionState, "binding" | "replaces">,
): boolean {
  return changesPhone && (!binding || !!replaces);
}

// Whether the phone that was proved in this interaction still is the user's, and the proof still counts.
export function isStillProved(signIn: SignIn, state: InteractionState, user: User): boolean {
  if (!state.replaces || user.phone?.number !== state.replaces) return false;
  return signIn.request.kind === "sign-in" && provedByNow(signIn, state, user).sms !== null;
}

// The state once the old number was proved: what was asked for with its code is over, and a number is to be typed.
export function newPhoneState(state: InteractionState, { phone }: Challenge): InteractionState {
  return { ...state, step: "new-phone", binding: true, replaces: phone, challenge: null };
}

// What there is to say of a phone that was replaced: who did it, when, and what was before and after.
export function changeNews(
  deps: Pick<FlowDeps, "newId">,
  { language, origin }: Pick<SignIn, "language" | "origin">,
  change: { readonly user: User; readonly after: UserPhone; readonly at: Instant },
): Told {
  const { user, after, at } = change;
  const audit: AuditEvent = {
    at,
    actor: `user:${user.id}`,
    action: "phone-changed",
    target: `user:${user.id}`,
    because: null,
    details: { before: phoneFacts(user.phone), after: phoneFacts(after) },
  };
  const given = () => ({ id: deps.newId(), language, at });
  return {
    audit: [audit],
    mails: [
      ...mailsTo(user, noticeOfPhone(user.phone, after), { ...given(), origin }),
      ...textsAboutPhone(user, after, given()),
    ],
  };
}

// In the words of an administrator's change.
function phoneFacts(phone: UserPhone | null) {
  return {
    phone: phone === null ? null : maskPhone(phone.number),
    phoneStatus: phone?.status ?? "none",
  };
}
