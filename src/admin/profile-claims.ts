// The claims of the scopes profile and address that an administrator can set (OpenID Connect Core, 5.1), checked:
// applications rely on their form.
import { z } from "zod";
import type { Address, Profile } from "../domain/user.ts";
import { shownName } from "./application-options.ts";

const url = z
  .string()
  .max(2048, "must have at most 2048 characters")
  .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ""), {
    message: "must be the address of a page (https://…)",
  });

const SCHEMAS = {
  given_name: shownName,
  family_name: shownName,
  middle_name: shownName,
  nickname: shownName,
  profile: url,
  picture: url,
  website: url,
  gender: shownName,
  birthdate: z.string().refine(isBirthdate, {
    message: "must be YYYY-MM-DD, YYYY, or 0000-MM-DD",
  }),
  zoneinfo: z
    .string()
    .refine((zone) => isKnown(() => Intl.DateTimeFormat("en", { timeZone: zone })), {
      message: "must be a time zone, as Europe/Berlin",
    }),
  locale: z.string().refine((tag) => isKnown(() => Intl.getCanonicalLocales(tag)), {
    message: "must be a language tag, as de-CH",
  }),
  "address.formatted": z.string().trim().min(1, "must not be empty").max(1000),
  "address.street_address": z.string().trim().min(1, "must not be empty").max(500),
  "address.locality": shownName,
  "address.region": shownName,
  "address.postal_code": shownName,
  "address.country": shownName,
};

type ClaimName = keyof typeof SCHEMAS;

// As options and columns name them; the members of the address one by one.
export const CLAIM_NAMES = Object.keys(SCHEMAS) as ClaimName[];

// Null takes a claim away.
export const claimsSchema = z
  .strictObject(
    Object.fromEntries(
      Object.entries(SCHEMAS).map(([name, schema]) => [name, schema.nullable().optional()]),
    ),
  )
  .transform((claims) => claims as Claims);

export type Claims = { readonly [name in ClaimName]?: string | null | undefined };

// The profile with these claims in it.
export function withClaims(before: Profile, claims: Claims = {}): Profile {
  const { address: addressBefore, ...rest } = before;
  const profile = new Map<string, string>(textsOf(rest));
  const address = new Map<string, string>(textsOf(addressBefore ?? {}));
  for (const [name, value] of Object.entries(claims)) {
    const [of, key] = name.startsWith("address.") ? [address, name.slice(8)] : [profile, name];
    if (value === null) of.delete(key);
    else if (value !== undefined) of.set(key, value);
  }
  const shown: Address = Object.fromEntries(address);
  return { ...Object.fromEntries(profile), ...(address.size > 0 && { address: shown }) };
}

// The claims of a profile, as options name them.
export function claimsOfProfile({ name: _, address = {}, ...profile }: Profile): Claims {
  const flat = textsOf(address).map(([key, value]) => [`address.${key}`, value]);
  return Object.fromEntries([...textsOf(profile), ...flat]);
}

function textsOf(of: object): [string, string][] {
  return Object.entries(of).filter((entry): entry is [string, string] => {
    return typeof entry[1] === "string";
  });
}

function isBirthdate(text: string): boolean {
  if (/^\d{4}$/.test(text)) return text !== "0000";
  const [, year, monthAndDay] = /^(\d{4})-(\d{2}-\d{2})$/.exec(text) ?? [];
  if (year === undefined) return false;
  // Without the year: one that has a 29 February.
  const date = `${year === "0000" ? "2000" : year}-${monthAndDay}`;
  const parsed = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date);
}

function isKnown(use: () => unknown): boolean {
  try {
    use();
    return true;
  } catch {
    return false;
  }
}
