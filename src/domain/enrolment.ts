// How a phone became a user's second factor, and whether that is as strict as an application's rule about binding asks
// for. What was bound elsewhere, under a laxer rule, is not accepted here.
import type { SecurityRules } from "./security-rules.ts";
import { DAY_SECONDS, type Instant } from "./time.ts";
import type { User, UserPhone } from "./user.ts";

type Giver = "administrator" | "user";

// What is known of the enrolment of a phone.
export interface Enrolment {
  // Who gave the number.
  readonly by: Giver;
  // Who gave the first one, where the user has replaced it since: each replacement proves the number before it.
  readonly firstBy: Giver;
  // Whether a link that was mailed to the user was opened before the number was typed.
  readonly linkOpened: boolean;
  // How old the account was; null: nobody knows.
  readonly accountAgeSeconds: number | null;
}

// A number that an administrator gives, be it new or the one that is there.
export const BY_ADMINISTRATOR: Enrolment = {
  by: "administrator",
  firstBy: "administrator",
  linkOpened: false,
  accountAgeSeconds: null,
};

const BY_USER: Enrolment = {
  by: "user",
  firstBy: "user",
  linkOpened: false,
  accountAgeSeconds: null,
};

// Whether a phone with this enrolment is accepted under these rules. Without evidence it is accepted only where
// anybody may bind one; a rule that is unknown, or lacks its figure, accepts what an administrator gave.
export function acceptsEnrolment(
  { binding, bindingDaysMax: daysMax }: Partial<SecurityRules["mfa"]>,
  enrolment: Enrolment | null | undefined,
): boolean {
  if (binding === "anybody") return true;
  if (!enrolment) return false;
  const { by, firstBy, linkOpened, accountAgeSeconds: age } = enrolment;
  if (by === "administrator") return true;
  if (binding === "mailed-link") return linkOpened === true || firstBy === "administrator";
  if (binding === "within-days" && typeof daysMax === "number") {
    const wasNew = typeof age === "number" && age <= daysMax * DAY_SECONDS;
    return wasNew || firstBy === "administrator";
  }
  return false;
}

// A right code to a number, as far as it matters for the phone.
export interface PhoneProof {
  readonly number: string;
  // It was the code of a test number, which nobody was sent: it shows nobody's number to be theirs.
  readonly fixedCode?: boolean | undefined;
  readonly linkOpened?: boolean | undefined;
  // The phone that is there was proved before, and this number takes its place.
  readonly replaces?: object | undefined;
}

// The user's phone after a right code; the very same object when the code changes nothing about it.
export function phoneAfterCode(
  user: Pick<User, "phone" | "createdAt">,
  { number, fixedCode, linkOpened, replaces }: PhoneProof,
  now: Instant,
): UserPhone {
  const { phone } = user;
  const unchanged = phone !== null && !replaces && (fixedCode || phone.status === "bound");
  if (unchanged) return phone;
  const proved = { number, status: fixedCode ? "assigned" : "bound", since: now } as const;
  if (replaces) return { ...proved, enrolment: { ...(phone?.enrolment ?? BY_USER), by: "user" } };
  if (phone !== null) return { ...proved, enrolment: phone.enrolment };
  const accountAgeSeconds = Math.max(0, (now - user.createdAt) / 1000);
  return {
    ...proved,
    enrolment: { ...BY_USER, linkOpened: linkOpened === true, accountAgeSeconds },
  };
}
