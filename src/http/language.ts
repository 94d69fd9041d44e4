// The languages of the pages and texts: which one a request gets, and how a sentence is looked up.
// Escaping is not done here: a template escapes whatever it prints.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { match } from "@formatjs/intl-localematcher";
import { createInstance } from "i18next";
// biome-ignore lint/style/noRestrictedImports: the English catalog is what declares the keys.
import type en from "../../config/languages/en.json";
import { withSupportParts } from "../domain/support-contact.ts";
import type { PLACEHOLDERS } from "./placeholders.ts";

type CatalogKey = keyof typeof en;
type WithoutPlural<Key> = Key extends `${infer Base}_${"one" | "other"}` ? Base : Key;
export type TextKey = WithoutPlural<CatalogKey>;

type Placeholders = typeof PLACEHOLDERS;
export type TextParams<Key extends TextKey> = Key extends keyof Placeholders
  ? {
      readonly [Name in Placeholders[Key][number]]: Name extends "count" ? number : string | number;
    }
  : Readonly<Record<never, never>>;

// A sentence that is chosen in one place and said in another.
export type Message = {
  [Key in TextKey]: Key extends keyof Placeholders
    ? { readonly key: Key; readonly params: TextParams<Key> }
    : { readonly key: Key };
}[TextKey];

export interface Language {
  readonly tag: string;
  readonly dir: "ltr" | "rtl";
  // Throws for a key that no catalog has, and for a placeholder that was left open.
  t<Key extends TextKey>(
    key: Key,
    ...params: Key extends keyof Placeholders ? [TextParams<Key>] : []
  ): string;
  say(message: Message): string;
  // What stands before and after one placeholder, for markup in its place.
  around(key: keyof Placeholders, slot: string): readonly [string, string];
  // The text as it stands in the catalog, its placeholders open.
  template(key: TextKey): string;
  // Whether there is a text under this key.
  has(key: string): key is TextKey;
}

export interface Languages {
  readonly tags: readonly string[];
  // The best of our languages for ui_locales (OpenID Connect Core, 3.1.2.1) and Accept-Language, in
  // this order; English when nothing fits. Costs the same for any input.
  chooseLanguage(wishes: { uiLocales?: string; acceptLanguage?: string }): Language;
}

// Reads every catalog in `dir`, a file per language, named by its tag. Without somebody to be named for help, what
// texts say of them is left out.
export function createLanguages(
  dir: string,
  { namesSupport = false }: { readonly namesSupport?: boolean } = {},
): Languages {
  const files = readdirSync(dir).filter((name) => name.endsWith(".json"));
  const catalogs = files.map((name) => [basename(name, ".json"), readCatalog(dir, name)] as const);
  const languages = new Map(
    catalogs.map(([tag, texts]) => [tag, createLanguage(tag, texts, namesSupport)]),
  );
  const tags = [...languages.keys()];
  const english = languages.get("en");
  if (english === undefined) throw new Error(`There is no en.json in ${dir}.`);

  return {
    tags,
    chooseLanguage({ uiLocales, acceptLanguage }) {
      const wanted = [...wishesOf(uiLocales, /\s+/), ...wishesOf(acceptLanguage, /\s*,\s*/)];
      // Lookup (RFC 4647, 3.4), since the matcher's other way remembers every tag that it ever saw:
      // whoever sends new ones would fill the memory.
      return languages.get(match(wanted, tags, "en", { algorithm: "lookup" })) ?? english;
    },
  };
}

function readCatalog(dir: string, name: string): Record<string, string> {
  return JSON.parse(readFileSync(join(dir, name), "utf8"));
}

function createLanguage(
  tag: string,
  texts: Record<string, string>,
  namesSupport: boolean,
): Language {
  const said = Object.entries(texts).map(
    ([key, text]) => [key, withSupportParts(text, namesSupport)] as const,
  );
  const i18n = createInstance();
  i18n.init({
    lng: tag,
    fallbackLng: false,
    resources: { [tag]: { translation: Object.fromEntries(said) } },
    initAsync: false,
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false, prefix: "{", suffix: "}", skipOnVariables: true },
    missingInterpolationHandler: (text: string, found: RegExpExecArray) => {
      throw new Error(`Nothing fills ${found[0]} in "${text}".`);
    },
  });
  const has = (key: string): key is TextKey =>
    Object.hasOwn(texts, key) || Object.hasOwn(texts, `${key}_other`);
  const look = (key: string, params: Record<string, string | number>): string => {
    if (!has(key)) throw new Error(`There is no text "${key}" in ${tag}.`);
    return i18n.t(key, params);
  };

  return {
    tag,
    dir: directionOf(tag),
    has,
    template: (key) => texts[key] ?? "",
    t: (key, ...[params]) => look(key, { ...params }),
    say: (message) => look(message.key, "params" in message ? { ...message.params } : {}),
    around: (key, slot) => {
      const [before = "", after = ""] = look(key, { [slot]: MARK }).split(MARK);
      return [before, after];
    },
  };
}

// The regions that a browser's languages name, best first: "en-US, de" names US.
export function regionsOf(acceptLanguage: string): string[] {
  return wishesOf(acceptLanguage, /\s*,\s*/).flatMap((tag) => new Intl.Locale(tag).region ?? []);
}

// The countries that may be chosen, named in a language and sorted by those names; each list is made
// once.
export function createCountryLists<Country extends { readonly code: string }>(
  countries: readonly Country[],
): (language: Language) => readonly (Country & { readonly name: string })[] {
  const lists = new Map<string, readonly (Country & { readonly name: string })[]>();
  return ({ tag }) => {
    const list = lists.get(tag) ?? nameAndSort(countries, tag);
    lists.set(tag, list);
    return list;
  };
}

function nameAndSort<Country extends { readonly code: string }>(
  countries: readonly Country[],
  tag: string,
): (Country & { readonly name: string })[] {
  const names = new Intl.DisplayNames(tag, { type: "region" });
  const { compare } = new Intl.Collator(tag);
  return countries
    .map((country) => ({ ...country, name: names.of(country.code) ?? country.code }))
    .sort((a, b) => compare(a.name, b.name));
}

// Stands for the markup while the sentence around it is looked up.
const MARK = "\u0001";

const RIGHT_TO_LEFT = new Set(["Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg"]);

function directionOf(tag: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.has(new Intl.Locale(tag).maximize().script ?? "") ? "rtl" : "ltr";
}

const WISHES_LENGTH_MAX = 500;
const WISHES_MAX = 10;

// The well-formed tags of a list, best first. The matcher compares every wish with every language, so
// what comes from outside is cut short before anything looks at it.
function wishesOf(list: string | undefined, separator: RegExp): string[] {
  if (list === undefined) return [];
  const wishes = list.slice(0, WISHES_LENGTH_MAX).split(separator).slice(0, WISHES_MAX);
  return wishes
    .flatMap(readWish)
    .filter((wish) => wish.quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map((wish) => wish.tag);
}

function readWish(wish: string): { tag: string; quality: number }[] {
  const [name = "", parameter = "q=1"] = wish.split(";", 2);
  const quality = /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(parameter)?.[1];
  if (quality === undefined) return [];
  try {
    // Extensions ("-u-…", "-x-…") choose no catalog. Throws for what is not a language tag (BCP 47),
    // as the matcher would.
    const tags = Intl.getCanonicalLocales(name.trim().replace(/-[a-z0-9]-.*$/i, ""));
    return tags.map((tag) => ({ tag, quality: Number(quality) }));
  } catch {
    return [];
  }
}
