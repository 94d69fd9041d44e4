// The country of a number that is to be typed: which ones are listed, and which one is chosen beforehand.
import type { Context } from "koa";
import { countryOf } from "../domain/phone.ts";
import { type Language, regionsOf } from "./language.ts";
import type { PhoneFields } from "./page-models.ts";
import type { Web } from "./web.ts";

export type TypedPhone = Pick<PhoneFields, "phone" | "country">;

interface Reader {
  readonly ctx: Context;
  readonly language: Language;
}

// Every country. Before anything is typed, the only one is chosen, or the first that the browser's languages name.
export function phoneFields(
  web: Pick<Web, "countriesIn">,
  { ctx, language }: Reader,
  typed: TypedPhone | null,
): PhoneFields {
  const countries = web.countriesIn(language);
  if (typed !== null) return { ...shown(typed), countries };
  const codes = countries.map(({ code }) => code);
  const likely = codes.length === 1 ? codes : regionsOf(ctx.get("Accept-Language"));
  return { phone: "", country: likely.find((code) => codes.includes(code)) ?? "", countries };
}

// For another number than the one that was typed before: its country and the one that is typed now. Any other
// number begins with +, so that the page of the code need not list them all.
export function otherPhoneFields(
  web: Pick<Web, "countriesIn">,
  reader: Reader,
  { before, typed }: { readonly before: string; readonly typed: TypedPhone | null },
): PhoneFields {
  const { countries, ...fields } = phoneFields(web, reader, typed);
  const country = typed === null ? (countryOf(before) ?? fields.country) : fields.country;
  const listed = countries.filter(({ code }) => code === country || code === countryOf(before));
  const isListed = listed.some(({ code }) => code === country);
  return { ...fields, country: isListed ? country : "", countries: listed };
}

// What was typed, cut to what a number could be.
function shown({ phone, country }: TypedPhone): TypedPhone {
  return { phone: phone.slice(0, 64), country: country.slice(0, 2) };
}
