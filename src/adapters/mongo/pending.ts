// What a change still owes once it is made. The change and its debts are one write; the debts are paid after
// it, and by whoever finds them if its maker is gone: paying twice is paying once.
import type { Model } from "mongoose";
import type { AuditEvent } from "../../domain/audit-event.ts";
import type { Vault } from "../../domain/vault.ts";
import { numberEvents, writeEvents } from "./audit.ts";
import { atRevision } from "./change.ts";
import type { Scope } from "./database.ts";
import type { AuditDocument, MailDocument, Pending, Revised } from "./documents.ts";
import { writeQueued } from "./mails.ts";

// The events of one change, numbered when they are first needed, however often it begins again.
export function eventsOf(
  scope: Scope,
  vault: Vault,
  events: readonly AuditEvent[],
): () => Promise<readonly AuditDocument[]> {
  let numbered: Promise<readonly AuditDocument[]> | null = null;
  return () => {
    numbered ??= numberEvents(scope, vault, events);
    return numbered;
  };
}

// What is owed after one more change: to what somebody else owes already it adds its own.
export function owing(
  before: Pending | undefined,
  own: {
    readonly audit: readonly AuditDocument[];
    readonly proof?: Buffer | null | undefined;
    readonly mails?: readonly MailDocument[] | undefined;
  },
): { pending?: Pending } {
  const audit = [...(before?.audit ?? []), ...own.audit];
  const mails = [...(before?.mails ?? []), ...(own.mails ?? [])];
  const proof = own.proof ?? before?.proof ?? null;
  if (audit.length === 0 && mails.length === 0 && proof === null) return {};
  return { pending: { since: before?.since ?? new Date(), audit, proof, mails } };
}

// Pays what a document owes to the audit log and the queue of mails, and strikes it out if nobody has
// changed the document since: who did has taken it over.
export async function payAudit<D extends Revised>(
  scope: Scope,
  model: Model<D>,
  document: D | null,
): Promise<void> {
  if (document?.pending === undefined) return;
  await writeEvents(scope, document.pending.audit);
  await writeQueued(scope, document.pending.mails ?? []);
  await model.updateOne(atRevision(document), { $unset: { pending: 1 } } as never);
}
