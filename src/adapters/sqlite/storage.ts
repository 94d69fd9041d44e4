// The embedded store: one SQLite file, nothing to install, safe beside the command line on the same file.
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { openVault, type Vault } from "../../domain/vault.ts";
import type { Storage } from "../../ports/storage.ts";
import { createAuditLog } from "./audit.ts";
import { createBudgetStore } from "./budgets.ts";
import { readDataKey } from "./data-key.ts";
import { createDataKeyStore, followingKeys } from "./data-keys.ts";
import { connect, createDatabase, type Database, patiently } from "./database.ts";
import { createDeviceStore } from "./devices.ts";
import { endSignIns } from "./end-sign-ins.ts";
import { createInteractionStore } from "./interactions.ts";
import { createMailQueue } from "./mails.ts";
import { createMessageStore } from "./messages.ts";
import { createNumberStore } from "./numbers.ts";
import { createPing } from "./ping.ts";
import { createRecordStore } from "./records.ts";
import { createRegistry } from "./registry.ts";
import { createRulesStore } from "./rules.ts";
import { migrate, requireOurFile } from "./schema.ts";
import { createSigningKeyStore } from "./signing-keys.ts";
import { createSweep } from "./sweep.ts";
import { createTestNumberStore } from "./test-numbers.ts";
import { createTransferStore } from "./transfer.ts";
import { createUserStore } from "./users.ts";
import { createWriteBack } from "./write-back.ts";

export interface SqliteOptions {
  // A path, or ":memory:".
  readonly file: string;
  // The first one wraps the data key; any of them may unwrap it.
  readonly secrets: readonly string[];
  readonly now?: (() => number) | undefined;
  // The wrapped data key of the store that is to be moved into this one.
  readonly movedDataKey?: Uint8Array | undefined;
  // Told the text of every statement once; tests ask SQLite how it means to run them.
  readonly onPrepare?: ((text: string) => void) | undefined;
  // What the thread runs that writes the log back; tests give one that fails.
  readonly writeBackProgram?: URL | undefined;
}

// Opens a store, making it if there is none. Refuses, with a sentence that says why, a file that is not
// ours, one of a newer version, and one that was sealed under another secret.
export async function openSqliteStorage(options: SqliteOptions): Promise<Storage> {
  const { file, secrets, now = Date.now } = options;
  const inMemory = file === ":memory:";
  if (!inMemory) makeFile(file);
  const connection = connect(file);
  try {
    await prepareFile(connection, file);
    const database = createDatabase(connection, {
      writeBack: inMemory ? undefined : createWriteBack(connection, file, options.writeBackProgram),
      onPrepare: options.onPrepare,
    });
    const dataKey = await database.write((sql) => {
      migrate(sql, file);
      return readDataKey(sql, secrets, options.movedDataKey);
    });
    const vault = openVault(dataKey, now);
    return createStorage(followingKeys(database, vault, secrets), { vault, secrets, now });
  } catch (error) {
    connection.close();
    throw error;
  }
}

// Readable by nobody else. SQLite gives the log beside it the same mode.
function makeFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, "a", 0o600));
}

// The order matters: the switch to WAL already writes to the file.
async function prepareFile(connection: DatabaseSync, file: string): Promise<void> {
  await patiently(() => requireOurFile(connection, file));
  await patiently(() => connection.exec("PRAGMA journal_mode = WAL"));
  // What is acknowledged survives a loss of power, not only a crash.
  connection.exec("PRAGMA synchronous = FULL");
  connection.exec("PRAGMA temp_store = MEMORY");
  connection.exec("PRAGMA cache_size = -16384");
  // A log that had to grow is cut again when it begins anew.
  connection.exec("PRAGMA journal_size_limit = 16777216");
}

interface Opened {
  readonly vault: Vault;
  readonly secrets: readonly string[];
  readonly now: () => number;
}

function createStorage(database: Database, { vault, secrets, now }: Opened): Storage {
  return {
    users: createUserStore(database, vault, now),
    applications: createRegistry(database, vault, "application"),
    resources: createRegistry(database, vault, "resource"),
    rules: createRulesStore(database, vault),
    interactions: createInteractionStore(database, vault),
    numbers: createNumberStore(database, vault),
    messages: createMessageStore(database, vault),
    testNumbers: createTestNumberStore(database, vault),
    records: createRecordStore(database, vault),
    signingKeys: createSigningKeyStore(database, vault),
    audit: createAuditLog(database, vault),
    mails: createMailQueue(database, vault),
    devices: createDeviceStore(database, vault),
    budgets: createBudgetStore(database, vault),
    transfer: createTransferStore(database, vault),
    dataKeys: createDataKeyStore(database, vault, secrets),
    vault,
    ping: createPing(database),
    sweep: createSweep(database),
    endSignIns: (rowsMax) => endSignIns(database, rowsMax),
    statistics: () => database.statistics(),
    close: () => database.close(),
  };
}
