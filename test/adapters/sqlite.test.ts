// The embedded store keeps what every store promises, in memory and on a file; and of every statement
// that this took, SQLite is asked how it goes about it.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStorage } from "../../src/adapters/sqlite/storage.ts";
import { storageContract } from "../contract/index.ts";
import { SECRETS, temporaryDirectory } from "../support/sqlite-files.ts";

const directory = temporaryDirectory();
const statements = new Set<string>();
let files = 0;

function open(file: string) {
  const onPrepare = (text: string) => statements.add(text);
  return openSqliteStorage({ file, secrets: SECRETS, onPrepare });
}

after(() => rmSync(directory, { recursive: true, force: true }));

storageContract("sqlite in memory", () => open(":memory:"));

storageContract("sqlite on a file", () => open(`${directory}/${files++}.sqlite`));

describe("the statements of sqlite", () => {
  // Lists of what administrators made or have to look at: a handful of rows, and all of them wanted.
  const WHOLE_TABLES = [
    "SELECT id, sealed FROM applications ORDER BY id",
    "SELECT id, sealed FROM resources ORDER BY id",
    "SELECT kid, sealed FROM signing_keys ORDER BY created_at, kid",
    "SELECT 1 FROM signing_keys WHERE kid = ? OR (alg = ? AND created_at > ?) LIMIT 1",
    "SELECT count(*) AS objects FROM sqlite_schema",
    "SELECT * FROM pauses ORDER BY scope",
    "SELECT key, sealed FROM test_numbers",
    // Ends all of them, so many at a time.
    "DELETE FROM records WHERE rowid IN (SELECT rowid FROM records WHERE model <> 'ReplayDetection' LIMIT ?)",
    "DELETE FROM interactions WHERE rowid IN (SELECT rowid FROM interactions LIMIT ?)",
  ];

  // Whether there is anything at all: looks at one row, and stops.
  const ONE_ROW = /^SELECT 1 FROM \w+ LIMIT 1$/;

  it("find their rows by an index, and never by reading a whole table", async () => {
    const file = `${directory}/plans.sqlite`;
    await (await open(file)).close();
    const connection = new DatabaseSync(file);
    const asked = [...statements].filter((text) => /^(SELECT|UPDATE|DELETE|INSERT)/.test(text));
    const scanning = asked.filter((text) =>
      connection
        .prepare(`EXPLAIN QUERY PLAN ${text}`)
        .all()
        .some((step) => /SCAN|TEMP B-TREE/.test(String(step.detail))),
    );
    connection.close();
    assert.ok(asked.length > 50, "the contract has to run first");
    assert.deepEqual(
      scanning.filter((text) => !WHOLE_TABLES.includes(text) && !ONE_ROW.test(text)),
      [],
    );
  });
});
