// Sweeping the floor: rows that have expired, which every query passes over anyway. Interactions are swept elsewhere,
// for some of them have something to say.
import type { Instant } from "../../domain/time.ts";
import type { Database } from "./database.ts";
import type { Sql } from "./sql.ts";

// Constants, since statements stay prepared.
const SWEEPS = ["records", "attempt_runs", "numbers", "messages", "mails", "devices"].map(
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

export function createSweep(database: Database): Sweep {
  const inBatches = createBatches(database);
  return async (now, rowsMax) => {
    let deleted = 0;
    for (const text of SWEEPS) {
      deleted += await inBatches(rowsMax - deleted, (sql, rows) => sql.run(text, now, rows));
    }
    return deleted;
  };
}

// Takes rows, so many at most, and says how many there were.
export type TakeRows = (sql: Sql, rowsMax: number) => number;

// Batches that remember how many rows they may take at a time: goes on until there are fewer, or so many were taken.
export function createBatches(
  database: Database,
): (rowsMax: number, take: TakeRows) => Promise<number> {
  let batchRows = 50;

  async function takeBatch(rows: number, take: TakeRows): Promise<number> {
    const began = performance.now();
    const taken = await database.write((sql) => take(sql, rows));
    const tookMs = performance.now() - began;
    // A batch that found little says nothing about a full one.
    if (taken === batchRows) {
      const factor = Math.min(1.5, BATCH_MS / Math.max(tookMs, 0.1));
      batchRows = Math.min(BATCH_ROWS_MAX, Math.max(BATCH_ROWS_MIN, Math.floor(taken * factor)));
    }
    return taken;
  }

  return async (rowsMax, take) => {
    let all = 0;
    for (let full = true; full && all < rowsMax; ) {
      const rows = Math.min(batchRows, rowsMax - all);
      const taken = await takeBatch(rows, take);
      all += taken;
      full = taken === rows;
    }
    return all;
  };
}
