// How an interaction lies in the table: under the hash of its uid, which is a secret, with the engine's
// record and our state sealed.
import { createHash } from "node:crypto";
import type { EngineRecord, Interaction, InteractionState } from "../../domain/interaction.ts";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import { openJson, sealJson } from "./sealed-json.ts";
import { bytesIn, bytesOrNullIn, integerIn, type Row, type Sql } from "./sql.ts";

export function interactionKey(uid: string): string {
  return createHash("sha256").update(`Interaction\0${uid}`).digest("base64url");
}

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
  const record = openJson<EngineRecord>(vault, bytesIn(row, "record"), contextOf("record", uid));
  const state = bytesOrNullIn(row, "state");
  return {
    uid,
    record: { ...record, jti: uid },
    state: state && openJson<InteractionState>(vault, state, contextOf("state", uid)),
    attempts: integerIn(row, "attempts"),
    version: integerIn(row, "version"),
    expiresAt: integerIn(row, "expires_at"),
  };
}

// The record without the ids that are alive: its own, and that of the session it began in, which
// the engine copies into it and never reads again.
export function sealRecord(vault: Vault, uid: string, record: EngineRecord): Buffer {
  const { jti: _, ...rest } = record;
  return sealJson(vault, withoutCookie(rest), contextOf("record", uid));
}

export function sealState(vault: Vault, uid: string, state: InteractionState): Buffer {
  return sealJson(vault, state, contextOf("state", uid));
}

function withoutCookie(record: EngineRecord): EngineRecord {
  const { session } = record;
  if (typeof session !== "object" || session === null) return record;
  const kept = Object.entries(session).filter(([name]) => name !== "cookie");
  return { ...record, session: Object.fromEntries(kept) };
}

function contextOf(part: "record" | "state", uid: string): string {
  return `interaction-${part}:${interactionKey(uid)}`;
}
