// Interactions that have expired: what is to be said of one that nobody ended is written in the transaction that
// deletes it.
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { InteractionStore, JudgeLeft, LeftInteraction } from "../../ports/interactions.ts";
import { openLeft, readable } from "../stored/interaction.ts";
import { appendAudit } from "./audit.ts";
import type { Database } from "./database.ts";
import { insertCapped } from "./mails.ts";
import { bytesIn, integerIn, type Row, type Sql, textIn } from "./sql.ts";
import { createBatches } from "./sweep.ts";
import { findUserRow, userOrNull } from "./user-rows.ts";

// The order makes it the same rows both times.
const EXPIRED = `SELECT rowid FROM interactions WHERE expires_at <= ?
  ORDER BY expires_at, rowid LIMIT ?`;
const LEFT = `SELECT key, record, state, attempts FROM interactions
  WHERE rowid IN (${EXPIRED}) AND state IS NOT NULL`;

export function createInteractionSweep(
  database: Database,
  vault: Vault,
): InteractionStore["sweep"] {
  const inBatches = createBatches(database);
  return (now, rowsMax, judge) =>
    inBatches(rowsMax, (sql, rows) => {
      for (const row of sql.all(LEFT, now, rows)) tell(sql, vault, row, { now, judge });
      return sql.run(`DELETE FROM interactions WHERE rowid IN (${EXPIRED})`, now, rows);
    });
}

function tell(
  sql: Sql,
  vault: Vault,
  row: Row,
  { now, judge }: { readonly now: Instant; readonly judge: JudgeLeft },
): void {
  const left = leftFrom(sql, vault, row);
  if (left === null) return;
  const { audit = [], cappedMails = [] } = judge(left, now);
  appendAudit(sql, vault, audit);
  insertCapped(sql, vault, cappedMails, now);
}

function leftFrom(sql: Sql, vault: Vault, row: Row): LeftInteraction | null {
  const sealed = { record: bytesIn(row, "record"), state: bytesIn(row, "state") };
  const opened = openLeft(vault, textIn(row, "key"), sealed);
  if (opened === null) return null;
  const { userId } = opened.state;
  const user = userId === null ? undefined : findUserRow(sql, userId);
  return {
    ...opened,
    attempts: integerIn(row, "attempts"),
    user: readable(() => userOrNull(user, vault)),
  };
}
