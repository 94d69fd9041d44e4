// Writing the log back to the file while others commit. A thread with a connection of its own does it, so that
// the event loop waits for no disk but its own commit's. What is acknowledged never depends on it: a commit is in
// the log and on the disk. Without the thread, SQLite writes the log back within commits.
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";

export interface WriteBack {
  // To be told after each commit. Most processes commit little, and never start the thread.
  committed(): void;
  // Resolves when another commit may follow; null: now. While commits follow one another without a gap the thread
  // never gets to the end of the log, which begins anew only from there.
  room(): Promise<unknown> | null;
  // Resolves once the thread has let go of the file.
  stop(): Promise<void>;
}

// What the thread answers; null: it could not, for the disk is full, or the like.
export type WrittenBack = { readonly pages: number; readonly isAll: boolean } | null;

// SQLite counts the log's pages, of 4 KB, itself and writes them back within a commit: soon if there is no thread,
// and also with one when a log grows that large, so that no file grows without end.
const PAGES_WITHOUT_THREAD = 200;
const PAGES_MAX = 4_000;
// From here on commits make room.
const PAGES_UNTIL_ROOM = 1_000;
const ROOM_MS_MAX = 1_000;

// A changed row costs up to eight pages, its indexes with it.
const ROWS_EACH = 40;

const PROGRAM = new URL("./write-back-thread.mjs", import.meta.url);

// No write-back for a database in memory.
export const NO_WRITE_BACK: WriteBack = {
  committed() {},
  room: () => null,
  stop: async () => {},
};

export function createWriteBack(
  connection: DatabaseSync,
  file: string,
  program: URL = PROGRAM,
): WriteBack {
  const changes = connection.prepare("SELECT total_changes() AS rows");
  let writtenBackRows = 0;
  let thread: Worker | "none yet" | "lost" = "none yet";
  let underWay: PromiseWithResolvers<void> | null = null;
  // The length of the log from which on the next commit waits.
  let pagesUntilRoom = PAGES_UNTIL_ROOM;
  let needsRoom = false;
  commitsWriteBackAt(PAGES_WITHOUT_THREAD);

  function commitsWriteBackAt(pages: number): void {
    connection.exec(`PRAGMA wal_autocheckpoint = ${pages}`);
  }

  function start(): Worker | "lost" {
    try {
      // Neither the environment, which holds secrets, nor options: the thread needs nothing but the file.
      const options = { workerData: file, env: {}, execArgv: [], stdout: true, stderr: true };
      const started = new Worker(program, options);
      started.on("message", answered);
      started.on("error", lost);
      started.on("exit", lost);
      started.unref();
      return started;
    } catch {
      return "lost";
    }
  }

  function answered(writtenBack: WrittenBack): void {
    if (thread === "lost") return;
    commitsWriteBackAt(PAGES_MAX);
    const wasAlone = needsRoom;
    const { pages, isAll } = writtenBack ?? { pages: 0, isAll: false };
    // All of it as it was when the thread began: what was committed meanwhile is not in these figures.
    needsRoom = !wasAlone && pages >= pagesUntilRoom;
    // Somebody elsewhere still reads what is in the log, and waiting does not help.
    if (wasAlone) pagesUntilRoom = isAll ? PAGES_UNTIL_ROOM : pages + PAGES_UNTIL_ROOM;
    underWay?.resolve();
    underWay = null;
  }

  function lost(): void {
    if (thread === "lost") return;
    thread = "lost";
    needsRoom = false;
    if (connection.isOpen) commitsWriteBackAt(PAGES_WITHOUT_THREAD);
    underWay?.resolve();
    underWay = null;
  }

  function ask(): Promise<void> {
    if (underWay !== null) return underWay.promise;
    if (thread === "none yet") thread = start();
    if (thread === "lost") return Promise.resolve();
    underWay = Promise.withResolvers();
    writtenBackRows = changedRows();
    thread.postMessage("write back");
    return underWay.promise;
  }

  const changedRows = () => Number(changes.get()?.rows);

  return {
    committed() {
      if (thread === "lost" || underWay !== null) return;
      if (changedRows() - writtenBackRows >= ROWS_EACH) void ask();
    },
    room() {
      if (!needsRoom) return null;
      // In vain for once is better than for ever.
      return Promise.race([ask(), delay(ROOM_MS_MAX)]);
    },
    async stop() {
      if (typeof thread === "string") return;
      const stopping = thread;
      thread = "lost";
      // Returns when the thread has ended what it was just doing.
      await stopping.terminate();
    },
  };
}
