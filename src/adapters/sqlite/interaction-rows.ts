// How an interaction lies in the table.
import type { Interaction } from "../../domain/interaction.ts";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import { interactionKey, openRecord, openState } from "../stored/interaction.ts";
import { bytesIn, bytesOrNullIn, integerIn, type Row, type Sql } from "./sql.ts";

// An expired row is as good as none.
export function findInteraction(
  sql: Sql,
  vault: Vault,
  uid: string,
  now: Instant,
): Interaction | null {
  const row = sql.get(
    `SELECT record, state, version, attempts, expires_at FROM interactions
     WHERE key = ? AND expires_at > ?`,
    interactionKey(uid),
    now,
  );
  return row === undefined ? null : interactionFrom(row, uid, vault);
}

function interactionFrom(row: Row, uid: string, vault: Vault): Interaction {
  const state = bytesOrNullIn(row, "state");
  return {
    uid,
    record: openRecord(vault, uid, bytesIn(row, "record")),
    state: state && openState(vault, uid, state),
    attempts: integerIn(row, "attempts"),
    version: integerIn(row, "version"),
    expiresAt: integerIn(row, "expires_at"),
  };
}
