// The text that carries a code, the one that tells of something, and what a text costs: how many segments a
// network makes of it.

import { withSupportParts } from "./support-contact.ts";

export interface CodeText {
  readonly brand: string;
  readonly code: string;
  readonly lifeMinutes: number;
  // Where the code may be typed: the issuer's host.
  readonly domain: string;
  // A sentence of config/languages/, with {brand}, {code} and {minutes}.
  readonly template: string;
}

const BRAND_MAX = 32;

// The sentence, and a last line that binds the code to our domain: phones offer the code there and
// nowhere else (WICG, Origin-bound one-time codes delivered via SMS). No link: people must learn that
// we never send one.
export function composeCodeText(given: CodeText): string {
  const values = new Map([
    ["{brand}", plainBrand(given.brand)],
    ["{code}", given.code],
    ["{minutes}", String(given.lifeMinutes)],
  ]);
  // In one pass, and nothing is evaluated: a brand that looks like a placeholder stays what it is.
  const sentence = given.template.replace(
    /\{(?:brand|code|minutes)\}/g,
    (placeholder) => values.get(placeholder) ?? placeholder,
  );
  return `${sentence}\n@${given.domain} #${given.code}`;
}

// A sentence alone: without a code there is nothing to bind to a domain. The template has {brand}, and {support} in
// a part that is left out where nobody is named, and where it would not fit one segment.
export function composeNoticeText({
  brand,
  template,
  support = "",
}: Pick<CodeText, "brand" | "template"> & { readonly support?: string }): string {
  const values = new Map([
    ["{brand}", plainBrand(brand)],
    ["{support}", support],
  ]);
  const [short = "", whole = ""] = [false, support !== ""].map((named) =>
    withSupportParts(template, named).replace(
      /\{(?:brand|support)\}/g,
      (placeholder) => values.get(placeholder) ?? placeholder,
    ),
  );
  return countSegments(whole).segments === 1 ? whole : short;
}

export interface SegmentCount {
  readonly encoding: "gsm-7" | "ucs-2";
  readonly segments: number;
  // Septets or 16-bit units.
  readonly units: number;
  // The characters, each once, that GSM-7 lacks and that make the text UCS-2.
  readonly foreign: readonly string[];
}

// The default alphabet and its extension (3GPP TS 23.038, 6.2.1).
const GSM_BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const GSM_EXTENDED = new Set("\f^{}\\[~]|€");

// How many segments a text takes. A long one loses some room in each segment to a header.
export function countSegments(text: string): SegmentCount {
  const characters = [...text];
  const foreign = new Set(characters.filter((c) => !GSM_BASIC.has(c) && !GSM_EXTENDED.has(c)));
  if (foreign.size === 0) {
    const sizes = characters.map((c) => (GSM_EXTENDED.has(c) ? 2 : 1));
    return { encoding: "gsm-7", ...pack(sizes, { whole: 160, part: 153 }), foreign: [] };
  }
  const sizes = characters.map((c) => c.length);
  return { encoding: "ucs-2", ...pack(sizes, { whole: 70, part: 67 }), foreign: [...foreign] };
}

// A character of two units is never cut in two.
function pack(sizes: readonly number[], room: { whole: number; part: number }) {
  const units = sizes.reduce((sum, size) => sum + size, 0);
  if (units <= room.whole) return { units, segments: 1 };
  let segments = 1;
  let used = 0;
  for (const size of sizes) {
    if (used + size > room.part) {
      segments++;
      used = 0;
    }
    used += size;
  }
  return { units, segments };
}

// A line break in a brand could add a last line of its own, bound to another domain.
function plainBrand(brand: string): string {
  const line = brand.replace(/[\p{C}\p{Z}]+/gu, " ").trim();
  return [...line].slice(0, BRAND_MAX).join("");
}
