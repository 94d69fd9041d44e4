// The link from the mail is opened, and a new password is set. Opening it does nothing: mail scanners open links too.
// It signs nobody in and leaves the second step alone.

import { factorIsOff, factorLockedUntil } from "../domain/attempt-budget.ts";
import type { AuditAction, AuditEvent } from "../domain/audit-event.ts";
import { sameCode } from "../domain/code.ts";
import { mailsTo } from "../domain/mail.ts";
import {
  judgePassword,
  type PasswordRefusal,
  passwordLengthMin,
  passwordWords,
} from "../domain/password.ts";
import { maskPhone } from "../domain/phone.ts";
import {
  findRecoveryToken,
  flagAfterPhoneChange,
  openRecovery,
  recoveredUser,
  triesBudget,
} from "../domain/recovery.ts";
import type { Instant } from "../domain/time.ts";
import type { User } from "../domain/user.ts";
import type { FlowDeps } from "./sign-in.ts";

// As it stands in the address of the link.
export interface OpenedLink {
  readonly userId: string;
  readonly id: string;
  readonly token: string;
}

export type RecoverOutcome =
  | { readonly outcome: "recovered" }
  | { readonly outcome: "password-missing" }
  | { readonly outcome: "password-refused"; readonly because: PasswordRefusal }
  // Wrong, used, replaced by a newer one, too old, or tried too often.
  | { readonly outcome: "over" };

type RecoverDeps = Pick<
  FlowDeps,
  "storage" | "hasher" | "limits" | "recovery" | "linkKeys" | "blocklist" | "now" | "newId"
>;

// Who is changed under our hands so often is answered as if the link were over.
const ATTEMPTS_MAX = 5;

// Whether a link may still be used. Changes nothing.
export async function isRecoveryOpen(deps: RecoverDeps, link: OpenedLink): Promise<boolean> {
  const user = await deps.storage.users.find(link.userId);
  if (user === null || !isRight(deps, user, link)) return false;
  const { key } = triesBudget(link.id, deps.limits);
  const tries = await deps.storage.numbers.counted(key, deps.now());
  return tries < deps.limits.recoveryTriesPerLink;
}

// How long the new password has to be, in characters.
export async function newPasswordLengthMin(deps: Pick<RecoverDeps, "storage">): Promise<number> {
  return passwordLengthMin({ secondFactorOn: await secondFactorIsOn(deps) });
}

// Sets the password, if the link is right. Single use: of all that come with it, one changes the user as it was.
export async function recoverAccount(
  deps: RecoverDeps,
  link: OpenedLink,
  input: { readonly password: string; readonly language: string },
): Promise<RecoverOutcome> {
  const user = await deps.storage.users.find(link.userId);
  if (user === null || openLink(deps, user, link.id) === null) return { outcome: "over" };
  if (input.password === "") return { outcome: "password-missing" };
  // What is wrong with any password is told before the try is counted: it says nothing of the user.
  const plain = await judged(deps, input.password, []);
  if (plain.outcome === "refused") return { outcome: "password-refused", because: plain.because };

  // Count first, judge second.
  const counted = await deps.storage.budgets.count([triesBudget(link.id, deps.limits)], deps.now());
  if (counted.outcome === "limited") return { outcome: "over" };
  if (!isRight(deps, user, link)) {
    await deps.storage.audit.append([auditOf(user.id, "recovery-rejected", deps.now())]);
    return { outcome: "over" };
  }
  const own = await judged(deps, input.password, passwordWords(user));
  if (own.outcome === "refused") return { outcome: "password-refused", because: own.because };
  const passwordHash = await deps.hasher.hash(own.password);
  return setPassword(deps, link, { passwordHash, language: input.language });
}

async function setPassword(
  deps: RecoverDeps,
  link: OpenedLink,
  given: { readonly passwordHash: string; readonly language: string },
): Promise<RecoverOutcome> {
  for (let i = 0; i < ATTEMPTS_MAX; i++) {
    // Judged anew each time: what made it stale may have been somebody else with the same link.
    const before = await deps.storage.users.find(link.userId);
    if (before === null || !isRight(deps, before, link)) return { outcome: "over" };
    const now = deps.now();
    const after = recoveredUser(before, given.passwordHash, now);
    const phone = after.phone === null ? null : maskPhone(after.phone.number);
    const notice = { kind: "password-recovered", ...(phone !== null && { phone }) } as const;
    const told = { id: deps.newId(), language: given.language, at: now };
    // Who reads a mailbox that nobody had verified may be new to this account: they put no second step back in use.
    const endFactorRun = before.emailVerified;
    const outcome = await deps.storage.users.recover({
      before,
      after,
      endFactorRun,
      forgetDevices: !before.emailVerified,
      audit: eventsOf(deps, before, now),
      telling: mailsTo(after, notice, told),
    });
    if (outcome === "changed") return { outcome: "recovered" };
    if (outcome !== "stale") return { outcome: "over" };
  }
  return { outcome: "over" };
}

function eventsOf(deps: RecoverDeps, before: User, now: Instant): AuditEvent[] {
  const { limits } = deps;
  const { factorAttempts, emailVerified } = before;
  const details = {
    passwordReset: true,
    ...(!emailVerified && { emailVerified: { before: false, after: true } }),
    ...flagAfterPhoneChange(before, now, limits),
  };
  const done = auditOf(before.id, "recovery-done", now, details);
  const stopped =
    factorIsOff(factorAttempts, limits) || factorLockedUntil(factorAttempts, now) !== null;
  if (!stopped || !emailVerified) return [done];
  const unlocked = { before: factorAttempts };
  return [done, auditOf(before.id, "user-second-factor-unlocked", now, unlocked)];
}

function openLink({ now, recovery: policy }: RecoverDeps, user: User, id: string) {
  return openRecovery(user, id, { now: now(), policy });
}

function isRight(deps: RecoverDeps, user: User, { id, token }: OpenedLink): boolean {
  const recovery = openLink(deps, user, id);
  if (recovery === null) return false;
  const owner = { userId: user.id, address: recovery.address, id };
  const expected = findRecoveryToken(owner, recovery.keyId, deps.linkKeys);
  return expected !== null && sameCode(token, expected);
}

async function judged(deps: RecoverDeps, typed: string, words: readonly string[]) {
  const blocklist = await deps.blocklist();
  return judgePassword(typed, { secondFactorOn: await secondFactorIsOn(deps), words, blocklist });
}

// A shorter password will do where the rules ask everybody for a second step, as for an administrator.
async function secondFactorIsOn({ storage }: Pick<RecoverDeps, "storage">): Promise<boolean> {
  const { global } = await storage.rules.find(null);
  return global.mfa.sms;
}

function auditOf(
  userId: string,
  action: AuditAction,
  at: Instant,
  details: AuditEvent["details"] = {},
): AuditEvent {
  const user = `user:${userId}`;
  return { at, actor: user, action, target: user, because: null, details };
}
