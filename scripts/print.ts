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
    if (name !== once?.member) table.push({ [name]: textOf(value) });
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

function tableOf<Item extends Printable>(
  items: readonly Item[],
  columns: readonly (keyof Item & string)[],
): string {
  if (items.length === 0) return "There are none.";
  const table = new Table({ head: [...columns], style: { head: [], border: [] } });
  for (const item of items) table.push(columns.map((column) => textOf(item[column])));
  return table.toString();
}

// One line per element of a list. What a terminal would act on, or hide, is shown as its number.
function textOf(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) {
    return value.map(visible).join("\n");
  }
  return visible(typeof value === "object" ? JSON.stringify(value) : String(value));
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
