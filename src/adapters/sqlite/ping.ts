// Whether the store can be read and written: a full disk and a file that may not be written show only on writing.
import type { Database } from "./database.ts";

// However often it is asked, the disk is written to no more often than this, while all is well.
const WRITE_MS = 1_000;

export function createPing(database: Database): () => Promise<void> {
  let writtenAt: number | null = null;
  return async () => {
    await database.read((sql) => sql.get("SELECT 1 FROM meta LIMIT 1"));
    if (writtenAt !== null && performance.now() - writtenAt < WRITE_MS) return;
    writtenAt = null;
    // Something new each time, for SQLite writes no page that stays as it was; and as much as a change may need, which a
    // disk with a little room left would refuse.
    await database.write((sql) => {
      sql.run("INSERT OR REPLACE INTO meta (name, value) VALUES ('probe', randomblob(16384))");
    });
    writtenAt = performance.now();
  };
}
