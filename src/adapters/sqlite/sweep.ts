// Sweeping the floor: rows that have expired, which every query passes over anyway.
import type { Instant } from "../../domain/time.ts";
import type { Database } from "./database.ts";

// Constants, since statements stay prepared.
const SWEEPS = ["records", "interactions", "attempt_runs", "numbers", "mails", "devices"].map(
  (table) =>
    `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE expires_at <= ? LIMIT ?)`,
);

// So few at a time that nobody's request waits behind it.
const BATCH_ROWS = 500;

export async function sweepExpired(
  database: Database,
  now: Instant,
  rowsMax: number,
): Promise<number> {
  let deleted = 0;
  for (const sweep of SWEEPS) {
    for (let full = true; full && deleted < rowsMax; ) {
      const rows = Math.min(BATCH_ROWS, rowsMax - deleted);
      const swept = await database.write((sql) => sql.run(sweep, now, rows));
      deleted += swept;
      full = swept === rows;
    }
  }
  return deleted;
}
