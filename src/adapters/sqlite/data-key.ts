// The data key of a store: made once, kept wrapped, unwrapped with whichever secret fits.
import { createDataKey, unwrapDataKey, wrapDataKey } from "../../domain/vault.ts";
import { bytesIn, type Sql } from "./sql.ts";

// The data key. A fresh store gets one; one that was wrapped under an older secret is wrapped again
// under the first, so that the older one can be dropped.
export function readDataKey(sql: Sql, secrets: readonly string[]): Buffer {
  const [first] = secrets;
  if (first === undefined) throw new RangeError("at least one secret is needed");

  const row = sql.get("SELECT value FROM meta WHERE name = 'data-key'");
  if (row === undefined) {
    const dataKey = createDataKey();
    storeWrapped(sql, wrapDataKey(dataKey, first));
    return dataKey;
  }

  const unwrapped = unwrapDataKey(bytesIn(row, "value"), secrets);
  if (unwrapped === null) {
    throw new Error("The store was sealed under another SECRET; none of those given opens it.");
  }
  if (!unwrapped.byFirst) storeWrapped(sql, wrapDataKey(unwrapped.dataKey, first));
  return unwrapped.dataKey;
}

function storeWrapped(sql: Sql, wrapped: Uint8Array): void {
  sql.run(
    `INSERT INTO meta (name, value) VALUES ('data-key', ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    wrapped,
  );
}
