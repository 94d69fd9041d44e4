// The applications, with a cache that is believed only while nobody has changed anything: the engine asks
// for an application four or five times a sign-in.
import type { Application } from "../../domain/application.ts";
import type { AuditEvent } from "../../domain/audit-event.ts";
import type { Vault } from "../../domain/vault.ts";
import type { ApplicationStore, ChangeOutcome } from "../../ports/storage.ts";
import {
  createApplicationMemory,
  openApplication,
  sealApplication,
} from "../stored/application.ts";
import { ruleScope } from "../stored/rules.ts";
import { requireSuccessor } from "../stored/user.ts";
import { appendAudit } from "./audit.ts";
import type { Database } from "./database.ts";
import { bytesIn, integerIn, type Row, type Sql, textIn } from "./sql.ts";

interface Cached {
  readonly application: Application;
  // The state of the store in which it was last found to be so.
  readonly revision: string;
}

const CACHED_MAX = 1_000;

export function createApplicationStore(database: Database, vault: Vault): ApplicationStore {
  const cache = new Map<string, Cached>();
  const memory = createApplicationMemory(vault);
  let ownChanges = 0;
  const revision = () => `${database.foreignChanges()}:${ownChanges}`;

  // Counted within the transaction, or somebody whose write is in it too could be told the old
  // state after its end.
  const change = <T>(work: (sql: Sql) => T): Promise<T> =>
    database.write((sql) => {
      ownChanges++;
      return work(sql);
    });

  function remember(row: Row, at: string): Application {
    const id = textIn(row, "id");
    const application = memory.open(id, bytesIn(row, "sealed"));
    if (cache.size >= CACHED_MAX) cache.clear();
    cache.set(id, { application, revision: at });
    return application;
  }

  return {
    create: (application, audit) => change((sql) => create(sql, vault, application, audit)),
    async find(id) {
      const at = revision();
      const known = cache.get(id);
      if (known?.revision === at) return known.application;
      const row = await database.read((sql) =>
        sql.get("SELECT id, sealed FROM applications WHERE id = ?", id),
      );
      if (row !== undefined) return remember(row, at);
      cache.delete(id);
      return null;
    },
    async replace(before, after, audit) {
      requireSuccessor(before, after);
      return change((sql) => replace(sql, vault, { before, after, audit }));
    },
    remove: (id, audit) => change((sql) => remove(sql, vault, id, audit)),
    list: () =>
      database.read((sql) =>
        sql
          .all("SELECT id, sealed FROM applications ORDER BY id")
          .map((row) => applicationFrom(row, vault)),
      ),
  };
}

function create(
  sql: Sql,
  vault: Vault,
  application: Application,
  audit: AuditEvent,
): "created" | "conflict" {
  const created = sql.run(
    `INSERT INTO applications (id, sealed, updated_at) VALUES (?, ?, ?)
     ON CONFLICT (id) DO NOTHING`,
    application.id,
    sealApplication(vault, application),
    application.updatedAt,
  );
  if (created === 0) return "conflict";
  appendAudit(sql, vault, [audit]);
  return "created";
}

function replace(
  sql: Sql,
  vault: Vault,
  change: { before: Application; after: Application; audit: AuditEvent },
): ChangeOutcome {
  const { before, after, audit } = change;
  const row = sql.get("SELECT updated_at FROM applications WHERE id = ?", before.id);
  if (row === undefined) return "absent";
  if (integerIn(row, "updated_at") !== before.updatedAt) return "stale";
  sql.run(
    "UPDATE applications SET sealed = ?, updated_at = ? WHERE id = ?",
    sealApplication(vault, after),
    after.updatedAt,
    after.id,
  );
  appendAudit(sql, vault, [audit]);
  return "changed";
}

// An application of the same name that is added later must not find the rules of this one.
function remove(sql: Sql, vault: Vault, id: string, audit: AuditEvent): "changed" | "absent" {
  if (sql.run("DELETE FROM applications WHERE id = ?", id) === 0) return "absent";
  sql.run("DELETE FROM rules WHERE scope = ?", ruleScope(id));
  appendAudit(sql, vault, [audit]);
  return "changed";
}

function applicationFrom(row: Row, vault: Vault): Application {
  return openApplication(vault, textIn(row, "id"), bytesIn(row, "sealed"));
}
