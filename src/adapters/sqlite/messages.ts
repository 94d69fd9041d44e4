// What is remembered of texts.

import type { JudgedText } from "../../domain/fraud-guard.ts";
import {
  type Message,
  type MessageStatus,
  OPEN_TO_RECEIPTS,
  type Receipt,
  type StoredMessage,
} from "../../domain/message.ts";
import type { SendBudget } from "../../domain/send-caps.ts";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { MessageBegun, MessageSettled, MessageStore } from "../../ports/messages.ts";
import { challengeIndex, messageEndsAt, sourceIndexes } from "../stored/message.ts";
import { countsOf, judgeBudgets, takeBack, writeRuns } from "./attempt-runs.ts";
import type { Database } from "./database.ts";
import { createPauses } from "./pauses.ts";
import { integerIn, integerOrNullIn, type Row, type Sql, textIn, textOrNullIn } from "./sql.ts";

const COLUMNS = `SELECT id, at, purpose, application_id, country, prefix, cost_micros, status, status_at,
  because, provider, verified_at FROM messages`;

// What certainly did not go out tells nothing of whoever would have got it.
const JUDGED = `AND at >= ? AND (at <= ? OR verified_at IS NOT NULL) AND user_index IS NOT NULL AND status <> 'failed' ORDER BY at DESC LIMIT ?`;
const JUDGED_COLUMNS = "SELECT at, prefix, user_index, network_index, verified_at FROM messages";
const JUDGED_OF_PREFIX = `${JUDGED_COLUMNS} WHERE prefix = ? ${JUDGED}`;
const JUDGED_OF_COUNTRY = `${JUDGED_COLUMNS} WHERE country = ? ${JUDGED}`;

export function createMessageStore(database: Database, vault: Vault): MessageStore {
  return {
    begin: (message, budgets) => database.write((sql) => begin(sql, vault, message, budgets)),
    settle: (settled, budgets = []) =>
      database.write((sql) => settle(sql, vault, settled, budgets)),
    receive: (receipt, at) => database.write((sql) => receive(sql, receipt, at)),
    findLatest: (challengeId) =>
      database.read((sql) => {
        const row = sql.get(
          `${COLUMNS} WHERE challenge_index = ? ORDER BY rowid DESC LIMIT 1`,
          challengeIndex(vault, challengeId),
        );
        return row === undefined ? null : messageFrom(row);
      }),
    list: ({ from, to, after, limit }) =>
      database.read((sql) =>
        sql
          .all(
            `${COLUMNS} WHERE (at, id) > (?, ?) AND at < ? ORDER BY at, id LIMIT ?`,
            after?.at ?? from,
            after?.id ?? "",
            to,
            limit,
          )
          .map(messageFrom),
      ),
    listJudged: (place, { from, typedAfter, max }) =>
      database.read((sql) =>
        ("prefix" in place
          ? sql.all(JUDGED_OF_PREFIX, place.prefix, from, typedAfter, max)
          : sql.all(JUDGED_OF_COUNTRY, place.country, from, typedAfter, max)
        ).map(judgedFrom),
      ),
    ...createPauses(database, vault),
  };
}

// In a column that is never null.
const NO_APPLICATION = "";

export function insertMessage(sql: Sql, vault: Vault, message: Message): void {
  const source = sourceIndexes(vault, message.source);
  sql.run(
    `INSERT INTO messages (id, challenge_index, at, purpose, application_id, country, prefix, cost_micros,
       status, status_at, expires_at, user_index, network_index)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'sending', ?, ?, ?, ?)`,
    message.id,
    challengeIndex(vault, message.challengeId),
    message.at,
    message.purpose,
    message.applicationId ?? NO_APPLICATION,
    message.country,
    message.prefix,
    message.costMicros,
    message.at,
    messageEndsAt(message.at),
    source.user,
    source.network,
  );
}

