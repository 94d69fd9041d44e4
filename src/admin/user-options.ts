// What an administrator says about a user, checked: names that can be login names, a number that can be
// texted, a password that may be one.
import { z } from "zod";
import {
  checkEmail,
  checkUsername,
  type EmailOutcome,
  type UsernameOutcome,
} from "../domain/login-name.ts";
import {
  generatePassword,
  judgePassword,
  type PasswordRefusal,
  passwordWords,
} from "../domain/password.ts";
import { type PhoneOutcome, parseE164, parsePhone } from "../domain/phone.ts";
import { loginNamesOf, type User } from "../domain/user.ts";
import { shownName } from "./application-options.ts";
import type { AdminDeps } from "./deps.ts";
import { AdminError } from "./errors.ts";
import { claimsSchema } from "./profile-claims.ts";

const username = z.string().transform((typed, ctx) => {
  const checked = checkUsername(typed);
  if (checked.outcome === "ok") return checked.username;
  return refuse(ctx, USERNAME_REFUSALS[checked.because]);
});

const email = z.string().transform((typed, ctx) => {
  const checked = checkEmail(typed);
  if (checked.outcome === "ok") return checked.email;
  return refuse(ctx, EMAIL_REFUSALS[checked.because]);
});

// E.164; there is no country to guess from. A test number need not be one that can be texted.
function phone(testNumbers: ReadonlySet<string>) {
  return z.string().transform((typed, ctx) => {
    const checked = parsePhone(typed, null);
    if (checked.outcome === "ok") return checked.number;
    const number = parseE164(typed, null);
    if (number !== null && testNumbers.has(number)) return number;
    return refuse(ctx, PHONE_REFUSALS[checked.because]);
  });
}

function refuse(ctx: z.RefinementCtx, predicate: string): never {
  ctx.addIssue({ code: "custom", message: predicate });
  return z.NEVER;
}

const USERNAME_REFUSALS: Record<BecauseOf<UsernameOutcome>, string> = {
  empty: "must not be empty",
  "too-long": "must have at most 64 characters",
  "at-sign": "must not have an @, which only an e-mail address has",
  "leading-plus": "must not begin with a +, as phone numbers do",
  "forbidden-character": "must be letters, digits, dots, underscores and hyphens",
  "mixed-scripts":
    "must be in one script in common use, or in Latin and Chinese, Japanese or Korean",
};

const EMAIL_REFUSALS: Record<BecauseOf<EmailOutcome>, string> = {
  empty: "must not be empty",
  "too-long": "must have at most 254 characters",
  malformed: "is not an e-mail address",
  "forbidden-character": "has a character that no e-mail address here may have",
};

const PHONE_REFUSALS: Record<BecauseOf<PhoneOutcome>, string> = {
  malformed: "is not a phone number",
  "country-needed": "must begin with + and the country's code, as +14155552671",
  "country-unknown": "begins with the code of no country",
  "not-a-mobile": "is not one that can be texted",
};

type BecauseOf<Outcome> = Outcome extends { because: infer B } ? B & string : never;

// A new user, where these numbers are test numbers.
export function addUserSchema(testNumbers: ReadonlySet<string>) {
  return z.strictObject({
    username: username.optional(),
    email: email.optional(),
    emailVerified: z.boolean().optional(),
    // Both a login name and the second factor, assigned.
    phone: phone(testNumbers).optional(),
    name: shownName.optional(),
    claims: claimsSchema.optional(),
    // Left out: one is generated. Null: the user has none and signs in by phone alone.
    password: z.string().nullable().optional(),
  });
}

export type AddUser = z.input<ReturnType<typeof addUserSchema>>;
export type CheckedUser = z.output<ReturnType<typeof addUserSchema>>;

// A change of a user, where these numbers are test numbers. Null takes a value away.
export function changeUserSchema(testNumbers: ReadonlySet<string>) {
  return z.strictObject({
    username: username.nullable().optional(),
    email: email.nullable().optional(),
    emailVerified: z.boolean().optional(),
    phone: phone(testNumbers).nullable().optional(),
    name: shownName.nullable().optional(),
    claims: claimsSchema.optional(),
    status: z.enum(["active", "disabled"]).optional(),
    // Ends the run of wrong codes: a lock, and an "off", with it.
    unlockSecondFactor: z.boolean().optional(),
    password: z
      .discriminatedUnion("kind", [
        z.strictObject({ kind: z.literal("generated") }),
        z.strictObject({ kind: z.literal("given"), password: z.string() }),
      ])
      .optional(),
  });
}

export type ChangeUser = z.input<ReturnType<typeof changeUserSchema>>;
export type CheckedChange = z.output<ReturnType<typeof changeUserSchema>>;

// Refuses a user that could not sign in, and an address that is verified but not there.
export function checkLoginNames(
  user: Pick<User, "username" | "email" | "loginPhone" | "emailVerified">,
): void {
  if (loginNamesOf(user).length === 0) {
    throw new AdminError("usage", "A user needs a username, an e-mail address or a phone number.");
  }
  if (user.emailVerified && user.email === null) {
    throw new AdminError("usage", "There is no e-mail address that could be verified.");
  }
}

// The hash of a new password, given or generated; "usage" when the given one may not be used.
export async function hashPassword(
  deps: Pick<AdminDeps, "storage" | "hasher" | "blocklist">,
  given: string | undefined,
  user: Pick<User, "username" | "email" | "loginPhone" | "profile">,
): Promise<{ passwordHash: string; generated: string | null }> {
  if (given === undefined) {
    const generated = generatePassword();
    return { passwordHash: await deps.hasher.hash(generated), generated };
  }
  const rules = await deps.storage.rules.find(null);
  const judged = judgePassword(given, {
    secondFactorOn: rules.global.mfa.sms,
    words: passwordWords(user),
    blocklist: await deps.blocklist(),
  });
  if (judged.outcome === "refused") {
    throw new AdminError("usage", `The password ${PASSWORD_SENTENCES[judged.because]}.`);
  }
  return { passwordHash: await deps.hasher.hash(judged.password), generated: null };
}

const PASSWORD_SENTENCES: Record<PasswordRefusal, string> = {
  "too-short":
    "is too short: it needs 15 characters, or 8 where the global rules ask for a second factor",
  "too-long": "is too long",
  blocklisted: "is one that many people use",
  "contains-login": "is made of the user's own names",
};
