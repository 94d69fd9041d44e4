// What the old number is told by text when a phone is replaced or taken away: whoever did it may not be its
// owner, and may read their mail. Never a code, a link, a name or a number.
import type { Instant } from "./time.ts";
import type { User, UserPhone } from "./user.ts";

export interface NoticeText {
  readonly channel: "sms";
  // Given before it is queued: queued twice, it is there once.
  readonly id: string;
  readonly userId: string;
  // E.164.
  readonly to: string;
  // As that of a mail.
  readonly language: string;
  // When it happened.
  readonly at: Instant;
  readonly notice: { readonly kind: "phone-changed" | "phone-removed" };
}

// The text that tells the old number that it is not this user's any more, in a list; an empty one for a number
// that stays, and for one that was never bound: nobody has shown that it was this user's.
export function textsAboutPhone(
  user: Pick<User, "id" | "phone">,
  after: UserPhone | null,
  given: Pick<NoticeText, "id" | "language" | "at">,
): NoticeText[] {
  const { phone } = user;
  if (phone?.status !== "bound" || phone.number === after?.number) return [];
  const kind = after === null ? "phone-removed" : "phone-changed";
  return [{ channel: "sms", ...given, userId: user.id, to: phone.number, notice: { kind } }];
}
