// One connection to one file, and the two doors to it: every port call that reaches the database goes
// through read or write. Writes of one turn of the event loop share a transaction (group commit).
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { asCallersError, closedError, isBusy } from "./failures.ts";
import { createSql, type Sql } from "./sql.ts";
import { NO_WRITE_BACK, type WriteBack } from "./write-back.ts";

export interface Database {
  // Runs a query at once. What takes part in one answer belongs in one statement: between two,
  // another process may write.
  read<T>(query: (sql: Sql) => T): Promise<T>;
  // Runs a change alone against all other changes of all processes; resolves once it is on the disk.
  // If it throws, it alone is undone. It must depend on nothing but the database, for it runs again
  // when the file was busy.
  write<T>(change: (sql: Sql) => T): Promise<T>;
  // Changes when another connection has committed anything. Does not count as a read.
  foreignChanges(): number;
  statistics(): { readonly reads: number; readonly writes: number };
  // Commits what is queued, then lets go of the file.
  close(): Promise<void>;
}

// SQLite waits in the event loop's thread, so it may wait only briefly; the rest of the patience
// is ours, between turns.
const BUSY_TIMEOUT_MS = 50;
const PATIENCE_MS = 5_000;
const PAUSE_MS_MAX = 50;

interface QueuedWrite {
  // Runs the change and says how to settle its promise once the transaction is committed.
  run(sql: Sql): () => void;
  reject(error: unknown): void;
}

export function connect(file: string): DatabaseSync {
  return new DatabaseSync(file, {
    timeout: BUSY_TIMEOUT_MS,
    enableForeignKeyConstraints: false,
    defensive: true,
  });
}

export interface DatabaseOptions {
  readonly writeBack?: WriteBack | undefined;
  readonly onPrepare?: ((text: string) => void) | undefined;
}

export function createDatabase(
  connection: DatabaseSync,
  { writeBack = NO_WRITE_BACK, onPrepare }: DatabaseOptions = {},
): Database {
  const sql = createSql(connection, onPrepare);
  const counts = { reads: 0, writes: 0 };
  let queue: QueuedWrite[] = [];
  let flushing: Promise<void> | null = null;
  let closing: Promise<void> | null = null;

  // Takes everything that has been queued so far, what came in during a pause included.
  function commitQueue(): void {
    const settle = inTransaction(connection, sql, () => queue.map((each) => runAlone(each)));
    queue = [];
    for (const each of settle) each();
    writeBack.committed();
  }

  // A change within a savepoint of its own, so that it fails alone.
  function runAlone(write: QueuedWrite): () => void {
    sql.run("SAVEPOINT change");
    try {
      const settle = write.run(sql);
      sql.run("RELEASE change");
      return settle;
    } catch (error) {
      // After some errors (disk full, I/O) SQLite has rolled back everything by itself.
      if (isBusy(error) || !connection.isTransaction) throw error;
      sql.run("ROLLBACK TO change");
      sql.run("RELEASE change");
      return () => write.reject(asCallersError(error));
    }
  }

  // Goes on while there are writes: one that is queued before this function is through finds it running.
  async function flush(): Promise<void> {
    while (queue.length > 0) {
      await nextTurn();
      await writeBack.room();
      try {
        await patiently(commitQueue);
      } catch (error) {
        const failed = queue;
        queue = [];
        for (const each of failed) each.reject(error);
      }
    }
    flushing = null;
  }

  async function letGo(): Promise<void> {
    await flushing;
    await writeBack.stop();
    try {
      // Without this a reader in another process could keep the log from being cut for good.
      connection.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // The log stays beside the file and is read on the next opening: nothing is lost.
    }
    connection.close();
  }

  return {
    async read(query) {
      if (closing !== null) throw closedError();
      counts.reads++;
      return patiently(() => query(sql));
    },
    write(change) {
      if (closing !== null) return Promise.reject(closedError());
      counts.writes++;
      return new Promise((resolve, reject) => {
        queue.push({
          run: (within) => {
            const result = change(within);
            return () => resolve(result);
          },
          reject,
        });
        flushing ??= flush();
      });
    },
    foreignChanges() {
      if (closing !== null) throw closedError();
      try {
        return Number(sql.get("PRAGMA data_version")?.data_version);
      } catch (error) {
        throw asCallersError(error);
      }
    },
    statistics: () => ({ ...counts }),
    close() {
      closing ??= letGo();
      return closing;
    },
  };
}

// Runs all of it in one transaction that has the write lock from the start: one that began by reading
// could not go on once another process had written.
function inTransaction<T>(connection: DatabaseSync, sql: Sql, work: () => T): T {
  try {
    sql.run("BEGIN IMMEDIATE");
    const result = work();
    sql.run("COMMIT");
    return result;
  } catch (error) {
    if (connection.isTransaction) sql.run("ROLLBACK");
    throw error;
  }
}

// Tries again while another process has the file, without holding up the event loop.
export async function patiently<T>(attempt: () => T): Promise<T> {
  const givesUpAt = performance.now() + PATIENCE_MS;
  for (let pause = 2; ; pause = Math.min(pause * 2, PAUSE_MS_MAX)) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() > givesUpAt) throw asCallersError(error);
    }
    // A random share of the pause, or processes that met once would meet again.
    await delay(pause * (0.5 + Math.random() / 2));
  }
}
