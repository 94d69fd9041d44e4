// The applications, each with its own rules in the same document, for they go together; beside them the APIs.
import type { AuditEvent } from "../../domain/audit-event.ts";
import type { Vault } from "../../domain/vault.ts";
import type { ChangeOutcome, Registry } from "../../ports/storage.ts";
import {
  createEntryMemory,
  type EntryOf,
  KINDS,
  type Kind,
  openEntry,
  type Registered,
  sealEntry,
} from "../stored/registered.ts";
import { ruleScope } from "../stored/rules.ts";
import { requireSuccessor } from "../stored/user.ts";
import { byId, changeDocument } from "./change.ts";
import type { Database, Scope } from "./database.ts";
import type { ApplicationDocument } from "./documents.ts";
import { eventsOf, owing, payAudit } from "./pending.ts";
import { finishRemoval } from "./removals.ts";

// Beside the global rules, which are of neither kind.
const PREFIXES = { application: ruleScope(""), resource: "resource:" } as const;

export function createRegistry<K extends Kind>(
  database: Database,
  vault: Vault,
  kind: K,
): Registry<EntryOf[K]> {
  // Read every time, since another process may have changed it; opened once.
  const memory = createEntryMemory(vault, kind);
  const prefix = PREFIXES[kind];
  return {
    create: (entry, audit) =>
      database.write((scope) => create(scope, vault, kind, { entry, audit })),
    find: (id) =>
      database.read(async ({ models }) => {
        const found = await models.applications
          .findOne(byId(entryId(kind, id)), { sealed: 1, removed: 1 })
          .lean<ApplicationDocument>();
        if (found?.sealed && !found.removed) return memory.open(id, found.sealed);
        memory.forget(id);
        return null;
      }),
    async replace(before, after, audit) {
      requireSuccessor(before, after);
      return database.write((scope) => replace(scope, vault, kind, { before, after, audit }));
    },
    remove: (id, audit) =>
      database.write((scope) => remove(scope, vault, entryId(kind, id), audit)),
    list: () =>
      database.read(async ({ models }) => {
        const found = await models.applications
          .find({ _id: { $gte: prefix, $lt: prefix.replace(":", ";") }, removed: false })
          .sort({ _id: 1 })
          .lean<ApplicationDocument[]>();
        return found.flatMap(({ _id, sealed }) =>
          sealed === null ? [] : openEntry(vault, kind, { id: _id.slice(prefix.length), sealed }),
        );
      }),
  };
}

// What lies in a document; null: the global rules.
export function entryIn(documentId: string): { readonly kind: Kind; readonly id: string } | null {
  const kind = KINDS.find((each) => documentId.startsWith(PREFIXES[each]));
  return kind === undefined ? null : { kind, id: documentId.slice(PREFIXES[kind].length) };
}

// The document in which an entry lies.
export function entryId(kind: Kind, id: string): string {
  return `${PREFIXES[kind]}${id}`;
}

async function create(
  scope: Scope,
  vault: Vault,
  kind: Kind,
  { entry, audit }: { readonly entry: Registered; readonly audit: AuditEvent },
): Promise<"created" | "conflict"> {
  const events = eventsOf(scope, vault, [audit]);
  return change(scope, entryId(kind, entry.id), async (found) => {
    if (found !== null && !found.removed) return { keep: "conflict" };
    const put = {
      sealed: sealEntry(vault, kind, entry),
      updatedAt: entry.updatedAt,
      // An application of a name that was there before must not find the rules of that one.
      rules: null,
      removed: false,
      ...owing(found?.pending, { audit: await events() }),
    };
    return { put, say: "created" };
  });
}

async function replace(
  scope: Scope,
  vault: Vault,
  kind: Kind,
  { before, after, audit }: { before: Registered; after: Registered; audit: AuditEvent },
): Promise<ChangeOutcome> {
  const events = eventsOf(scope, vault, [audit]);
  return change<ChangeOutcome>(scope, entryId(kind, before.id), async (found) => {
    if (found === null || found.removed) return { keep: "absent" };
    if (found.updatedAt !== before.updatedAt) return { keep: "stale" };
    const put = {
      ...found,
      sealed: sealEntry(vault, kind, after),
      updatedAt: after.updatedAt,
      ...owing(found.pending, { audit: await events() }),
    };
    return { put, say: "changed" };
  });
}

async function remove(
  scope: Scope,
  vault: Vault,
  id: string,
  audit: AuditEvent,
): Promise<"changed" | "absent"> {
  const { applications } = scope.models;
  const events = eventsOf(scope, vault, [audit]);
  const { said, after } = await changeDocument<ApplicationDocument, "changed" | "absent">(
    scope,
    applications,
    id,
    async (found) => {
      if (found === null || found.removed) return { keep: "absent" };
      const owed = owing(found.pending, { audit: await events() });
      return { put: { ...found, rules: null, removed: true, ...owed }, say: "changed" };
    },
  );
  if (said === "changed" && after !== null) await finishRemoval(scope, applications, after);
  return said;
}

async function change<T>(
  scope: Scope,
  id: string,
  decide: Parameters<typeof changeDocument<ApplicationDocument, T>>[3],
): Promise<T> {
  const { applications } = scope.models;
  const { said, after } = await changeDocument(scope, applications, id, decide);
  await payAudit(scope, applications, after);
  return said;
}
