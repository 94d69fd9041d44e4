// The interactions: the engine's record of each, and beside it our state.
import type { EngineRecord, Interaction } from "../../domain/interaction.ts";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { InteractionStore } from "../../ports/interactions.ts";
import { hasEnded, interactionKey, requireAnswer, sealRecord } from "../stored/interaction.ts";
import { countCodeAttempt } from "./code-attempts.ts";
import type { Database } from "./database.ts";
import { moveInteraction } from "./interaction-moves.ts";
import { findInteraction } from "./interaction-rows.ts";
import { createInteractionSweep } from "./interaction-sweep.ts";
import type { Sql } from "./sql.ts";

export function createInteractionStore(database: Database, vault: Vault): InteractionStore {
  return {
    save: (uid, record, expiresAt) =>
      database.write((sql) => saveRecord(sql, vault, uid, { record, expiresAt })),
    find: (uid, now) => database.read((sql) => findInteraction(sql, vault, uid, now)),
    prolong: (uid, expiresAt, now) =>
      database.write((sql) => {
        sql.run(
          `UPDATE interactions SET expires_at = MAX(expires_at, ?)
           WHERE key = ? AND expires_at > ?`,
          expiresAt,
          interactionKey(uid),
          now,
        );
      }),
    take: (uid, now) => database.write((sql) => takeEnded(sql, vault, uid, now)),
    destroy: (uid) =>
      database.write((sql) => {
        deleteInteraction(sql, uid);
      }),
    async move(move) {
      requireAnswer(move);
      return database.write((sql) => moveInteraction(sql, vault, move));
    },
    countAttempt: (uid, now, limits, typed) =>
      database.write((sql) => countCodeAttempt(sql, vault, { uid, now, limits, typed })),
    sweep: createInteractionSweep(database, vault),
  };
}

function saveRecord(
  sql: Sql,
  vault: Vault,
  uid: string,
  given: { record: EngineRecord; expiresAt: Instant },
): void {
  sql.run(
    `INSERT INTO interactions (key, record, state, version, attempts, expires_at)
     VALUES (?, ?, NULL, 0, 0, ?)
     ON CONFLICT (key) DO UPDATE SET record = excluded.record, expires_at = excluded.expires_at`,
    interactionKey(uid),
    sealRecord(vault, uid, given.record),
    given.expiresAt,
  );
}

function takeEnded(sql: Sql, vault: Vault, uid: string, now: Instant): Interaction | null {
  const interaction = findInteraction(sql, vault, uid, now);
  if (interaction === null || !hasEnded(interaction.record)) return null;
  deleteInteraction(sql, uid);
  return interaction;
}

function deleteInteraction(sql: Sql, uid: string): void {
  sql.run("DELETE FROM interactions WHERE key = ?", interactionKey(uid));
}
