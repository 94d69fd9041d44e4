// The mails that wait to go out. One that is claimed is not due until its lease is over.
import { randomUUID } from "node:crypto";
import type { Mail } from "../../domain/mail.ts";
import { addSeconds, type Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { ClaimedMail, MailQueue } from "../../ports/mail.ts";
import { mailEndsAt, openMail, sealMail } from "../stored/mail.ts";
import { appendAudit } from "./audit.ts";
import type { Database } from "./database.ts";
import { bytesIn, integerIn, type Sql, textIn } from "./sql.ts";

export function createMailQueue(database: Database, vault: Vault): MailQueue {
  return {
    enqueue: (mails) => database.write((sql) => insertMails(sql, vault, mails)),
    async claim(now, leaseSeconds) {
      // Looked at first: mostly there is nothing, and a write holds others up.
      if (!(await database.read((sql) => isAnyDue(sql, now)))) return null;
      const claim = { now, until: addSeconds(now, leaseSeconds), lease: randomUUID() };
      return database.write((sql) => claimMail(sql, vault, claim));
    },
    markDelivered: (claimed) => database.write((sql) => deleteClaimed(sql, claimed)),
    markFailed: ({ mail, lease }, notBefore) =>
      database.write((sql) => {
        const text = "UPDATE mails SET not_before = ?, lease = NULL WHERE id = ? AND lease = ?";
        return sql.run(text, notBefore, mail.id, lease) === 1;
      }),
    giveUp: (claimed, audit) =>
      database.write((sql) => {
        if (!deleteClaimed(sql, claimed)) return false;
        appendAudit(sql, vault, [audit]);
        return true;
      }),
  };
}

// Queues mails within the transaction of what they tell about.
export function insertMails(sql: Sql, vault: Vault, mails: readonly Mail[]): void {
  for (const mail of mails) {
    sql.run(
      `INSERT INTO mails (id, sealed, attempts, not_before, lease, expires_at)
       VALUES (?, ?, 0, ?, NULL, ?) ON CONFLICT (id) DO NOTHING`,
      mail.id,
      sealMail(vault, mail),
      mail.at,
      mailEndsAt(mail),
    );
  }
}

const DUE = "FROM mails WHERE not_before <= ? AND expires_at > ? ORDER BY not_before LIMIT 1";

function isAnyDue(sql: Sql, now: Instant): boolean {
  return sql.get(`SELECT 1 ${DUE}`, now, now) !== undefined;
}

function claimMail(
  sql: Sql,
  vault: Vault,
  { now, until, lease }: { now: Instant; until: Instant; lease: string },
): ClaimedMail | null {
  const row = sql.get(
    `UPDATE mails SET attempts = attempts + 1, not_before = ?, lease = ?
     WHERE id = (SELECT id ${DUE}) RETURNING id, sealed, attempts`,
    until,
    lease,
    now,
    now,
  );
  if (row === undefined) return null;
  const mail = openMail(vault, textIn(row, "id"), bytesIn(row, "sealed"));
  return { mail, attempts: integerIn(row, "attempts"), lease };
}

function deleteClaimed(sql: Sql, { mail, lease }: ClaimedMail): boolean {
  return sql.run("DELETE FROM mails WHERE id = ? AND lease = ?", mail.id, lease) === 1;
}
