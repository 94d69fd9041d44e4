// What an administrator changes about a user, and what each change means for those who are signed in.
import { BY_ADMINISTRATOR } from "../domain/enrolment.ts";
import { lookAlikesOf } from "../domain/look-alike.ts";
import { mailsTo, noticeOfPhone } from "../domain/mail.ts";
import { textsAboutPhone } from "../domain/notice-text.ts";
import { flagAfterRecovery } from "../domain/recovery.ts";
import type { Instant } from "../domain/time.ts";
import { mailLanguageOf, nextCredentialsChangedAt, type User } from "../domain/user.ts";
import type { Queued } from "../ports/mail.ts";
import { retryWhileStale } from "./compare-and-set.ts";
import {
  type AdminDeps,
  auditEvent,
  changesBetween,
  changeTime,
  checkInput,
  newId,
} from "./deps.ts";
import { AdminError } from "./errors.ts";
import { withClaims } from "./profile-claims.ts";
import { liveTestNumbers } from "./test-numbers.ts";
import { type ShownUser, showUserFacts, userSummary } from "./user-facts.ts";
import {
  type ChangeUser,
  type CheckedChange,
  changeUserSchema,
  checkLoginNames,
  hashPassword,
} from "./user-options.ts";
import { conflictOf, readUser } from "./users.ts";

// With the password when one was generated; it is told this once.
export type ChangedUser = ShownUser & { readonly password?: string };

// Changes what is given about a user, found by id or any login name. A new password, another number or
// none, and disabling end all sessions and tokens.
export async function updateUser(
  deps: AdminDeps,
  idOrLogin: string,
  input: ChangeUser,
): Promise<ChangedUser> {
  const change = checkInput(changeUserSchema(await liveTestNumbers(deps)), input);
  // By id from here on: the change may be to the very name it was found by.
  const { id } = await readUser(deps, idOrLogin);
  const generated = await retryWhileStale(() => changeOnce(deps, id, change));
  if (change.unlockSecondFactor) await unlockSecondFactor(deps, id);
  const shown = showUserFacts(await readUser(deps, id), deps);
  return { ...shown, ...(generated !== null && { password: generated }) };
}

// The password that was generated, if one was.
async function changeOnce(
  deps: AdminDeps,
  id: string,
  change: CheckedChange,
): Promise<string | null | "stale"> {
  const before = await readUser(deps, id);
  const now = deps.now();
  const changed = applyChange(before, change, now);
  checkLoginNames(changed);
  const { user, generated } = await withNewPassword(deps, changed, change);
  if (user === before) return null;

  const after: User = {
    ...user,
    ...(endsSessions(before, user) && {
      credentialsChangedAt: nextCredentialsChangedAt(before, now),
      recovery: null,
    }),
    // A link that went to another address is not this one's.
    ...(user.email !== before.email && { recovery: null }),
    updatedAt: changeTime(now, before),
  };
  const details = {
    ...changesBetween(userSummary(before), userSummary(after)),
    ...(after.passwordHash !== before.passwordHash && { passwordReset: true }),
    ...(after.phone !== before.phone && flagAfterRecovery(before, now, deps.limits)),
  };
  const audit = auditEvent(deps, { action: "user-changed", target: `user:${id}`, details });
  switch (await deps.storage.users.replace(before, after, audit, tellingOf(before, after))) {
    case "changed":
      return generated;
    case "stale":
      return "stale";
    case "conflict":
      throw await conflictOf(deps, after);
    case "absent":
      throw new AdminError("not-found", "The user was removed meanwhile.");
  }
}

// A mail to the address as it was before, if it was verified, and a text to the old number: whoever changes
// everything must not be the only one to hear of it.
function tellingOf(before: User, after: User): Queued[] {
  const owner = before.emailVerified ? before : after;
  const given = (to: User) => ({ id: newId(), language: mailLanguageOf(to), at: after.updatedAt });
  return [
    ...mailsTo(owner, noticeOfPhone(before.phone, after.phone), given(owner)),
    ...textsAboutPhone(before, after.phone, given(before)),
  ];
}

