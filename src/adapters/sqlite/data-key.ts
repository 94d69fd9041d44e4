// Where the data key of the embedded store lies.
import { openDataKey, requireEmpty } from "../stored/data-key.ts";
import { bytesIn, type Sql } from "./sql.ts";

export function readDataKey(
  sql: Sql,
  secrets: readonly string[],
  moved?: Uint8Array | undefined,
): Buffer {
  const stored = findDataKey(sql);
  if (stored === null) requireEmpty(!holdsSomething(sql));
  const { dataKey, toStore } = openDataKey(stored, secrets, moved);
  if (toStore !== null) storeDataKey(sql, toStore);
  return dataKey;
}

function holdsSomething(sql: Sql): boolean {
  const user = sql.get("SELECT 1 FROM users LIMIT 1");
  return (user ?? sql.get("SELECT 1 FROM signing_keys LIMIT 1")) !== undefined;
}

export function findDataKey(sql: Sql): Uint8Array | null {
  const row = sql.get("SELECT value FROM meta WHERE name = 'data-key'");
  return row === undefined ? null : bytesIn(row, "value");
}

export function storeDataKey(sql: Sql, wrapped: Uint8Array): void {
  sql.run(
    `INSERT INTO meta (name, value) VALUES ('data-key', ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    wrapped,
  );
}
