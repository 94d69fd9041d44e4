// What a command asks for, without its values: which fields of which collection, in which order. MongoDB's own
// explain is not to be had from the servers that stand in for it; the declared indexes are.
import type { Command } from "../../src/adapters/mongo/database.ts";
import { type CollectionName, declaredIndexes } from "../../src/adapters/mongo/schemas.ts";

export interface QueryShape {
  readonly collection: string;
  readonly operation: string;
  readonly fields: readonly string[];
  readonly sort: readonly string[];
}

// Small by nature, and all of it wanted, or one document of it.
const WHOLE: readonly string[] = [
  '{"collection":"pauses","operation":"find","fields":[],"sort":["_id"]}',
  '{"collection":"test_numbers","operation":"find","fields":[],"sort":[]}',
  // Whether there is anything at all, before a transfer.
  '{"collection":"users","operation":"find","fields":["removed"],"sort":[]}',
  '{"collection":"applications","operation":"find","fields":["removed"],"sort":[]}',
  '{"collection":"test_numbers","operation":"find","fields":["removed"],"sort":[]}',
  '{"collection":"signing_keys","operation":"find","fields":[],"sort":[]}',
  '{"collection":"audit","operation":"find","fields":[],"sort":[]}',
];

// The queries in a command; inserts have none.
export function queriesIn(command: Command): QueryShape[] {
  for (const operation of ["find", "findAndModify", "aggregate"]) {
    if (typeof command[operation] !== "string") continue;
    const filter = operation === "find" ? command.filter : (command.query ?? matchIn(command));
    return [shapeOf(String(command[operation]), operation, filter, command.sort)];
  }
  for (const [operation, statements] of [
    ["update", command.updates],
    ["delete", command.deletes],
  ] as const) {
    if (typeof command[operation] !== "string") continue;
    const collection = String(command[operation]);
    return [statements].flat().map((each) => shapeOf(collection, operation, Object(each).q, null));
  }
  return [];
}

// Whether no index leads to what is asked for: neither _id, nor one whose first field is asked for and which
// yields the order.
export function unindexed(shape: QueryShape): boolean {
  if (WHOLE.includes(JSON.stringify(shape))) return false;
  const indexes = declaredIndexes(shape.collection as CollectionName).map(([fields]) =>
    Object.keys(fields),
  );
  return ![["_id"], ...indexes].some((index) => serves(index, shape));
}

function serves(index: readonly string[], { fields, sort }: QueryShape): boolean {
  const [first = ""] = index;
  if (!fields.includes(first)) return false;
  // What is asked for by equality comes first, the order after it.
  return sort.every((field) => index.includes(field));
}

function shapeOf(
  collection: string,
  operation: string,
  filter: unknown,
  sort: unknown,
): QueryShape {
  return { collection, operation, fields: keysOf(filter), sort: keysOf(sort) };
}

function matchIn({ pipeline }: Command): unknown {
  const match = [pipeline].flat().find((stage) => "$match" in Object(stage));
  return Object(match).$match;
}

function keysOf(value: unknown): string[] {
  if (value instanceof Map) return [...value.keys()].map(String);
  return Object.keys(Object(value));
}
