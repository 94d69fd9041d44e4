// What a user is told by mail: that something happened to the second step, which only they can know to be
// right. Never a code, a password, or a whole number; and a link in two alone, which somebody has asked for: who signs
// in and is to bind a phone, and who has forgotten the password.
import { factorIsOff } from "./attempt-budget.ts";
import type { Limits } from "./limits.ts";
import { type MailAddress, mailAddressOf } from "./mail-header.ts";
import { maskPhone } from "./phone.ts";
import { addSeconds, type Instant } from "./time.ts";
import type { FactorAttempts, User, UserPhone } from "./user.ts";

// What happened. Numbers are masked.
export type Notice =
  // By the user, with a code.
  | { readonly kind: "phone-bound"; readonly phone: string }
  // By an administrator, or by the user with the code of a test number: the first right code that was really sent
  // will bind it.
  | { readonly kind: "phone-assigned"; readonly phone: string }
  | { readonly kind: "phone-changed"; readonly phone: string; readonly before: string }
  | { readonly kind: "phone-removed"; readonly phone: string }
  // The second step stays open while wrong codes are typed: somebody has got past the first one.
  | { readonly kind: "codes-rejected"; readonly count: number }
  | { readonly kind: "factor-locked"; readonly count: number; readonly until: Instant }
  | { readonly kind: "factor-off"; readonly count: number }
  // The password was right, and the second step was not done: given up, left, or begun anew by somebody else.
  | {
      readonly kind: "second-step-unfinished";
      // Where it stopped: at a code, at a first phone to be bound, at the link before that, or where no second step
      // was possible.
      readonly step: "code" | "bind-phone" | "mailed-link" | "refused";
      // When the password was typed.
      readonly since: Instant;
      readonly wrongCodes: number;
    }
  | { readonly kind: "new-device" }
  // Wrong passwords, from many networks.
  | { readonly kind: "password-guessing"; readonly count: number }
  // For when no text can be sent. Never the codes themselves.
  | { readonly kind: "recovery-codes-made" }
  | { readonly kind: "recovery-code-used"; readonly left: number }
  // A phone is to be bound, and the rules want it to be seen that this mailbox is read. What the link is computed
  // from when the mail is composed; a queue that is stolen holds no link.
  | {
      readonly kind: "binding-link";
      readonly uid: string;
      readonly linkId: string;
      readonly keyId: string;
      readonly worksUntil: Instant;
    }
  // Somebody has forgotten the password. Likewise what the link is computed from.
  | {
      readonly kind: "recovery-link";
      readonly linkId: string;
      readonly keyId: string;
      readonly worksUntil: Instant;
    }
  // It was replaced by way of that link. A phone that guards the account goes on doing so.
  | { readonly kind: "password-recovered"; readonly phone?: string | undefined };

export interface Mail {
  readonly channel: "mail";
  // Given before it is queued: queued twice, it is there once.
  readonly id: string;
  readonly userId: string;
  readonly to: MailAddress;
  // Language tags with spaces between them, best first; English if there are no texts in any of them.
  readonly language: string;
  // When it happened.
  readonly at: Instant;
  readonly notice: Notice;
  // Where; left out: nobody knows, or it was no sign-in.
  readonly origin?: MailOrigin | undefined;
}

// The sign-in that a mail is about, in words for people.
export interface MailOrigin {
  // The name of the application, as an administrator registered it.
  readonly application?: string | undefined;
  // What the browser says that it is: "Firefox, Linux".
  readonly browser?: string | undefined;
}

// The mail that tells a user of something, in a list; an empty one for whoever has no verified address, or
// when there is nothing to tell.
export function mailsTo(
  user: Pick<User, "id" | "email" | "emailVerified">,
  notice: Notice | null,
  given: Pick<Mail, "id" | "language" | "at" | "origin">,
): Mail[] {
  const to = verifiedAddressOf(user);
  if (notice === null || to === null) return [];
  return [{ channel: "mail", ...given, userId: user.id, to, notice }];
}

// Where mail can go to; null: nowhere that is known to be theirs.
export function verifiedAddressOf({
  email,
  emailVerified,
}: Pick<User, "email" | "emailVerified">): MailAddress | null {
  return emailVerified && email !== null ? mailAddressOf(email) : null;
}

// Whether a mail would be of no use any more then.
export function isMailOver({ notice }: Pick<Mail, "notice">, at: Instant): boolean {
  return "worksUntil" in notice && at >= notice.worksUntil;
}

// What there is to tell of a phone that is another one, or in another state, than before.
export function noticeOfPhone(before: UserPhone | null, after: UserPhone | null): Notice | null {
  if (after === null) {
    return before === null ? null : { kind: "phone-removed", phone: maskPhone(before.number) };
  }
  const phone = maskPhone(after.number);
  if (before !== null && before.number !== after.number) {
    return { kind: "phone-changed", phone, before: maskPhone(before.number) };
  }
  if (after.status === before?.status) return null;
  return { kind: after.status === "bound" ? "phone-bound" : "phone-assigned", phone };
}

// What there is to tell of a wrong code, after it was counted: once in a run, and at every lock. A mail for
// each would teach people to overlook them.
export function noticeOfWrongCode(
  { inARow: count, lockedUntil: until }: FactorAttempts,
  limits: Pick<
    Limits,
    "attemptsInARowUntilMail" | "attemptsInARowUntilLock" | "attemptsInARowUntilOff" | "lockSeconds"
  >,
): Notice | null {
  if (factorIsOff({ inARow: count, lockedUntil: until }, limits)) {
    return { kind: "factor-off", count };
  }
  if (until !== null) return { kind: "factor-locked", count, until };
  return count === limits.attemptsInARowUntilMail ? { kind: "codes-rejected", count } : null;
}

// When a mail is tried again that could not be delivered so many times; null: not any more.
export function mailRetryAt(
  attempts: number,
  now: Instant,
  limits: Pick<Limits, "mailRetrySeconds">,
): Instant | null {
  return retryAt(attempts, now, limits.mailRetrySeconds);
}

// The same with other pauses.
export function retryAt(
  attempts: number,
  now: Instant,
  pausesSeconds: readonly number[],
): Instant | null {
  const pause = pausesSeconds[attempts - 1];
  return pause === undefined ? null : addSeconds(now, pause);
}
