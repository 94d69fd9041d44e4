// The user's own page as a client of the engine: known to everything that reads applications in a sign-in, and to
// nobody who changes them; and the requests with which it sends a browser to sign in.
import { randomBytes } from "node:crypto";
import { ACCOUNT_CLIENT_ID, ACCOUNT_RETURN_PATH } from "../domain/account-application.ts";
import type { Application } from "../domain/application.ts";
import type { Storage } from "../ports/storage.ts";

// The same store, in which this application is found under its id, with the global rules, whatever lies there.
export function withBuiltIn(storage: Storage, application: Application): Storage {
  const { applications, rules } = storage;
  return {
    ...storage,
    applications: {
      ...applications,
      find: async (id) => (id === application.id ? application : applications.find(id)),
    },
    rules: { ...rules, find: (id) => rules.find(id === application.id ? null : id) },
  };
}

// Where a browser signs in for its own page.
export function accountSignInUrl(issuer: string): string {
  return authorizationUrl(issuer, {});
}

// Nobody redeems the code, and nobody could: the challenge was never computed from a verifier (RFC 7636, 4.6).
function authorizationUrl(issuer: string, wishes: Readonly<Record<string, string>>): string {
  const params = new URLSearchParams({
    client_id: ACCOUNT_CLIENT_ID,
    response_type: "code",
    redirect_uri: `${issuer}${ACCOUNT_RETURN_PATH}`,
    scope: "openid",
    code_challenge: randomBytes(32).toString("base64url"),
    code_challenge_method: "S256",
    ...wishes,
  });
  return `${issuer}/auth?${params}`;
}
