// How a user lies in its collection, and how it is read.
import type { FactorAttempts, LoginName, User } from "../../domain/user.ts";
import type { Vault } from "../../domain/vault.ts";
import {
  loginKeys,
  loginKeysOf,
  openUser,
  phoneIndex,
  phoneIndexes,
  sealUser,
} from "../stored/user.ts";
import { byId } from "./change.ts";
import type { Scope } from "./database.ts";
import type { LoginNameDocument, UserDocument } from "./documents.ts";

export async function findUser(scope: Scope, vault: Vault, id: string): Promise<User | null> {
  return userFrom(vault, await findUserDocument(scope, id));
}

export async function findUserDocument(
  { models }: Scope,
  id: string,
): Promise<UserDocument | null> {
  return models.users.findOne(byId(id)).lean<UserDocument>();
}

// A name counts when its row names the user and the user's document names it.
export async function findUserByLogin(
  scope: Scope,
  vault: Vault,
  login: LoginName,
): Promise<User | null> {
  for (const key of loginKeys(vault, login)) {
    const row = await scope.models.login_names.findOne(byId(key)).lean<LoginNameDocument>();
    const document = row && (await findUserDocument(scope, row.userId));
    if (document?.names.includes(key)) return userFrom(vault, document);
  }
  return null;
}

export async function listUsers(
  { models }: Scope,
  vault: Vault,
  page: { after: string; limit: number },
): Promise<User[]> {
  const found = await models.users
    .find({ _id: { $gt: page.after }, removed: false })
    .sort({ _id: 1 })
    .limit(page.limit)
    .lean<UserDocument[]>();
  return found.flatMap((document) => userFrom(vault, document) ?? []);
}

// Whoever has this number as their phone.
export function withPhone(vault: Vault, number: string): { phoneIndex: { $in: string[] } } {
  return { phoneIndex: { $in: [...phoneIndexes(vault, number)] } };
}

// The ids of users that have this number as their phone, so many at most.
export async function findHolders(
  { models }: Scope,
  vault: Vault,
  number: string,
  limit: number,
): Promise<string[]> {
  const found = await models.users
    .find({ ...withPhone(vault, number), removed: false }, { _id: 1 })
    .limit(limit)
    .lean<{ _id: string }[]>();
  return found.map(({ _id }) => _id);
}

// What is stored of a user, but for the factor attempts.
export function userFields(
  vault: Vault,
  user: User,
): Pick<UserDocument, "sealed" | "updatedAt" | "phoneIndex" | "names"> {
  return {
    sealed: sealUser(vault, user),
    updatedAt: user.updatedAt,
    phoneIndex: user.phone && phoneIndex(vault, user.phone.number),
    names: loginKeysOf(vault, user),
  };
}

export function factorFields(
  attempts: FactorAttempts,
): Pick<UserDocument, "factorInARow" | "factorLockedUntil"> {
  return { factorInARow: attempts.inARow, factorLockedUntil: attempts.lockedUntil };
}

// A user that is being removed is none.
export function userFrom(vault: Vault, document: UserDocument | null): User | null {
  if (document === null || document.removed) return null;
  return openUser(vault, document._id, {
    sealed: document.sealed,
    factorAttempts: { inARow: document.factorInARow, lockedUntil: document.factorLockedUntil },
  });
}
