// Ending every sign-in, whoever's it is.
import type { Database } from "./database.ts";

// Constants, since statements stay prepared.
const ENDINGS = [
  "DELETE FROM records WHERE rowid IN (SELECT rowid FROM records WHERE model <> 'ReplayDetection' LIMIT ?)",
  "DELETE FROM interactions WHERE rowid IN (SELECT rowid FROM interactions LIMIT ?)",
];

export function endSignIns(database: Database, rowsMax: number): Promise<number> {
  return database.write((sql) => {
    let ended = 0;
    for (const text of ENDINGS) ended += sql.run(text, rowsMax - ended);
    return ended;
  });
}
