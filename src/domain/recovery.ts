// Getting back into an account by a link in a mail, when the password is forgotten. The link's token is computed,
// never stored; what is stored of it dies with the next request, and with every other change of the credentials.
import { createHmac } from "node:crypto";
import { type WindowBudget, windowBudget } from "./attempt-budget.ts";
import type { CodeKey } from "./code.ts";
import type { Limits } from "./limits.ts";
import { type MailAddress, mailAddressOf } from "./mail-header.ts";
import { addSeconds, DAY_SECONDS, HOUR_SECONDS, type Instant } from "./time.ts";
import { type LoginName, nextCredentialsChangedAt, type User } from "./user.ts";

// To which addresses links go: those that somebody has shown to be the user's (NIST SP 800-63B-4, 4.2), any, or none.
export type RecoveryPolicy = "verified" | "any" | "off";

// What is kept of the link that was asked for last.
export interface Recovery {
  // At least 128 random bits; the token is computed from it.
  readonly id: string;
  readonly keyId: string;
  // Where it goes.
  readonly address: MailAddress;
  readonly requestedAt: Instant;
  readonly expiresAt: Instant;
  // Of the user as it was then: the link is dead once this is another one.
  readonly credentialsChangedAt: Instant;
}

// Somebody asked for a link. Who that is a request does not say, and whether there is such a user is looked up
// when nobody waits for it any more: then no answer can tell, and none takes longer than another.
export interface RecoveryRequest {
  readonly channel: "recovery";
  readonly id: string;
  // Of the link that it gets: whoever takes the same request twice makes the same link.
  readonly linkId: string;
  readonly login: LoginName;
  // Language tags with spaces between them, as for mails.
  readonly language: string;
  readonly at: Instant;
}

export type RecoveryRefusal =
  | "recovery-off"
  | "disabled"
  | "no-password"
  | "no-address"
  | "no-verified-address"
  | "link-over"
  | "newer-request"
  | "mail-cap";

export type RecoveryReach =
  | { readonly outcome: "reachable"; readonly address: MailAddress }
  | { readonly outcome: "refused"; readonly because: RecoveryRefusal };

type Account = Pick<User, "status" | "passwordHash" | "email" | "emailVerified">;

// Whether a user may be sent a link, and where it goes. Who signs in without a password has none to forget.
export function reachForRecovery(user: Account, policy: RecoveryPolicy): RecoveryReach {
  if (policy === "off") return { outcome: "refused", because: "recovery-off" };
  if (user.status !== "active") return { outcome: "refused", because: "disabled" };
  if (user.passwordHash === null) return { outcome: "refused", because: "no-password" };
  const address = user.email === null ? null : mailAddressOf(user.email);
  if (address === null) return { outcome: "refused", because: "no-address" };
  if (!user.emailVerified && policy !== "any") {
    return { outcome: "refused", because: "no-verified-address" };
  }
  return { outcome: "reachable", address };
}

// Whether this request is to have its link. It may have waited too long, or have been overtaken: by a newer one, or by
// a new password. One that is taken twice must not bring its link back after that was used.
export function judgeRequest(
  user: Account & Pick<User, "recovery" | "recoveredAt">,
  request: Pick<RecoveryRequest, "linkId" | "at">,
  given: {
    readonly now: Instant;
    readonly policy: RecoveryPolicy;
    readonly limits: Pick<Limits, "recoveryLinkLifeSeconds">;
  },
): RecoveryReach {
  const { recovery, recoveredAt } = user;
  const isOld = addSeconds(request.at, given.limits.recoveryLinkLifeSeconds) <= given.now;
  if (isOld || (recoveredAt != null && recoveredAt >= request.at)) {
    return { outcome: "refused", because: "link-over" };
  }
  if (recovery && recovery.id !== request.linkId && recovery.requestedAt > request.at) {
    return { outcome: "refused", because: "newer-request" };
  }
  return reachForRecovery(user, given.policy);
}

// What is kept of the link that a request gets.
export function recoveryFor(
  request: Pick<RecoveryRequest, "linkId" | "at">,
  user: Pick<User, "credentialsChangedAt">,
  link: { readonly address: MailAddress; readonly keyId: string },
  { recoveryLinkLifeSeconds: life }: Pick<Limits, "recoveryLinkLifeSeconds">,
): Recovery {
  const { credentialsChangedAt } = user;
  const { linkId: id, at } = request;
  return { id, ...link, requestedAt: at, expiresAt: addSeconds(at, life), credentialsChangedAt };
}

// What a token is good for: this link of this user, to this address.
export interface RecoveryOwner {
  readonly userId: string;
  readonly address: MailAddress;
  readonly id: string;
}

