// The engine's account for a user: found anew on every request, and only while the user is active and
// what it comes with is younger than the user's last change of credentials.
import type { Account, KoaContextWithOIDC } from "oidc-provider";
import type { Instant } from "../domain/time.ts";
import type { User } from "../domain/user.ts";
import type { Storage } from "../ports/storage.ts";
import { claimsOf } from "./claims.ts";
import { provedOfSession, type SessionLike } from "./session-facts.ts";

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
  const session = ctx?.oidc?.session;
  const issuedAt = issuedAtOf(token) ?? (session ? signedInAtOf(session) : null);
  if (user === null || !isAlive(user, issuedAt)) return undefined;
  return {
    accountId: user.id,
    user,
    claims: async (use, scope, asked) => {
      const client = ctx?.oidc.client;
      const claims = claimsOf(user, { allowed: client?.scope ?? "", granted: scope });
      if (use !== "id_token") return claims;
      const shown = belongInIdToken(ctx) ? claims : only(claims, Object.keys(asked ?? {}));
      return { ...shown, sub: user.id, ...boundToAccessToken(ctx) };
    },
  };
}

// Whether a user may still go on with what was issued then; null: nobody knows when.
export function isAlive(user: User, issuedAt: Instant | null): boolean {
  if (user.status !== "active") return false;
  return issuedAt === null || issuedAt >= user.credentialsChangedAt;
}

// When the session's user last gave the password; sessions know it exactly.
export function signedInAtOf(session: SessionLike): Instant | null {
  if (session.loginTs === undefined) return null;
  return provedOfSession(session).pwd ?? session.loginTs * 1000 + 999;
}

// A scope's claims are for userinfo (OpenID Connect Core, 5.4), where the client has a token for that and nothing else
// was said of it; what was asked for by name is in the ID token always.
function belongInIdToken(ctx: KoaContextWithOIDC | undefined): boolean {
  const { AccessToken: token, Client: client } = ctx?.oidc.entities ?? {};
  return client?.id_token_claims === true || token?.aud !== undefined;
}

function only(claims: object, names: readonly string[]): object {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => names.includes(name)));
}

// at_hash binds an ID token to the access token beside it (OpenID Connect Core, 3.1.3.6); the engine
// hashes what it is given. An opaque token is its own id; a JWT's text is not known here.
function boundToAccessToken(ctx: KoaContextWithOIDC | undefined): object {
  const token = ctx?.oidc?.entities.AccessToken;
  return token?.format === "opaque" ? { at_hash: token.jti } : {};
}

// The user behind the account that the engine found for this request.
export function userOf(account: Account | undefined): User | null {
  return account !== undefined && "user" in account ? (account as UserAccount).user : null;
}

// Tokens know the second alone; one of the same second counts as later, or a sign-in right after the
// change would be void.
function issuedAtOf(token: unknown): Instant | null {
  if (typeof token !== "object" || token === null || !("iat" in token)) return null;
  return typeof token.iat === "number" ? token.iat * 1000 + 999 : null;
}
