// The sentence of a text as somebody writes it: what may stand in it, and whether it fits one segment.
import { type CodeText, composeCodeText, countSegments } from "./text-message.ts";

// What stands around the sentence in this installation.
export type TextFrame = Pick<CodeText, "brand" | "domain" | "lifeMinutes">;

export type TemplateProblem =
  | { readonly because: "not-one-line" }
  | { readonly because: "code-missing" }
  | { readonly because: "unknown-placeholder"; readonly found: readonly string[] }
  // People must learn that we never send one, and phones make one of anything like a host name.
  | { readonly because: "link"; readonly found: readonly string[] }
  | {
      readonly because: "too-long";
      readonly segments: number;
      readonly units: number;
      // The characters that make a text of fewer letters to the segment of it.
      readonly foreign: readonly string[];
    };

// Not worth a closer look, unless it shrinks to one segment when it is filled in.
const LENGTH_MAX = 1_000;

const PLACEHOLDER = /\{(?:brand|code|minutes)\}/g;
const LINK = /:\/\/|[\p{L}\p{M}\p{N}]\.[\p{L}\p{M}]{2,}|\d{1,3}(?:\.\d{1,3}){3}/u;

// What is wrong with a template, everything together. Nothing in it is ever evaluated: a brace that is none of
// the three placeholders has no business in a text.
export function templateProblems(template: string, frame: TextFrame): TemplateProblem[] {
  if (template.trim() === "" || /[\p{C}\p{Zl}\p{Zp}]/u.test(template)) {
    return [{ because: "not-one-line" }];
  }
  const tooLong = lengthProblems(template, frame);
  if (template.length > LENGTH_MAX && tooLong.length > 0) return tooLong;
  const problems: TemplateProblem[] = [];
  if (!template.includes("{code}")) problems.push({ because: "code-missing" });
  const placeholders = found(template.replaceAll(PLACEHOLDER, ""), /\{[^{}]*\}?|\}/g);
  if (placeholders.length > 0) {
    problems.push({ because: "unknown-placeholder", found: placeholders });
  }
  const links = [...new Set(template.split(/\s+/))].filter((word) => LINK.test(filledIn(word)));
  if (links.length > 0) problems.push({ because: "link", found: links });

  return [...problems, ...tooLong];
}

// A word as it reads when it goes out: {brand}.com is a link, and so is shop.{brand}. With a brand that is no link
// itself, since what an installation is called is not the template's fault.
function filledIn(word: string): string {
  return word.replaceAll(PLACEHOLDER, (name) => (name === "{brand}" ? "Brand" : "0"));
}

function lengthProblems(template: string, frame: TextFrame): TemplateProblem[] {
  const { segments, units, foreign } = countTemplate(template, frame);
  return segments > 1 ? [{ because: "too-long", segments, units, foreign }] : [];
}

// What a text of this template comes to; every code is as long.
export function countTemplate(template: string, frame: TextFrame) {
  return countSegments(composeCodeText({ ...frame, template, code: "000000" }));
}

function found(text: string, pattern: RegExp): string[] {
  return [...new Set(text.match(pattern) ?? [])];
}
