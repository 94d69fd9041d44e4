// The applications and the APIs, with a cache that is believed only while nobody has changed anything: the engine asks
// for an application four or five times a sign-in.
import type { AuditEvent } from "../../domain/audit-event.ts";
import type { Vault } from "../../domain/vault.ts";
import type { ChangeOutcome, Registry } from "../../ports/storage.ts";
import {
  createEntryMemory,
  type EntryOf,
  type Kind,
  openEntry,
  type Registered,
  sealEntry,
} from "../stored/registered.ts";
import { ruleScope } from "../stored/rules.ts";
import { requireSuccessor } from "../stored/user.ts";
import { appendAudit } from "./audit.ts";
import type { Database } from "./database.ts";
import { bytesIn, integerIn, type Row, type Sql, textIn } from "./sql.ts";

export const TABLES = { application: "applications", resource: "resources" } as const;

interface Cached<Entry> {
  readonly entry: Entry;
  // The state of the store in which it was last found to be so.
  readonly revision: string;
}

const CACHED_MAX = 1_000;

export function createRegistry<K extends Kind>(
  database: Database,
  vault: Vault,
  kind: K,
): Registry<EntryOf[K]> {
  const table = TABLES[kind];
  const cache = new Map<string, Cached<EntryOf[K]>>();
  const memory = createEntryMemory(vault, kind);
  let ownChanges = 0;
  const revision = () => `${database.foreignChanges()}:${ownChanges}`;

  // Counted within the transaction, or somebody whose write is in it too could be told the old
  // state after its end.
  const change = <T>(work: (sql: Sql) => T): Promise<T> =>
    database.write((sql) => {
      ownChanges++;
      return work(sql);
    });

  function remember(row: Row, at: string): EntryOf[K] {
    const id = textIn(row, "id");
    const entry = memory.open(id, bytesIn(row, "sealed"));
    if (cache.size >= CACHED_MAX) cache.clear();
    cache.set(id, { entry, revision: at });
    return entry;
  }

  return {
    create: (entry, audit) =>
      change((sql) => {
        if (!insertEntry(sql, vault, kind, entry)) return "conflict";
        appendAudit(sql, vault, [audit]);
        return "created";
      }),
    async find(id) {
      const at = revision();
      const known = cache.get(id);
      if (known?.revision === at) return known.entry;
      const row = await database.read((sql) =>
        sql.get(`SELECT id, sealed FROM ${table} WHERE id = ?`, id),
      );
      if (row !== undefined) return remember(row, at);
      cache.delete(id);
      return null;
    },
    async replace(before, after, audit) {
      requireSuccessor(before, after);
      return change((sql) => replace(sql, vault, kind, { before, after, audit }));
    },
    remove: (id, audit) => change((sql) => remove(sql, vault, kind, { id, audit })),
    list: () =>
      database.read((sql) =>
        sql
          .all(`SELECT id, sealed FROM ${table} ORDER BY id`)
          .map((row) =>
            openEntry(vault, kind, { id: textIn(row, "id"), sealed: bytesIn(row, "sealed") }),
          ),
      ),
  };
}

// False: there is one with this id.
function insertEntry(sql: Sql, vault: Vault, kind: Kind, entry: Registered): boolean {
  const created = sql.run(
    `INSERT INTO ${TABLES[kind]} (id, sealed, updated_at) VALUES (?, ?, ?)
     ON CONFLICT (id) DO NOTHING`,
    entry.id,
    sealEntry(vault, kind, entry),
    entry.updatedAt,
  );
  return created === 1;
}

// Puts one as it is, over what is there.
export function putEntry(sql: Sql, vault: Vault, kind: Kind, entry: Registered): void {
  sql.run(`DELETE FROM ${TABLES[kind]} WHERE id = ?`, entry.id);
  insertEntry(sql, vault, kind, entry);
}

function replace(
  sql: Sql,
  vault: Vault,
  kind: Kind,
  change: { before: Registered; after: Registered; audit: AuditEvent },
): ChangeOutcome {
  const { before, after, audit } = change;
  const row = sql.get(`SELECT updated_at FROM ${TABLES[kind]} WHERE id = ?`, before.id);
  if (row === undefined) return "absent";
  if (integerIn(row, "updated_at") !== before.updatedAt) return "stale";
  sql.run(
    `UPDATE ${TABLES[kind]} SET sealed = ?, updated_at = ? WHERE id = ?`,
    sealEntry(vault, kind, after),
    after.updatedAt,
    after.id,
  );
  appendAudit(sql, vault, [audit]);
  return "changed";
}

// An application of the same name that is added later must not find the rules of this one.
function remove(
  sql: Sql,
  vault: Vault,
  kind: Kind,
  { id, audit }: { readonly id: string; readonly audit: AuditEvent },
): "changed" | "absent" {
  if (sql.run(`DELETE FROM ${TABLES[kind]} WHERE id = ?`, id) === 0) return "absent";
  if (kind === "application") sql.run("DELETE FROM rules WHERE scope = ?", ruleScope(id));
  appendAudit(sql, vault, [audit]);
  return "changed";
}
