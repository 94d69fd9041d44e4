// The mails and texts that wait to go out. One that is claimed is not due until its lease is over; one that is over keeps
// its id until it would have been too old, so that nobody who pays an old debt sends it again.
import { randomUUID } from "node:crypto";
import type { AuditEvent } from "../../domain/audit-event.ts";
import { addSeconds, type Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { CappedMail } from "../../ports/interactions.ts";
import type { Claimed, MailQueue, Queued } from "../../ports/mail.ts";
import {
  openClientLogout,
  openMail,
  openNoticeText,
  openRecoveryRequest,
  queuedEndsAt,
  sealQueued,
} from "../stored/mail.ts";
import { countAll, takeBack } from "./attempt-runs.ts";
import { numberEvents, writeEvents } from "./audit.ts";
import type { Database, Scope } from "./database.ts";
import { aliveAt, toDate } from "./dates.ts";
import type { MailDocument } from "./documents.ts";
import { areDuplicates } from "./failures.ts";

export function createMailQueue(database: Database, vault: Vault): MailQueue {
  const take = async <Item>(
    channel: Queued["channel"],
    now: Instant,
    leaseSeconds: number,
    open: (vault: Vault, id: string, sealed: Uint8Array) => Item,
  ) => {
    const found = await database.write((scope) => claim(scope, channel, now, leaseSeconds));
    if (found === null) return null;
    const { sealed, ...claimed } = found;
    return { claimed, item: open(vault, claimed.id, sealed) };
  };
  return {
    enqueue: (items) =>
      database.write((scope) => writeQueued(scope, queuedDocuments(vault, items))),
    async claim(now, leaseSeconds) {
      const found = await take("mail", now, leaseSeconds, openMail);
      return found && { ...found.claimed, mail: found.item };
    },
    async claimText(now, leaseSeconds) {
      const found = await take("sms", now, leaseSeconds, openNoticeText);
      return found && { ...found.claimed, text: found.item };
    },
    async claimRecovery(now, leaseSeconds) {
      const found = await take("recovery", now, leaseSeconds, openRecoveryRequest);
      return found && { ...found.claimed, request: found.item };
    },
    async claimLogout(now, leaseSeconds) {
      const found = await take("logout", now, leaseSeconds, openClientLogout);
      return found && { ...found.claimed, logout: found.item };
    },
    markDelivered: (claimed) => database.write((scope) => end(scope, claimed)),
    markFailed: (claimed, notBefore) =>
      database.write(async ({ models }) => {
        const again = { $set: { notBefore: toDate(notBefore), lease: null } };
        return (await models.mails.updateOne(ownedBy(claimed), again)).matchedCount === 1;
      }),
    giveUp: (claimed, audit) => database.write((scope) => giveUp(scope, vault, { claimed, audit })),
  };
}

export function queuedDocuments(vault: Vault, items: readonly Queued[]): MailDocument[] {
  return items.map((item) => ({
    _id: item.id,
    channel: storedChannel(item.channel),
    sealed: sealQueued(vault, item),
    attempts: 0,
    notBefore: toDate(item.at),
    lease: null,
    expiresAt: toDate(queuedEndsAt(item)),
  }));
}

// Those that are there already were queued by somebody who finished the same change.
export async function writeQueued(scope: Scope, items: readonly MailDocument[]): Promise<void> {
  if (items.length === 0) return;
  try {
    await scope.models.mails.insertMany([...items], { ordered: false });
  } catch (error) {
    if (!areDuplicates(error)) throw error;
  }
}

// Counts mails that are queued only while there is room for them, and says which there is room for.
export async function countCapped(
  scope: Scope,
  vault: Vault,
  capped: readonly CappedMail[],
  now: Instant,
): Promise<CappedMail[]> {
  const counted: CappedMail[] = [];
  for (const each of capped) {
    const { outcome } = await countAll(scope, vault, [each.budget], now);
    if (outcome === "counted") counted.push(each);
  }
  return counted;
}

// Nothing came of what they were to tell.
export async function releaseCapped(
  scope: Scope,
  vault: Vault,
  counted: readonly CappedMail[],
): Promise<void> {
  for (const { budget } of counted) await takeBack(scope, vault, budget.key);
}

// Mails have none: earlier versions knew no other channel.
function storedChannel(channel: Queued["channel"]): MailDocument["channel"] {
  return channel === "mail" ? null : channel;
}

async function claim(
  { models }: Scope,
  channel: Queued["channel"],
  now: Instant,
  leaseSeconds: number,
): Promise<(Claimed & { readonly sealed: Buffer }) | null> {
  const lease = randomUUID();
  const until = toDate(addSeconds(now, leaseSeconds));
  const found = await models.mails
    .findOneAndUpdate(
      {
        channel: storedChannel(channel),
        notBefore: { $lte: toDate(now) },
        expiresAt: aliveAt(now),
      },
      { $set: { notBefore: until, lease }, $inc: { attempts: 1 } },
      { sort: { notBefore: 1 }, returnDocument: "after" },
    )
    .lean<MailDocument>();
  if (!found?.sealed) return null;
  return { id: found._id, attempts: found.attempts, lease, sealed: found.sealed };
}

// The event first: a crash in between leaves two of them rather than none.
async function giveUp(
  scope: Scope,
  vault: Vault,
  { claimed, audit }: { claimed: Claimed; audit: AuditEvent },
): Promise<boolean> {
  const isOurs = await scope.models.mails.exists(ownedBy(claimed));
  if (isOurs === null) return false;
  await writeEvents(scope, await numberEvents(scope, vault, [audit]));
  return end(scope, claimed);
}

async function end({ models }: Scope, claimed: Claimed): Promise<boolean> {
  const over = { $set: { sealed: null, lease: null, notBefore: toDate(Number.MAX_SAFE_INTEGER) } };
  return (await models.mails.updateOne(ownedBy(claimed), over)).matchedCount === 1;
}

function ownedBy({ id, lease }: Claimed): { _id: string; lease: string } {
  return { _id: id, lease };
}
