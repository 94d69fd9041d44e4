// The application that the user's own page is: built in, in no store, with nothing that could be changed about it.
// The global security rules are its rules.
import type { Application } from "./application.ts";

export const ACCOUNT_CLIENT_ID = "latchkey-account";

// Where the page is, below the issuer, and where its sign-ins end.
export const ACCOUNT_PATH = "/account";
export const ACCOUNT_RETURN_PATH = "/account/signed-in";

// A public client (RFC 6749, 2.1) that never asks for a token.
export function accountApplication(issuer: string): Application {
  return {
    id: ACCOUNT_CLIENT_ID,
    metadata: {
      client_id: ACCOUNT_CLIENT_ID,
      client_name: "Your account",
      client_id_issued_at: 0,
      application_type: "web",
      redirect_uris: [`${issuer}${ACCOUNT_RETURN_PATH}`],
      post_logout_redirect_uris: [],
      grant_types: ["authorization_code"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
      subject_type: "public",
      scope: "openid",
    },
    consent: false,
    resources: [],
    createdAt: 0,
    updatedAt: 0,
  };
}
