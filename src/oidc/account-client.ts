// The user's own page as a client of the engine: known to everything that reads applications in a sign-in, and to
// nobody who changes them; and the requests with which it sends a browser to sign in.
import { randomBytes } from "node:crypto";
import type { Client, KoaContextWithOIDC } from "oidc-provider";
import { ACCOUNT_CLIENT_ID, ACCOUNT_RETURN_PATH } from "../domain/account-application.ts";
import type { Application } from "../domain/application.ts";
import type { AcrValues } from "../domain/factors.ts";
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

// What an authorization request of this application is for, beside signing in; others may not ask for it.
export const PURPOSE_PARAM = "latchkey_purpose";
const CHANGE_PHONE = "change-phone";

// Where a browser goes to bind a first phone, or to replace the one that is bound.
export function accountPhoneUrl(issuer: string, acr: AcrValues): string {
  return authorizationUrl(issuer, {
    prompt: "login",
    acr_values: acr.multi,
    [PURPOSE_PARAM]: CHANGE_PHONE,
  });
}

// Whether the parameters of a request are those of a change of phone.
export function isPhoneChange(params: Readonly<Record<string, unknown>>): boolean {
  return params.client_id === ACCOUNT_CLIENT_ID && params[PURPOSE_PARAM] === CHANGE_PHONE;
}

// Takes the parameter out of other applications' requests: for them it is one that nobody knows (RFC 6749, 3.1).
export function dropForeignPurpose(ctx: KoaContextWithOIDC, client: Client): void {
  const { params } = ctx.oidc;
  if (params === undefined || client.clientId === ACCOUNT_CLIENT_ID) return;
  params[PURPOSE_PARAM] = undefined;
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
