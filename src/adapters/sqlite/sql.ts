// Statements, prepared once each, and columns read by type, so that a row that is not what the
// schema says is found here and not three rooms further.
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";

export type Row = Readonly<Record<string, SQLOutputValue>>;

export interface Sql {
  get(text: string, ...values: SQLInputValue[]): Row | undefined;
  all(text: string, ...values: SQLInputValue[]): Row[];
  // How many rows changed.
  run(text: string, ...values: SQLInputValue[]): number;
}

// Texts must be constants: every different one stays prepared for as long as the store is open.
export function createSql(connection: DatabaseSync, onPrepare?: (text: string) => void): Sql {
  const prepared = new Map<string, StatementSync>();
  const statement = (text: string): StatementSync => {
    const known = prepared.get(text);
    if (known !== undefined) return known;
    const fresh = connection.prepare(text);
    prepared.set(text, fresh);
    onPrepare?.(text);
    return fresh;
  };
  return {
    get: (text, ...values) => statement(text).get(...values),
    all: (text, ...values) => statement(text).all(...values),
    run: (text, ...values) => Number(statement(text).run(...values).changes),
  };
}

export function textIn(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw new TypeError(`${column} is not a text`);
  return value;
}

export function textOrNullIn(row: Row, column: string): string | null {
  return row[column] === null ? null : textIn(row, column);
}

export function integerIn(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw new TypeError(`${column} is not an integer`);
  return value;
}

export function integerOrNullIn(row: Row, column: string): number | null {
  return row[column] === null ? null : integerIn(row, column);
}

export function bytesIn(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw new TypeError(`${column} is not a blob`);
  return value;
}

export function bytesOrNullIn(row: Row, column: string): Uint8Array | null {
  return row[column] === null ? null : bytesIn(row, column);
}