export function markVerified(sql: Sql, vault: Vault, challengeId: string, now: Instant): void {
  sql.run(
    "UPDATE messages SET verified_at = ? WHERE challenge_index = ? AND verified_at IS NULL",
    now,
    challengeIndex(vault, challengeId),
  );
}

function begin(
  sql: Sql,
  vault: Vault,
  message: Message,
  budgets: readonly SendBudget[],
): MessageBegun {
  const status = statusOf(sql, message.id);
  if (status !== null && status !== "failed") return { outcome: "begun-before", status };
  const judged = judgeBudgets(sql, vault, budgets, message.at);
  for (const { budget, count } of judged) {
    if (count.outcome === "counted") continue;
    return { outcome: "refused", because: budget.because, retryAt: count.retryAt };
  }
  writeRuns(sql, judged);
  sql.run("DELETE FROM messages WHERE id = ?", message.id);
  insertMessage(sql, vault, message);
  return { outcome: "begun", counts: countsOf(judged) };
}

function settle(
  sql: Sql,
  vault: Vault,
  settled: MessageSettled,
  budgets: readonly SendBudget[],
): void {
  const before = statusOf(sql, settled.id);
  sql.run(
    `UPDATE messages SET provider = ?, provider_message_id = ?,
       because = CASE status WHEN 'sending' THEN ? ELSE because END,
       status_at = CASE status WHEN 'sending' THEN ? ELSE status_at END,
       status = CASE status WHEN 'sending' THEN ? ELSE status END
     WHERE id = ?`,
    settled.provider,
    settled.providerMessageId,
    settled.because,
    settled.at,
    settled.status,
    settled.id,
  );
  if (settled.status !== "failed" || before !== "sending") return;
  for (const { key, weight } of budgets) takeBack(sql, vault, key, weight);
}

function statusOf(sql: Sql, id: string): MessageStatus | null {
  const row = sql.get("SELECT status FROM messages WHERE id = ?", id);
  return row === undefined ? null : (textIn(row, "status") as MessageStatus);
}

function receive(sql: Sql, receipt: Receipt, at: Instant): "updated" | "unchanged" | "unknown" {
  const row =
    receipt.messageId === null
      ? sql.get(
          "SELECT id, status FROM messages WHERE provider = ? AND provider_message_id = ? LIMIT 1",
          receipt.provider,
          receipt.providerMessageId,
        )
      : sql.get(
          "SELECT id, status FROM messages WHERE id = ? AND (provider IS NULL OR provider = ?)",
          receipt.messageId,
          receipt.provider,
        );
  if (row === undefined) return "unknown";
  if (!OPEN_TO_RECEIPTS.some((status) => status === row.status)) return "unchanged";
  sql.run(
    "UPDATE messages SET status = ?, because = ?, status_at = ? WHERE id = ?",
    receipt.status,
    receipt.because,
    at,
    textIn(row, "id"),
  );
  return "updated";
}

function messageFrom(row: Row): StoredMessage {
  const applicationId = textIn(row, "application_id");
  return {
    id: textIn(row, "id"),
    at: integerIn(row, "at"),
    purpose: textIn(row, "purpose") as Message["purpose"],
    applicationId: applicationId === NO_APPLICATION ? null : applicationId,
    country: textIn(row, "country"),
    prefix: textIn(row, "prefix"),
    costMicros: integerIn(row, "cost_micros"),
    status: textIn(row, "status") as MessageStatus,
    statusAt: integerIn(row, "status_at"),
    because: textOrNullIn(row, "because"),
    provider: textOrNullIn(row, "provider"),
    verifiedAt: integerOrNullIn(row, "verified_at"),
  };
}

function judgedFrom(row: Row): JudgedText {
  return {
    at: integerIn(row, "at"),
    prefix: textIn(row, "prefix"),
    user: textIn(row, "user_index"),
    network: textIn(row, "network_index"),
    verified: row.verified_at !== null,
  };
}
