// The pauses of the SMS fraud guard: a row for each place to which texts are paused, or were.
import type { Pause } from "../../domain/fraud-guard.ts";
import type { Vault } from "../../domain/vault.ts";
import type { MessageStore, Pausing } from "../../ports/messages.ts";
import { appendAudit } from "./audit.ts";
import type { Database } from "./database.ts";
import { integerOrNullIn, type Row, type Sql, textIn } from "./sql.ts";

type Pauses = Pick<MessageStore, "findPauses" | "listPauses" | "pause" | "lift">;

export function createPauses(database: Database, vault: Vault): Pauses {
  return {
    findPauses: (scopes) =>
      database.read((sql) =>
        scopes.flatMap((scope) => {
          const row = sql.get("SELECT * FROM pauses WHERE scope = ?", scope);
          return row === undefined ? [] : [pauseFrom(row)];
        }),
      ),
    listPauses: () =>
      database.read((sql) =>
        sql
          .all("SELECT * FROM pauses ORDER BY scope")
          .map(pauseFrom)
          .filter(({ pausedAt }) => pausedAt !== null),
      ),
    pause: (pausing) => database.write((sql) => pause(sql, vault, pausing)),
    lift: (scope, at, audit) => database.write((sql) => lift(sql, vault, { scope, at, audit })),
  };
}

function pause(sql: Sql, vault: Vault, { scope, at, since, audit }: Pausing): boolean {
  const paused = sql.run(
    `INSERT INTO pauses (scope, paused_at, lifted_at) VALUES (?, ?, NULL)
     ON CONFLICT (scope) DO UPDATE SET paused_at = excluded.paused_at WHERE paused_at IS ?`,
    scope,
    at,
    since,
  );
  if (paused === 0) return false;
  appendAudit(sql, vault, [audit]);
  return true;
}

function lift(sql: Sql, vault: Vault, { scope, at, audit }: Omit<Pausing, "since">): boolean {
  const lifted = sql.run(
    `UPDATE pauses SET paused_at = NULL, lifted_at = ? WHERE scope = ? AND paused_at IS NOT NULL`,
    at,
    scope,
  );
  if (lifted === 0) return false;
  appendAudit(sql, vault, [audit]);
  return true;
}

function pauseFrom(row: Row): Pause {
  return {
    scope: textIn(row, "scope"),
    pausedAt: integerOrNullIn(row, "paused_at"),
    liftedAt: integerOrNullIn(row, "lifted_at"),
  };
}
