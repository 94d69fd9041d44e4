// Which claims belong to which scope (OpenID Connect Core, 5.4), and a user's values for them.
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

// The claims of a user. The number is left out unless the scope phone was granted, whatever the claims
// parameter asks for; the engine does the other filtering.
export function claimsOf(user: User, scope: string): { sub: string; [claim: string]: unknown } {
  return {
    sub: user.id,
    ...definedOnly(user.profile),
    ...(user.username === null ? {} : { preferred_username: user.username }),
    updated_at: Math.floor(user.updatedAt / 1000),
    ...(user.email === null ? {} : { email: user.email, email_verified: user.emailVerified }),
    ...(scope.split(" ").includes("phone") ? phoneClaims(user) : {}),
  };
}

// Verified means that its owner typed a code that was sent to it, and nothing less.
function phoneClaims(user: User): object {
  const number = user.phone?.number ?? user.loginPhone;
  if (number === null) return {};
  const verified = user.phone?.number === number && user.phone.status === "bound";
  return { phone_number: number, phone_number_verified: verified };
}

function definedOnly(profile: object): object {
  return Object.fromEntries(Object.entries(profile).filter(([, value]) => value !== undefined));
}
