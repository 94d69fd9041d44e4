// The embedded store keeps what every store promises, in memory and on a file.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openSqliteStorage } from "../../src/adapters/sqlite/storage.ts";
import { storageContract } from "../contract/index.ts";

const SECRETS = ["a secret of the tests that is long enough"];

storageContract("sqlite in memory", () =>
  openSqliteStorage({ file: ":memory:", secrets: SECRETS }),
);

describe("sqlite on a file", () => {
  const directory = mkdtempSync(path.join(tmpdir(), "latchkey-contract-"));
  let files = 0;
  after(() => rmSync(directory, { recursive: true, force: true }));

  storageContract("of its own", () =>
    openSqliteStorage({ file: path.join(directory, `${files++}.sqlite`), secrets: SECRETS }),
  );
});
