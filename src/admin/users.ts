// Users: made, found, listed and removed. What is changed about them is in user-changes.ts.
import { z } from "zod";
import { BY_ADMINISTRATOR } from "../domain/enrolment.ts";
import { parseLogin } from "../domain/login-name.ts";
import { lookAlikesOf } from "../domain/look-alike.ts";
import { textsAboutPhone } from "../domain/notice-text.ts";
import { maskPhone } from "../domain/phone.ts";
import { type LoginName, loginNamesOf, mailLanguageOf, type User } from "../domain/user.ts";
import { type AdminDeps, auditEvent, checkInput, newId } from "./deps.ts";
import { AdminError } from "./errors.ts";
import { withClaims } from "./profile-claims.ts";
import { liveTestNumbers } from "./test-numbers.ts";
import { type ShownUser, showUserFacts, userSummary } from "./user-facts.ts";
import {
  type AddUser,
  addUserSchema,
  type CheckedUser,
  checkLoginNames,
  hashPassword,
} from "./user-options.ts";

export interface AddedUser {
  readonly id: string;
  readonly username: string | null;
  readonly email: string | null;
  // Whole: the administrator typed it a moment ago.
  readonly phone: string | null;
  // Only when it was generated; it is told this once.
  readonly password?: string;
}

// Makes a user, with a generated password unless one is given. "usage" when a name, the number or the
// password is refused, "conflict" when a login name belongs to somebody else.
export async function addUser(deps: AdminDeps, input: AddUser): Promise<AddedUser> {
  const checked = checkInput(addUserSchema(await liveTestNumbers(deps)), input);
  const blank = newUser(checked, deps.now());
  checkLoginNames(blank);
  const { user, generated } = await withPassword(deps, blank, checked.password);
  await storeUser(deps, user, "user-added");
  return {
    id: user.id,
    username: user.username,
    email: user.email,
    phone: user.loginPhone,
    ...(generated !== null && { password: generated }),
  };
}

// A user as checked, not stored yet and without a password.
export function newUser(checked: Omit<CheckedUser, "password">, now: number): User {
  const { phone = null, name, username = null } = checked;
  return {
    id: newId(),
    username,
    lookAlikes: lookAlikesOf({ username }),
    email: checked.email ?? null,
    emailVerified: checked.emailVerified ?? false,
    loginPhone: phone,
    phone:
      phone === null
        ? null
        : { number: phone, status: "assigned", since: now, enrolment: BY_ADMINISTRATOR },
    profile: withClaims(name === undefined ? {} : { name }, checked.claims),
    passwordHash: null,
    status: "active",
    factorAttempts: { inARow: 0, lockedUntil: null },
    credentialsChangedAt: now,
    createdAt: now,
    updatedAt: now,
  };
}

// Stores a new user, or says which of its names is taken.
export async function storeUser(
  deps: Pick<AdminDeps, "storage" | "now" | "actor">,
  user: User,
  action: "user-added" | "user-imported",
): Promise<void> {
  const audit = auditEvent(deps, {
    action,
    target: `user:${user.id}`,
    details: { after: userSummary(user) },
  });
  const outcome = await deps.storage.users.create(user, audit);
  if (outcome === "conflict") throw await conflictOf(deps, user);
}

const pageSchema = z.strictObject({
  // The last id of the page before.
  after: z.string().optional(),
  limit: z.int().min(1).max(1000).default(100),
});

// A page of users in the order of their ids.
export async function listUsers(
  deps: Pick<AdminDeps, "storage" | "now" | "limits">,
  page: z.input<typeof pageSchema>,
): Promise<ShownUser[]> {
  const users = await deps.storage.users.list(checkInput(pageSchema, page));
  return users.map((user) => showUserFacts(user, deps));
}

// One user, by id or any login name. With `revealPhone` its numbers are whole, and the audit log says
// that somebody saw them.
export async function showUser(
  deps: Pick<AdminDeps, "storage" | "now" | "limits" | "actor">,
  idOrLogin: string,
  options: { revealPhone?: boolean | undefined } = {},
): Promise<ShownUser> {
  const user = await readUser(deps, idOrLogin);
  if (!options.revealPhone) return showUserFacts(user, deps);
  const seen = { action: "user-phone-revealed", target: `user:${user.id}`, details: {} } as const;
  await deps.storage.audit.append([auditEvent(deps, seen)]);
  return { ...showUserFacts(user, deps), loginPhone: user.loginPhone, phone: numberOf(user) };
}

// Removes a user, and tells the phone that was bound to it. Its id never comes back, so what was issued for it
// stays dead.
export async function removeUser(
  deps: Pick<AdminDeps, "storage" | "now" | "actor">,
  idOrLogin: string,
): Promise<{ id: string }> {
  const user = await readUser(deps, idOrLogin);
  const audit = auditEvent(deps, {
    action: "user-removed",
    target: `user:${user.id}`,
    details: { before: userSummary(user) },
  });
  const given = { id: newId(), language: mailLanguageOf(user), at: audit.at };
  const texts = textsAboutPhone(user, null, given);
  const outcome = await deps.storage.users.remove(user.id, audit, texts);
  if (outcome === "absent") throw notFound(idOrLogin);
  return { id: user.id };
}

// The user itself, as stored, by id or any login name; "not-found" when there is none.
export async function readUser(deps: Pick<AdminDeps, "storage">, idOrLogin: string): Promise<User> {
  const byId = await deps.storage.users.find(idOrLogin);
  if (byId !== null) return byId;
  const login = parseLogin(idOrLogin);
  const byLogin = login === null ? null : await deps.storage.users.findByLogin(login);
  if (byLogin === null) throw notFound(idOrLogin);
  return byLogin;
}

// Which login name of this user belongs to another one.
export async function conflictOf(
  deps: Pick<AdminDeps, "storage">,
  user: User,
): Promise<AdminError> {
  for (const login of loginNamesOf(user)) {
    const other = await deps.storage.users.findByLogin(login);
    if (other !== null && other.id !== user.id) {
      return new AdminError("conflict", `${LOGIN_WORDS[login.kind]} belongs to another user.`);
    }
  }
  return new AdminError(
    "conflict",
    "The username looks like another user's, or a login name belonged to one a moment ago.",
  );
}

const LOGIN_WORDS: Record<LoginName["kind"], string> = {
  username: "The username",
  email: "The e-mail address",
  phone: "The phone number, as a login name,",
};

async function withPassword(
  deps: AdminDeps,
  user: User,
  password: string | null | undefined,
): Promise<{ user: User; generated: string | null }> {
  if (password === null) {
    if (user.loginPhone !== null) return { user, generated: null };
    throw new AdminError(
      "usage",
      "A user without a password needs a phone number to sign in with.",
    );
  }
  const { passwordHash, generated } = await hashPassword(deps, password, user);
  return { user: { ...user, passwordHash }, generated };
}

function numberOf(user: User): string | null {
  return user.phone?.number ?? null;
}

function notFound(idOrLogin: string): AdminError {
  // A number may stand here; errors end up in logs.
  const login = parseLogin(idOrLogin);
  const name = login?.kind === "phone" ? maskPhone(login.value) : JSON.stringify(idOrLogin);
  return new AdminError("not-found", `There is no user ${name}.`);
}