// The token under the key that the link remembers, 256 bits; null when that key has gone. It begins with what it is
// for: the key makes tokens of other links too.
export function findRecoveryToken(
  { userId, address, id }: RecoveryOwner,
  keyId: string,
  keys: readonly CodeKey[],
): string | null {
  const found = keys.find((key) => key.id === keyId);
  if (found === undefined) return null;
  const owner = `recovery\0${JSON.stringify([userId, address, id])}`;
  return createHmac("sha256", found.key).update(owner).digest("base64url");
}

// The link of a user, if it is the one that was opened and may still be used; null: it is over.
export function openRecovery(
  user: Account & Pick<User, "recovery" | "credentialsChangedAt">,
  id: string,
  { now, policy }: { readonly now: Instant; readonly policy: RecoveryPolicy },
): Recovery | null {
  const { recovery } = user;
  if (!recovery || recovery.id !== id || recovery.expiresAt <= now) return null;
  if (recovery.credentialsChangedAt !== user.credentialsChangedAt) return null;
  const reach = reachForRecovery(user, policy);
  return reach.outcome === "reachable" && reach.address === recovery.address ? recovery : null;
}

// The user with the new password. Sessions and tokens end; the phone and its attempts are left as they are. Whoever
// opened a link to an address that nobody had verified shows that it is theirs; whatever others had prepared in the
// account before is void, and the password was one of these things.
export function recoveredUser(before: User, passwordHash: string, now: Instant): User {
  return {
    ...before,
    passwordHash,
    emailVerified: true,
    ...(!before.emailVerified && { recoveryCodes: null }),
    recovery: null,
    recoveredAt: now,
    credentialsChangedAt: nextCredentialsChangedAt(before, now),
    updatedAt: Math.max(now, before.updatedAt + 1),
  };
}

type CoolDown = Pick<Limits, "phoneChangeAfterRecoverySeconds">;

// Until when the user may not change the phone, since whoever recovered the account may be somebody else; null: they
// may.
export function phoneChangeBarredUntil(
  user: Pick<User, "recoveredAt">,
  now: Instant,
  limits: CoolDown,
): Instant | null {
  if (user.recoveredAt == null) return null;
  const until = addSeconds(user.recoveredAt, limits.phoneChangeAfterRecoverySeconds);
  return until > now ? until : null;
}

// What the audit log says of a phone that is bound or changed soon after a recovery.
export function flagAfterRecovery(
  user: Pick<User, "recoveredAt">,
  now: Instant,
  limits: CoolDown,
): { readonly secondsAfterRecovery?: number } {
  if (user.recoveredAt == null || phoneChangeBarredUntil(user, now, limits) === null) return {};
  return { secondsAfterRecovery: secondsBetween(user.recoveredAt, now) };
}

// What it says of a recovery soon after the phone was changed.
export function flagAfterPhoneChange(
  { phone }: Pick<User, "phone">,
  now: Instant,
  limits: CoolDown,
): { readonly secondsAfterPhoneChange?: number } {
  if (phone === null) return {};
  const isSoon = addSeconds(phone.since, limits.phoneChangeAfterRecoverySeconds) > now;
  return isSoon ? { secondsAfterPhoneChange: secondsBetween(phone.since, now) } : {};
}

// What a request counts under before anything is looked up.
export function requestBudget(network: string, limits: Limits): WindowBudget {
  const max = limits.recoveryRequestsPerAddressPerHour;
  return windowBudget(`recovery-network:${network}`, { max, windowSeconds: HOUR_SECONDS });
}

// What it counts under with all others, whoever has many networks.
export function requestsBudget(limits: Limits): WindowBudget {
  const max = limits.recoveryRequestsPerHour;
  return windowBudget("recovery-requests", { max, windowSeconds: HOUR_SECONDS });
}

// What a mail counts under.
export function mailBudget(userId: string, limits: Limits): WindowBudget {
  const max = limits.recoveryMailsPerUserPerDay;
  return windowBudget(`recovery-user:${userId}`, { max, windowSeconds: DAY_SECONDS });
}

// What every token that is tried at a link counts under. The link's id stands in its address alone, so that nobody
// else can use the tries up.
export function triesBudget(id: string, limits: Limits): WindowBudget {
  const max = limits.recoveryTriesPerLink;
  return windowBudget(`recovery-link:${id}`, { max, windowSeconds: DAY_SECONDS });
}

function secondsBetween(from: Instant, to: Instant): number {
  return Math.max(0, Math.floor((to - from) / 1000));
}
