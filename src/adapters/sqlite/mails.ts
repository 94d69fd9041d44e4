// The mails and texts that wait to go out. One that is claimed is not due until its lease is over.
import { randomUUID } from "node:crypto";
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
import { judgeBudgets, writeRuns } from "./attempt-runs.ts";
import { appendAudit } from "./audit.ts";
import type { Database } from "./database.ts";
import { bytesIn, integerIn, type Sql, textIn } from "./sql.ts";

export function createMailQueue(database: Database, vault: Vault): MailQueue {
  const take = async <Item>(
    channel: Queued["channel"],
    now: Instant,
    leaseSeconds: number,
    open: (vault: Vault, id: string, sealed: Uint8Array) => Item,
  ) => {
    const found = await claim(database, channel, now, leaseSeconds);
    if (found === null) return null;
    const { sealed, ...claimed } = found;
    return { claimed, item: open(vault, claimed.id, sealed) };
  };
  return {
    enqueue: (items) => database.write((sql) => insertQueued(sql, vault, items)),
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
    markDelivered: (claimed) => database.write((sql) => deleteClaimed(sql, claimed)),
    markFailed: ({ id, lease }, notBefore) =>
      database.write((sql) => {
        const text = "UPDATE mails SET not_before = ?, lease = NULL WHERE id = ? AND lease = ?";
        return sql.run(text, notBefore, id, lease) === 1;
      }),
    giveUp: (claimed, audit) =>
      database.write((sql) => {
        if (!deleteClaimed(sql, claimed)) return false;
        appendAudit(sql, vault, [audit]);
        return true;
      }),
  };
}

// Queues mails and texts within the transaction of what they tell about.
export function insertQueued(sql: Sql, vault: Vault, items: readonly Queued[]): void {
  for (const item of items) {
    sql.run(
      `INSERT INTO mails (id, channel, sealed, attempts, not_before, lease, expires_at)
       VALUES (?, ?, ?, 0, ?, NULL, ?) ON CONFLICT (id) DO NOTHING`,
      item.id,
      item.channel,
      sealQueued(vault, item),
      item.at,
      queuedEndsAt(item),
    );
  }
}

// The same for mails that are queued only while there is room for them.
export function insertCapped(
  sql: Sql,
  vault: Vault,
  capped: readonly CappedMail[],
  now: Instant,
): void {
  for (const { mail, budget } of capped) {
    const judged = judgeBudgets(sql, vault, [budget], now);
    if (judged.some(({ count }) => count.outcome === "limited")) continue;
    writeRuns(sql, judged);
    insertQueued(sql, vault, [mail]);
  }
}

const DUE =
  "FROM mails WHERE channel = ? AND not_before <= ? AND expires_at > ? ORDER BY not_before LIMIT 1";

async function claim(
  database: Database,
  channel: Queued["channel"],
  now: Instant,
  leaseSeconds: number,
): Promise<(Claimed & { readonly sealed: Uint8Array }) | null> {
  // Looked at first: mostly there is nothing, and a write holds others up.
  const isDue = (sql: Sql) => sql.get(`SELECT 1 ${DUE}`, channel, now, now) !== undefined;
  if (!(await database.read(isDue))) return null;
  const lease = randomUUID();
  const row = await database.write((sql) =>
    sql.get(
      `UPDATE mails SET attempts = attempts + 1, not_before = ?, lease = ?
       WHERE id = (SELECT id ${DUE}) RETURNING id, sealed, attempts`,
      addSeconds(now, leaseSeconds),
      lease,
      channel,
      now,
      now,
    ),
  );
  if (row === undefined) return null;
  const [id, attempts] = [textIn(row, "id"), integerIn(row, "attempts")];
  return { id, attempts, lease, sealed: bytesIn(row, "sealed") };
}

function deleteClaimed(sql: Sql, { id, lease }: Claimed): boolean {
  return sql.run("DELETE FROM mails WHERE id = ? AND lease = ?", id, lease) === 1;
}
