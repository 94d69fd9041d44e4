// Sweeping the floor: rows that have expired, which every query passes over anyway.
import type { Instant } from "../../domain/time.ts";
import type { Database } from "./database.ts";

// Constants, since statements stay prepared.
const SWEEPS = [
  "records",
  "interactions",
  "attempt_runs",
  "numbers",
  "messages",
  "mails",
  "devices",
].map(
  (table) =>
    `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE expires_at <= ? LIMIT ?)`,
);

// Nobody's request waits behind a batch for much longer than this, its commit with it: what a row costs depends
// on how far apart its index entries lie and on the disk, so batches find their size as they go. A batch is also
// what a commit puts into the log at once, which has to be written back before the log may begin anew.
const BATCH_MS = 10;
const BATCH_ROWS_MIN = 5;
const BATCH_ROWS_MAX = 100;

export type Sweep = (now: Instant, rowsMax: number) => Promise<number>;

// A sweep that remembers how many rows it may take at a time.
export function createSweep(database: Database): Sweep {
  let batchRows = 50;

  async function sweepBatch(text: string, now: Instant, rows: number): Promise<number> {
    const began = performance.now();
    const swept = await database.write((sql) => sql.run(text, now, rows));
    const tookMs = performance.now() - began;
    // A batch that found little says nothing about a full one.
    if (swept === batchRows) {
      const factor = Math.min(1.5, BATCH_MS / Math.max(tookMs, 0.1));
      batchRows = Math.min(BATCH_ROWS_MAX, Math.max(BATCH_ROWS_MIN, Math.floor(swept * factor)));
    }
    return swept;
  }

  return async (now, rowsMax) => {
    let deleted = 0;
    for (const text of SWEEPS) {
      for (let full = true; full && deleted < rowsMax; ) {
        const rows = Math.min(batchRows, rowsMax - deleted);
        const swept = await sweepBatch(text, now, rows);
        deleted += swept;
        full = swept === rows;
      }
    }
    return deleted;
  };
}
