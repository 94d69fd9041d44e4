// The audit log. Nothing here changes or removes an event; a role without the right to do it belongs to the
// collection (docs/operations.md).
import type { AuditEvent, StoredAuditEvent } from "../../domain/audit-event.ts";
import type { Vault } from "../../domain/vault.ts";
import { UnavailableError } from "../../ports/errors.ts";
import type { AuditLog, AuditQuery } from "../../ports/storage.ts";
import { openEvent, sealDetails } from "../stored/audit-event.ts";
import type { Database, Scope } from "./database.ts";
import type { AuditDocument } from "./documents.ts";
import { areDuplicates } from "./failures.ts";

const COUNTER = "audit-events";

export function createAuditLog(database: Database, vault: Vault): AuditLog {
  return {
    append: (events) =>
      database.write(async (scope) => {
        await writeEvents(scope, await numberEvents(scope, vault, events));
      }),
    list: (query) => database.read((scope) => listEvents(scope, vault, query)),
  };
}

// Gives events their numbers, which they keep: to write them twice is to write them once.
export async function numberEvents(
  { models }: Scope,
  vault: Vault,
  events: readonly AuditEvent[],
): Promise<AuditDocument[]> {
  if (events.length === 0) return [];
  const counter = await models.meta
    .findOneAndUpdate(
      { _id: COUNTER },
      { $inc: { count: events.length } },
      { upsert: true, returnDocument: "after" },
    )
    .lean();
  const last = counter?.count;
  if (last === undefined) throw new TypeError("the audit counter has no number");
  return events.map((event, i) => auditDocument(vault, event, last - events.length + 1 + i));
}

export function auditDocument(vault: Vault, event: AuditEvent, id: number): AuditDocument {
  return {
    _id: id,
    at: event.at,
    actor: event.actor,
    action: event.action,
    target: event.target,
    because: event.because,
    details: sealDetails(vault, event),
  };
}

// Later events get higher numbers than this.
export async function raiseCounter({ models }: Scope, last: number): Promise<void> {
  await models.meta.updateOne({ _id: COUNTER }, { $max: { count: last } }, { upsert: true });
}

// Those that are there already were written by somebody who finished the same change.
export async function writeEvents(scope: Scope, events: readonly AuditDocument[]): Promise<void> {
  if (events.length === 0) return;
  try {
    await scope.models.audit.insertMany([...events], { ordered: false });
  } catch (error) {
    if (!areDuplicates(error)) throw error;
    await requireWritten(scope, events);
  }
}

// Sealing gives every event bytes of its own. Another one under the same number would mean that the database
// gave the number out twice: then this one must not be taken for written.
async function requireWritten({ models }: Scope, events: readonly AuditDocument[]): Promise<void> {
  const ids = events.map(({ _id }) => _id);
  const found = await models.audit.find({ _id: { $in: ids } }).lean<AuditDocument[]>();
  const stored = new Map(found.map(({ _id, details }) => [_id, details]));
  if (events.every(({ _id, details }) => stored.get(_id)?.equals(details))) return;
  throw new UnavailableError("store", "two audit events have the same number");
}

async function listEvents(
  { models }: Scope,
  vault: Vault,
  query: AuditQuery,
): Promise<StoredAuditEvent[]> {
  const { after, newestFirst, action, target } = query;
  const beyond = newestFirst ? { $lt: after ?? Number.MAX_SAFE_INTEGER } : { $gt: after ?? 0 };
  const found = await models.audit
    .find({
      ...(target === undefined ? {} : { target }),
      ...(action === undefined ? {} : { action }),
      _id: beyond,
    })
    .sort({ _id: newestFirst ? -1 : 1 })
    .limit(query.limit)
    .lean<AuditDocument[]>();
  return found.map(({ _id, details, ...event }) =>
    openEvent(vault, { id: _id, ...event }, details),
  );
}
