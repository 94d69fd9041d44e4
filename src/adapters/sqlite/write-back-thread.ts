// The thread that writes the log back when it is asked to: see write-back.ts.
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import type { WrittenBack } from "./write-back.ts";

// A file that is gone is not made anew.
const location = pathToFileURL(String(workerData));
location.searchParams.set("mode", "rw");
const connection = new DatabaseSync(location);
connection.exec("PRAGMA synchronous = FULL");
// A connection that has read nothing knows of no log.
connection.exec("SELECT count(*) FROM sqlite_schema");

parentPort?.on("message", () => parentPort?.postMessage(writeBack()));

// Waits for nobody, and leaves what somebody still reads.
function writeBack(): WrittenBack {
  try {
    const row = connection.prepare("PRAGMA wal_checkpoint(PASSIVE)").get();
    const pages = Number(row?.log);
    return { pages, isAll: row?.busy === 0 && pages === Number(row?.checkpointed) };
  } catch {
    return null;
  }
}
