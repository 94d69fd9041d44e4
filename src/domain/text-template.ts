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

// Longer than any text of one segment can be, and not worth a closer look.
const LENGTH_MAX = 1_000;

// What is wrong with a template, everything together. Nothing in it is ever evaluated: a brace that is none of
// the three placeholders has no business in a text.
export function templateProblems(template: string, frame: TextFrame): TemplateProblem[] {
  if (template.trim() === "" || /[\p{C}\p{Zl}\p{Zp}]/u.test(template)) {
    return [{ because: "not-one-line" }];
  }
  if (template.length > LENGTH_MAX) return lengthProblems(template, frame);
  const problems: TemplateProblem[] = [];
  const rest = template.replaceAll(/\{(?:brand|code|minutes)\}/g, "");
  if (!template.includes("{code}")) problems.push({ because: "code-missing" });
  const placeholders = found(rest, /\{[^{}]*\}?|\}/g);
  if (placeholders.length > 0) {
    problems.push({ because: "unknown-placeholder", found: placeholders });
  }
  const words = [...new Set(template.split(/\s+/))];
  const links = words.filter((word) => /:\/\/|[\p{L}\p{N}]\.\p{L}{2,}/u.test(word));
  if (links.length > 0) problems.push({ because: "link", found: links });

  return [...problems, ...lengthProblems(template, frame)];
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
