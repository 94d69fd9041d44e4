// The mails that wait to go out. One that is claimed is not due until its lease is over; one that is over keeps
// its id until it would have been too old, so that nobody who pays an old debt sends it again.
import { randomUUID } from "node:crypto";
import type { AuditEvent } from "../../domain/audit-event.ts";
import type { Mail } from "../../domain/mail.ts";
import { addSeconds, type Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { ClaimedMail, MailQueue } from "../../ports/mail.ts";
import { mailEndsAt, openMail, sealMail } from "../stored/mail.ts";
import { numberEvents, writeEvents } from "./audit.ts";
import type { Database, Scope } from "./database.ts";
import { aliveAt, toDate } from "./dates.ts";
import type { MailDocument } from "./documents.ts";
import { areDuplicates } from "./failures.ts";

export function createMailQueue(database: Database, vault: Vault): MailQueue {
  return {
    enqueue: (mails) => database.write((scope) => writeMails(scope, mailDocuments(vault, mails))),
    claim: (now, leaseSeconds) =>
      database.write((scope) => claimMail(scope, vault, now, leaseSeconds)),
    markDelivered: (claimed) => database.write((scope) => end(scope, claimed)),
    markFailed: (claimed, notBefore) =>
      database.write(async ({ models }) => {
        const again = { $set: { notBefore: toDate(notBefore), lease: null } };
        return (await models.mails.updateOne(ownedBy(claimed), again)).matchedCount === 1;
      }),
    giveUp: (claimed, audit) => database.write((scope) => giveUp(scope, vault, { claimed, audit })),
  };
}

export function mailDocuments(vault: Vault, mails: readonly Mail[]): MailDocument[] {
  return mails.map((mail) => ({
    _id: mail.id,
    sealed: sealMail(vault, mail),
    attempts: 0,
    notBefore: toDate(mail.at),
    lease: null,
    expiresAt: toDate(mailEndsAt(mail)),
  }));
}

// Those that are there already were queued by somebody who finished the same change.
export async function writeMails(scope: Scope, mails: readonly MailDocument[]): Promise<void> {
  if (mails.length === 0) return;
  try {
    await scope.models.mails.insertMany([...mails], { ordered: false });
  } catch (error) {
    if (!areDuplicates(error)) throw error;
  }
}

async function claimMail(
  { models }: Scope,
  vault: Vault,
  now: Instant,
  leaseSeconds: number,
): Promise<ClaimedMail | null> {
  const lease = randomUUID();
  const until = toDate(addSeconds(now, leaseSeconds));
  const found = await models.mails
    .findOneAndUpdate(
      { notBefore: { $lte: toDate(now) }, expiresAt: aliveAt(now) },
      { $set: { notBefore: until, lease }, $inc: { attempts: 1 } },
      { sort: { notBefore: 1 }, returnDocument: "after" },
    )
    .lean<MailDocument>();
  if (!found?.sealed) return null;
  return { mail: openMail(vault, found._id, found.sealed), attempts: found.attempts, lease };
}

// The event first: a crash in between leaves two of them rather than none.
async function giveUp(
  scope: Scope,
  vault: Vault,
  { claimed, audit }: { claimed: ClaimedMail; audit: AuditEvent },
): Promise<boolean> {
  const isOurs = await scope.models.mails.exists(ownedBy(claimed));
  if (isOurs === null) return false;
  await writeEvents(scope, await numberEvents(scope, vault, [audit]));
  return end(scope, claimed);
}

async function end({ models }: Scope, claimed: ClaimedMail): Promise<boolean> {
  const over = { $set: { sealed: null, lease: null, notBefore: toDate(Number.MAX_SAFE_INTEGER) } };
  return (await models.mails.updateOne(ownedBy(claimed), over)).matchedCount === 1;
}

function ownedBy({ mail, lease }: ClaimedMail): { _id: string; lease: string } {
  return { _id: mail.id, lease };
}
