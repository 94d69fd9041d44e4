// What is wrong with input, in sentences: zod's issues are made for programmers.
import type { z } from "zod";

type Issue = z.core.$ZodIssue;

// All that is wrong, a sentence each. An issue of ours has a message that goes on after the value's name.
export function sentencesOf(issues: readonly Issue[]): string {
  return issues.map(sentenceOf).join(" ");
}

function sentenceOf(issue: Issue): string {
  if (issue.code === "unrecognized_keys") return `There is no ${issue.keys.join(", ")} to set.`;
  const predicate = predicateOf(issue);
  return issue.path.length === 0 ? sentence(predicate) : `The ${nameOf(issue.path)} ${predicate}.`;
}

// "defaultMaxAge" is told as "default max age"; of a list, its place as well.
function nameOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === "number" ? `no. ${part + 1}` : words(String(part))))
    .join(" ");
}

function words(name: string): string {
  return name.replaceAll(/(?<=[a-z])[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`);
}

function predicateOf(issue: Issue): string {
  switch (issue.code) {
    case "too_big":
      return `must ${isNumber(issue.origin) ? "be" : "have"} at most ${issue.maximum}${unitOf(issue.origin)}`;
    case "too_small":
      return `must ${isNumber(issue.origin) ? "be" : "have"} at least ${issue.minimum}${unitOf(issue.origin)}`;
    case "invalid_type":
      return issue.input === undefined
        ? "is needed"
        : `must be ${TYPES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be one of: ${issue.values.join(", ")}`;
    case "invalid_format":
      return issue.message.startsWith("Invalid") ? "has the wrong form" : issue.message;
    default:
      return issue.message;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  array: "a list",
};

function isNumber(origin: string): boolean {
  return origin === "number" || origin === "int";
}

function unitOf(origin: string): string {
  if (origin === "string") return " characters";
  return origin === "array" ? " entries" : "";
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.?$/, ".")}`;
}
