// Login names as people type them: into the one login field, where anything may stand, and into an
// administrator's forms, where a name is made. All checks are linear and begin with the length.
import { isInOneScript } from "./look-alike.ts";
import { parseE164, plainPhone } from "./phone.ts";
import { type LoginName, normalEmail, normalUsername } from "./user.ts";

const LOGIN_MAX = 256;
const USERNAME_MAX = 64;
const EMAIL_MAX = 254;
const LOCAL_PART_MAX = 64;
const LABEL_MAX = 63;

// What was typed into the login field, as the login name that it can only be; null when it is none.
// An address has an @, a phone number begins with +, and usernames have and do neither.
export function parseLogin(typed: string): LoginName | null {
  if (typed.length > 2 * LOGIN_MAX) return null;
  // In this order: normalizing makes spaces of some characters.
  const login = typed.normalize("NFKC").trim();
  if (login === "" || [...login].length > LOGIN_MAX) return null;
  if (/\p{Cc}/u.test(login) || !login.isWellFormed()) return null;

  if (login.includes("@")) return { kind: "email", value: normalEmail(login) };
  if (plainPhone(login).startsWith("+")) return phoneLogin(login);
  return { kind: "username", value: normalUsername(login) };
}

export type UsernameOutcome =
  | { readonly outcome: "ok"; readonly username: string }
  | {
      readonly outcome: "refused";
      readonly because:
        | "empty"
        | "too-long"
        | "at-sign"
        | "leading-plus"
        | "forbidden-character"
        | "mixed-scripts";
    };

// A new username: letters and digits of one script, dots, underscores and hyphens.
export function checkUsername(typed: string): UsernameOutcome {
  const username = typed.length > 4 * USERNAME_MAX ? null : typed.normalize("NFKC");
  if (username === null || [...username].length > USERNAME_MAX) return refused("too-long");
  if (username === "") return refused("empty");
  if (username.includes("@")) return refused("at-sign");
  if (username.startsWith("+")) return refused("leading-plus");
  // Marks belong to the letters before them; the first character has none before it.
  if (!/^[\p{L}\p{Nd}._-][\p{L}\p{M}\p{Nd}._-]*$/u.test(username)) {
    return refused("forbidden-character");
  }
  // Nobody sees them.
  if (/\p{Default_Ignorable_Code_Point}/u.test(username)) return refused("forbidden-character");
  if (!isInOneScript(username)) return refused("mixed-scripts");
  return { outcome: "ok", username };
}

export type EmailOutcome =
  | { readonly outcome: "ok"; readonly email: string }
  | {
      readonly outcome: "refused";
      readonly because: "empty" | "too-long" | "malformed" | "forbidden-character";
    };

// A new e-mail address. Whether it exists only a mail can tell; what is refused here is what could not
// be one, or what would mean something to a mail header.
export function checkEmail(typed: string): EmailOutcome {
  if (typed.length > 2 * EMAIL_MAX) return refused("too-long");
  const email = typed.normalize("NFKC").trim();
  if (email === "") return refused("empty");
  if (email.length > EMAIL_MAX) return refused("too-long");
  if (/[\p{C}\p{Z}"(),:;<>[\]\\]/u.test(email)) return refused("forbidden-character");

  const [local, domain, ...more] = email.split("@");
  if (!local || !domain || more.length > 0) return refused("malformed");
  if (local.length > LOCAL_PART_MAX || !isDomain(domain)) return refused("malformed");
  return { outcome: "ok", email };
}

function phoneLogin(login: string): LoginName | null {
  const number = parseE164(login, null);
  return number === null ? null : { kind: "phone", value: number };
}

function isDomain(domain: string): boolean {
  const labels = domain.split(".");
  if (labels.length < 2 && domain.toLowerCase() !== "localhost") return false;
  return labels.every(isLabel);
}

function isLabel(label: string): boolean {
  if (label.length === 0 || label.length > LABEL_MAX) return false;
  return /^[\p{L}\p{M}\p{Nd}-]+$/u.test(label) && !label.startsWith("-") && !label.endsWith("-");
}

function refused<Because extends string>(because: Because) {
  return { outcome: "refused", because } as const;
}