// The very same object when nothing changes.
function applyChange(before: User, change: CheckedChange, now: Instant): User {
  const after: User = {
    ...before,
    ...usernameAfter(before, change),
    ...emailAfter(before, change),
    ...phonesAfter(before, change, now),
    profile: profileAfter(before, change),
    status: change.status ?? before.status,
  };
  return JSON.stringify(after) === JSON.stringify(before) ? before : after;
}

// A name that stays is not looked at again: it may have been given before look-alikes were.
function usernameAfter(before: User, change: CheckedChange): Pick<User, "username" | "lookAlikes"> {
  const { username, lookAlikes } = before;
  if (change.username === undefined || change.username === username)
    return { username, lookAlikes };
  return { username: change.username, lookAlikes: lookAlikesOf({ username: change.username }) };
}

// Another address is not verified because the one before was.
function emailAfter(before: User, change: CheckedChange): Pick<User, "email" | "emailVerified"> {
  const email = change.email === undefined ? before.email : change.email;
  const kept = email === before.email && before.emailVerified;
  return { email, emailVerified: change.emailVerified ?? kept };
}

// A number that stays keeps its status: what is bound is not demoted by saying it again. But it is the administrator's
// from then on, whoever gave it before.
function phonesAfter(
  before: User,
  change: CheckedChange,
  now: Instant,
): Pick<User, "loginPhone" | "phone" | "recoveryCodes"> {
  const { loginPhone, phone, recoveryCodes } = before;
  if (change.phone === undefined) return { loginPhone, phone, recoveryCodes };
  // Codes that stood in for one number do not stand in for another one.
  if (change.phone === null) return { loginPhone: null, phone: null, recoveryCodes: undefined };
  const enrolment = BY_ADMINISTRATOR;
  if (phone?.number === change.phone) {
    return { loginPhone: change.phone, phone: { ...phone, enrolment }, recoveryCodes };
  }
  const assigned = { number: change.phone, status: "assigned", since: now, enrolment } as const;
  return { loginPhone: change.phone, phone: assigned, recoveryCodes: undefined };
}

function profileAfter(before: User, change: CheckedChange): User["profile"] {
  const profile = withClaims(before.profile, change.claims);
  if (change.name === undefined) return profile;
  const { name: _old, ...rest } = profile;
  return change.name === null ? rest : { ...profile, name: change.name };
}

async function withNewPassword(
  deps: AdminDeps,
  user: User,
  change: CheckedChange,
): Promise<{ user: User; generated: string | null }> {
  if (change.password === undefined) return { user, generated: null };
  const given = change.password.kind === "given" ? change.password.password : undefined;
  const { passwordHash, generated } = await hashPassword(deps, given, user);
  return { user: { ...user, passwordHash }, generated };
}

// A disabled user's sessions must not come back to life when the user does. A first number takes nothing
// away from what was proved without one.
function endsSessions(before: User, after: User): boolean {
  return (
    after.passwordHash !== before.passwordHash ||
    (before.phone !== null && after.phone?.number !== before.phone.number) ||
    (before.loginPhone !== null && after.loginPhone !== before.loginPhone) ||
    (after.status === "disabled" && before.status !== "disabled")
  );
}

async function unlockSecondFactor(deps: AdminDeps, id: string): Promise<void> {
  const { factorAttempts } = await readUser(deps, id);
  const audit = auditEvent(deps, {
    action: "user-second-factor-unlocked",
    target: `user:${id}`,
    details: { before: factorAttempts },
  });
  const outcome = await deps.storage.users.clearFactorAttempts(id, audit);
  if (outcome === "absent") throw new AdminError("not-found", "The user was removed meanwhile.");
}
