// What is remembered of a number's texts, under the keyed index of the number.
import {
  type Asker,
  afterFailedSend,
  afterSuccess,
  type NumberHistory,
} from "../../domain/send-policy.ts";
import type { Vault } from "../../domain/vault.ts";
import type { NumberStore } from "../../ports/storage.ts";
import { historyEndsAt, historyFrom, numberKey, storedHistory } from "../stored/number.ts";
import { countedUnder, takeBack } from "./attempt-runs.ts";
import type { Database } from "./database.ts";
import { type Sql, textIn } from "./sql.ts";

export function createNumberStore(database: Database, vault: Vault): NumberStore {
  return {
    history: (number) => database.read((sql) => readHistory(sql, vault, number)),
    counted: (key, now) => database.read((sql) => countedUnder(sql, vault, key, now)),
    forgetSend: ({ number, asker, at, budgets = [] }) =>
      database.write((sql) => {
        const history = readHistory(sql, vault, number);
        const after = afterFailedSend(history, asker, at);
        // By its instant a send is taken back once; so is what it counted.
        if (after === history) return;
        writeHistory(sql, vault, number, after);
        for (const { key, weight } of budgets) takeBack(sql, vault, key, weight);
      }),
  };
}

export function readHistory(sql: Sql, vault: Vault, number: string): NumberHistory {
  const row = sql.get("SELECT history FROM numbers WHERE key = ?", numberKey(vault, number));
  return historyFrom(row === undefined ? null : JSON.parse(textIn(row, "history")));
}

export function writeHistory(sql: Sql, vault: Vault, number: string, history: NumberHistory): void {
  const expiresAt = historyEndsAt(history);
  if (expiresAt === null) {
    sql.run("DELETE FROM numbers WHERE key = ?", numberKey(vault, number));
    return;
  }
  sql.run(
    `INSERT INTO numbers (key, history, expires_at) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET history = excluded.history, expires_at = excluded.expires_at`,
    numberKey(vault, number),
    JSON.stringify(storedHistory(history)),
    expiresAt,
  );
}

// The number may be texted at once again; the day's count stays.
export function recordSuccess(sql: Sql, vault: Vault, number: string, asker: Asker): void {
  const history = readHistory(sql, vault, number);
  const after = afterSuccess(history, asker);
  if (after !== history) writeHistory(sql, vault, number, after);
}
