// Which claims belong to which scope (OpenID Connect Core, 5.4), and a user's values for them.
import type { ClaimsParameter, Client, KoaContextWithOIDC } from "oidc-provider";
import type { User } from "../domain/user.ts";

export const SCOPES = ["openid", "offline_access", "profile", "email", "phone", "address"];

// acr, amr, auth_time and at_hash ride on openid, or they would reach the ID token only when asked for.
export const CLAIMS = {
  openid: ["sub", "acr", "amr", "auth_time", "at_hash"],
  profile: [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
  ],
  email: ["email", "email_verified"],
  phone: ["phone_number", "phone_number_verified"],
  address: ["address"],
  sid: null,
  iss: null,
} as const;

// Which scope each claim belongs to.
const SCOPE_OF_CLAIM: ReadonlyMap<string, string> = new Map(
  Object.entries(CLAIMS).flatMap(([scope, claims]) =>
    (claims ?? []).map((claim) => [claim, scope] as const),
  ),
);

// The claims of a user that an application may have. Its own scope is the limit, whatever a request's claims
// parameter asks for; for the number, the scope phone must have been granted too. The engine does the other filtering.
export function claimsOf(
  user: User,
  scope: { readonly allowed: string; readonly granted: string },
): { sub: string; [claim: string]: unknown } {
  const { profile, username, email } = user;
  const claims = {
    ...profile,
    preferred_username: username ?? undefined,
    updated_at: Math.floor(user.updatedAt / 1000),
    ...(email === null ? {} : { email, email_verified: user.emailVerified }),
    ...(scope.granted.split(" ").includes("phone") ? phoneClaims(user) : {}),
  };
  const released = Object.entries(claims).filter(
    ([claim, value]) => value !== undefined && isAllowed(claim, scope.allowed),
  );
  return { ...Object.fromEntries(released), sub: user.id };
}

// Takes out of a request what would not be released, so that nobody is asked for consent to it.
export function dropForbiddenClaims(
  ctx: KoaContextWithOIDC,
  claims: ClaimsParameter,
  client: Client,
): void {
  const { params } = ctx.oidc;
  if (params === undefined) return;
  params.claims = JSON.stringify({
    userinfo: allowedMembers(claims.userinfo, client),
    id_token: allowedMembers(claims.id_token, client),
  });
}

function allowedMembers(wanted: object | undefined, { scope = "" }: Client): object | undefined {
  if (wanted === undefined) return undefined;
  return Object.fromEntries(Object.entries(wanted).filter(([claim]) => isAllowed(claim, scope)));
}

// Whether the scope that a claim belongs to is among these. Claims of no scope (sid, iss) are the engine's own.
export function isAllowed(claim: string, allowedScope: string): boolean {
  const scope = SCOPE_OF_CLAIM.get(claim);
  return scope === undefined || allowedScope.split(" ").includes(scope);
}

// Verified means that its owner typed a code that was sent to it, and nothing less.
function phoneClaims(user: User): object {
  const number = user.phone?.number ?? user.loginPhone;
  if (number === null) return {};
  const verified = user.phone?.number === number && user.phone.status === "bound";
  return { phone_number: number, phone_number_verified: verified };
}
