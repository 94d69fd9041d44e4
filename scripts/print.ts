// What commands print: one JSON text, or tables for people.
import Table from "cli-table3";
import { terminal, wantsJson } from "./terminal.ts";

type Printable = object;

// One thing: a JSON object, or a table of its members. `once` names a member that is told this once, and
// how to say so.
export function printThing(
  thing: Printable,
  once?: { readonly member: string; readonly called: string },
): void {
  if (wantsJson()) {
    print(JSON.stringify(thing));
    return;
  }
  const entries = Object.entries(thing).filter(([, value]) => value !== undefined);
  const told = entries.find(([name]) => name === once?.member);
  const table = new Table({ style: { head: [], border: [] } });
  for (const [name, value] of entries) {
    if (name !== once?.member) table.push({ [name]: textOf(value, name) });
  }
  print(table.toString());
  if (once !== undefined && told !== undefined) {
    print(`\nThe ${once.called}, shown this once; keep it safe:\n\n  ${textOf(told[1])}\n`);
  }
}

// A list: {"items":[…]}, or a table with these columns.
export function printList<Item extends Printable>(
  items: readonly Item[],
  columns: readonly (keyof Item & string)[],
): void {
  print(wantsJson() ? JSON.stringify({ items }) : tableOf(items, columns));
}

// Something to read beside the result; not in JSON.
export function printNote(sentence: string): void {
  if (!wantsJson()) print(sentence);
}

// How far it is, for whoever waits; on standard error, since it is no result.
export function printProgress(sentence: string): void {
  if (!wantsJson()) terminal().stderr.write(`${sentence}\n`);
}

function tableOf<Item extends Printable>(
  items: readonly Item[],
  columns: readonly (keyof Item & string)[],
): string {
  if (items.length === 0) return "There are none.";
  const table = new Table({ head: [...columns], style: { head: [], border: [] } });
  for (const item of items) table.push(columns.map((column) => textOf(item[column], column)));
  return table.toString();
}

// One line per element of a list or member of an object. What a terminal would act on, or hide, is shown as its number.
function textOf(value: unknown, name = ""): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map((each) => textOf(each)).join("\n");
  if (typeof value === "object") return linesOf(value).join("\n");
  return visible(isInstant(name, value) ? dateOf(Number(value)) : String(value));
}

function linesOf(thing: object): string[] {
  return Object.entries(thing).map(([name, value]) => `${visible(name)}: ${textOf(value, name)}`);
}

// Seconds since 1970, as client metadata has them (RFC 7591, 3.2.1).
function isInstant(name: string, value: unknown): boolean {
  return name.endsWith("_at") && typeof value === "number";
}

function dateOf(seconds: number): string {
  return seconds === 0 ? "never" : new Date(seconds * 1000).toISOString();
}

function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

function print(text: string): void {
  terminal().stdout.write(`${text}\n`);
}
