// Phone numbers: what a person typed, as one E.164 form or a reason. The library behind it reads
// almost anything (extensions, tel:, letters, invisible characters), so what may be typed is decided
// here, and the library only knows the numbering plans.
import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  ParseError,
  type PhoneNumber,
  parsePhoneNumberWithError,
} from "libphonenumber-js/max";
import { asciiDigits } from "./code.ts";

export type PhoneRefusal = "malformed" | "country-needed" | "country-unknown" | "not-a-mobile";

export type PhoneOutcome =
  // `number` in E.164, `country` as its ISO code.
  | { readonly outcome: "ok"; readonly number: string; readonly country: string }
  | { readonly outcome: "refused"; readonly because: PhoneRefusal };

const TYPED_MAX = 64;

// A number that can be texted, from what was typed and the country that was chosen. A number that
// begins with + says its country itself.
export function parsePhone(typed: string, country: string | null): PhoneOutcome {
  const read = readNumber(typed, country);
  if (typeof read === "string") return { outcome: "refused", because: read };

  // Satellite networks have mobile numbers, but no country; they cost several dollars a text.
  if (read.country === undefined || !isMobile(read)) {
    return { outcome: "refused", because: "not-a-mobile" };
  }
  return { outcome: "ok", number: read.number, country: read.country };
}

// The E.164 form of a number of whatever type, be it in no numbering plan: those that are reserved for fiction
// are in none. Null when it cannot be one. Whether it can be texted is not asked here.
export function parseE164(typed: string, country: string | null): string | null {
  const read = readNumber(typed, country);
  const number = typeof read === "string" ? digitsOf(typed) : read.number;
  return number !== null && /^\+[1-9][0-9]{5,14}$/.test(number) ? number : null;
}

// What is left of what was typed once digits, plus signs and spaces of all scripts are plain ones.
export function plainPhone(typed: string): string {
  return asciiDigits(typed.normalize("NFKC")).replace(/^ +| +$/g, "");
}

// The ISO code of an E.164 number's country; +1 876 is Jamaica. Null: a number of no country.
export function countryOf(number: string): string | null {
  const read = readNumber(number, null);
  return typeof read === "string" ? null : (read.country ?? null);
}

// How a page shows a number: its calling code and its last two digits. The dots are always the same,
// so that they do not tell its length.
export function maskPhone(number: string): string {
  const read = readNumber(number, null);
  const callingCode = typeof read === "string" ? "" : read.countryCallingCode;
  return `+${callingCode} ••• ••• ${number.slice(-2)}`;
}

export function isCountryAllowed(country: string, allowed: readonly string[] | "all"): boolean {
  return allowed === "all" || allowed.includes(country);
}

// The ISO codes of all countries that have a numbering plan, and their calling codes without the plus.
export function allCountries(): string[] {
  return getCountries();
}

export function countriesWithCallingCodes(): { code: string; callingCode: string }[] {
  return getCountries().map((code) => ({ code, callingCode: getCountryCallingCode(code) }));
}

function readNumber(typed: string, country: string | null): PhoneNumber | PhoneRefusal {
  const digits = digitsOf(typed);
  if (digits === null) return "malformed";
  if (digits.startsWith("+")) return parseDigits(digits, undefined);
  if (country === null || country === "") return "country-needed";

  const known = getCountries().find((code) => code === country.toUpperCase());
  return known === undefined ? "country-unknown" : parseDigits(digits, known);
}

// The digits of what was typed, with the plus before them; null when anything else is in it.
function digitsOf(typed: string): string | null {
  if (typed.length > TYPED_MAX) return null;
  const plain = plainPhone(typed);
  // U+2010 is what NFKC makes of the hyphen that does not break.
  if (!/^\+?[0-9 ()./\u2010-]+$/.test(plain)) return null;
  const digits = plain.replace(/[^0-9+]/g, "");
  return /[0-9]/.test(digits) ? digits : null;
}

function parseDigits(digits: string, country: CountryCode | undefined): PhoneNumber | PhoneRefusal {
  try {
    return parsePhoneNumberWithError(digits, {
      extract: false,
      ...(country === undefined ? {} : { defaultCountry: country }),
    });
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return error.message === "INVALID_COUNTRY" ? "country-unknown" : "malformed";
  }
}

// In North America a number does not tell a mobile phone from a landline.
function isMobile(read: PhoneNumber): boolean {
  const type = read.getType();
  return read.isValid() && (type === "MOBILE" || type === "FIXED_LINE_OR_MOBILE");
}
