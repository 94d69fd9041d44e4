// MongoDB, for more than one machine: every promise of the ports is one conditional write to one document. No
// transaction is needed, and no unique, partial or TTL index but _id.
import { openVault, type Vault } from "../../domain/vault.ts";
import type { Storage } from "../../ports/storage.ts";
import { createAuditLog } from "./audit.ts";
import { createBudgetStore } from "./budgets.ts";
import { createDataKeyStore, followingKeys } from "./data-keys.ts";
import { type ConnectOptions, connect, createDatabase, type Database } from "./database.ts";
import { createDeviceStore } from "./devices.ts";
import { endSignIns } from "./end-sign-ins.ts";
import { asCallersError } from "./failures.ts";
import { createInteractionStore } from "./interactions.ts";
import { createMailQueue } from "./mails.ts";
import { createMessageStore } from "./messages.ts";
import { createModels } from "./models.ts";
import { createNumberStore } from "./numbers.ts";
import { buildIndexes, readDataKey, requireKnownSchema } from "./preparation.ts";
import { createRecordStore } from "./records.ts";
import { createRegistry } from "./registry.ts";
import { createRulesStore } from "./rules.ts";
import { createSigningKeyStore } from "./signing-keys.ts";
import { sweepExpired } from "./sweep.ts";
import { createTestNumberStore } from "./test-numbers.ts";
import { createTransferStore } from "./transfer.ts";
import { createUserStore } from "./users.ts";

// `uri` names the servers and the database.
export interface MongoOptions extends ConnectOptions {
  // The first one wraps the data key; any of them may unwrap it.
  readonly secrets: readonly string[];
  readonly now?: (() => number) | undefined;
  // The wrapped data key of the store that is to be moved into this one.
  readonly movedDataKey?: Uint8Array | undefined;
  // How long one call may take in all before its caller is told that the store is unavailable.
  readonly callMs?: number | undefined;
}

// Whoever waits for a page has an answer within three seconds.
const CALL_MS = 2_000;

// Connects, and makes what is not there yet. Throws UnavailableError while there is no database to talk to;
// refuses, with a sentence that says why, one of a newer version, and one that was sealed under another
// secret.
export async function openMongoStorage(options: MongoOptions): Promise<Storage> {
  const { secrets, now = Date.now, callMs = CALL_MS } = options;
  const connection = await connect(options);
  try {
    const models = createModels(connection);
    await requireKnownSchema(models);
    await buildIndexes(connection);
    const dataKey = await readDataKey(models, secrets, options.movedDataKey);
    const vault = openVault(dataKey, now);
    const database = followingKeys(createDatabase(connection, models, callMs), vault, secrets);
    return createStorage(database, { vault, secrets, now });
  } catch (error) {
    await connection.close();
    throw asCallersError(error);
  }
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
    // Written, not only asked: a primary that can reach no majority shows here.
    ping: () =>
      database.write(async ({ models }) => {
        await models.meta.updateOne({ _id: "ping" }, { $inc: { count: 1 } }, { upsert: true });
      }),
    sweep: (at, rowsMax) => sweepExpired(database, vault, { now: at, rowsMax }),
    endSignIns: (rowsMax) => database.write((scope) => endSignIns(scope, vault, rowsMax)),
    statistics: () => database.statistics(),
    close: () => database.close(),
  };
}
