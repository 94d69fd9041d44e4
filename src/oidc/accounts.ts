// The engine's account for a user: found anew on every request, and only while the user is active and
// what it comes with is younger than the user's last change of credentials.
import type { Account, KoaContextWithOIDC } from "oidc-provider";
import type { User } from "../domain/user.ts";
import type { Storage } from "../ports/storage.ts";
import { claimsOf } from "./claims.ts";

export interface UserAccount extends Account {
  readonly user: User;
}

// The account of a user who may go on; undefined refuses.
export async function findAccount(
  storage: Pick<Storage, "users">,
  ctx: KoaContextWithOIDC | undefined,
  id: string,
  token: unknown,
): Promise<UserAccount | undefined> {
  const user = await storage.users.find(id);
  if (user === null || user.status !== "active") return undefined;
  const issuedAt = issuedAtOf(token) ?? ctx?.oidc?.session?.loginTs;
  if (typeof issuedAt === "number" && isOutdated(user, issuedAt)) return undefined;
  return {
    accountId: user.id,
    user,
    claims: async (_use, scope) => claimsOf(user, scope),
  };
}

// Whether something that was issued at this second is older than the user's credentials.
export function isOutdated(user: User, issuedAtSeconds: number): boolean {
  return issuedAtSeconds < Math.floor(user.credentialsChangedAt / 1000);
}

// The user behind the account that the engine found for this request.
export function userOf(account: Account | undefined): User | null {
  return account !== undefined && "user" in account ? (account as UserAccount).user : null;
}

function issuedAtOf(token: unknown): number | null {
  if (typeof token !== "object" || token === null || !("iat" in token)) return null;
  return typeof token.iat === "number" ? token.iat : null;
}
