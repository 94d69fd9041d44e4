// How a user lies in any store: sealed whole, but for the factor attempts, which have statements of their
// own; login names and the number of the phone under keyed indexes.
import { phoneAfterCode } from "../../domain/enrolment.ts";
import type { Asker } from "../../domain/send-policy.ts";
import type { Instant } from "../../domain/time.ts";
import { type FactorAttempts, type LoginName, loginNamesOf, type User } from "../../domain/user.ts";
import type { Vault } from "../../domain/vault.ts";
import type { MoveEffects, MoveOutcome } from "../../ports/interactions.ts";
import { openJson, sealJson } from "./sealed-json.ts";

type CodeProved = NonNullable<MoveEffects["codeProved"]>;

export const NO_FACTOR_ATTEMPTS: FactorAttempts = { inARow: 0, lockedUntil: null };

export function sealUser(vault: Vault, user: User): Buffer {
  const { factorAttempts: _, ...rest } = user;
  return sealJson(vault, rest, contextOf(user.id));
}

export function openUser(
  vault: Vault,
  id: string,
  stored: { readonly sealed: Uint8Array; readonly factorAttempts: FactorAttempts },
): User {
  const rest = openJson<Omit<User, "factorAttempts">>(vault, stored.sealed, contextOf(id));
  return { ...rest, factorAttempts: stored.factorAttempts };
}

// Those under which the name may be found, all of which it is written under.
export function loginKeys(vault: Vault, login: LoginName): string[] {
  return vault.lookups(login.kind, login.value).map((index) => `${login.kind}:${index}`);
}

// Of all that no other user may have: the login names, and what the username looks like.
export function loginKeysOf(vault: Vault, user: User): string[] {
  const looks = (user.lookAlikes ?? []).flatMap((look) => vault.lookups("look-alike", look));
  return [
    ...loginNamesOf(user).flatMap((name) => loginKeys(vault, name)),
    ...looks.map((index) => `look-alike:${index}`),
  ];
}

// The one under which a phone is written.
export function phoneIndex(vault: Vault, number: string): string {
  return vault.lookups("phone", number)[0];
}

// Those under which users of a number are found.
export function phoneIndexes(vault: Vault, number: string): readonly string[] {
  return vault.lookups("phone", number);
}

// What compare-and-set rests on. A caller that breaks it would make its own change invisible to the next.
export function requireSuccessor(
  before: { readonly id: string; readonly updatedAt: Instant },
  after: { readonly id: string; readonly updatedAt: Instant },
): void {
  if (before.id !== after.id) throw new RangeError("an id does not change");
  if (before.updatedAt === after.updatedAt) throw new RangeError("updatedAt must be new");
}

// Later than every instant that the user was changed at, whatever the clock says.
export function nextUpdatedAt(user: Pick<User, "updatedAt">, now: Instant): Instant {
  return Math.max(now, user.updatedAt + 1);
}

export type ProofVerdict =
  | {
      readonly refusal: Extract<
        MoveOutcome,
        { outcome: "user-changed" | "number-shared-too-often" }
      >;
    }
  | { readonly refusal: null; readonly user: User; readonly changed: boolean };

// As whom the user asked for the text whose code was right. Where the number is to be bound, it was not theirs yet.
export function askerOf({ bind }: CodeProved): Asker {
  return bind ? "newcomer" : "holder";
}

// What a right code makes of its user; how many others have the number is for the store to say.
export function judgeProof(user: User | null, proved: CodeProved, now: Instant): ProofVerdict {
  if (user === null || user.status !== "active") return { refusal: { outcome: "user-changed" } };
  const { credentialsChangedAt = user.credentialsChangedAt } = proved;
  if (credentialsChangedAt !== user.credentialsChangedAt) {
    return { refusal: { outcome: "user-changed" } };
  }
  if (proved.replaces) return judgeReplacement(user, proved, proved.replaces, now);
  const fits = user.phone?.number === proved.number || (proved.bind && user.phone === null);
  if (!fits) return { refusal: { outcome: "user-changed" } };
  const phone = phoneAfterCode(user, proved, now);
  if (phone === user.phone) return { refusal: null, user, changed: false };

  const after = { ...user, phone, updatedAt: nextUpdatedAt(user, now) };
  return { refusal: null, user: after, changed: true };
}

// By its number: that an assigned phone became a bound one meanwhile is no other phone.
function judgeReplacement(
  user: User,
  proved: CodeProved,
  replaces: NonNullable<CodeProved["replaces"]>,
  now: Instant,
): ProofVerdict {
  if (user.phone?.number !== replaces.number) return { refusal: { outcome: "user-changed" } };
  const after: User = {
    ...user,
    phone: phoneAfterCode(user, proved, now),
    recoveryCodes: undefined,
    credentialsChangedAt: replaces.at,
    updatedAt: nextUpdatedAt(user, now),
  };
  return { refusal: null, user: after, changed: true };
}

function contextOf(userId: string): string {
  return `user:${userId}`;
}
