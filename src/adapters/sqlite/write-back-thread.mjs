// The thread that writes the log back when it is asked to: see write-back.ts. Plain JavaScript: what strips types
// would cost this thread 18 MB and 80 ms.
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";

// A file that is gone is not made anew.
const location = pathToFileURL(workerData);
location.searchParams.set("mode", "rw");
const connection = new DatabaseSync(location);
connection.exec("PRAGMA synchronous = FULL");
// A connection that has read nothing knows of no log.
connection.exec("SELECT count(*) FROM sqlite_schema");

parentPort?.on("message", () => parentPort?.postMessage(writeBack()));

// Answers a WrittenBack. Waits for nobody, and leaves what somebody still reads.
function writeBack() {
  try {
    const row = connection.prepare("PRAGMA wal_checkpoint(PASSIVE)").get();
    return { pages: row?.log, isAll: row?.busy === 0 && row.log === row.checkpointed };
  } catch {
    return null;
  }
}
