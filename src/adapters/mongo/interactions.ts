// The interactions: the engine's record of each, and beside it our state.
import { randomUUID } from "node:crypto";
import type { EngineRecord, Interaction } from "../../domain/interaction.ts";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { InteractionStore } from "../../ports/interactions.ts";
import { hasEnded, interactionKey, requireAnswer, sealRecord } from "../stored/interaction.ts";
import { byId } from "./change.ts";
import { countCodeAttempt } from "./code-attempts.ts";
import type { Database, Scope } from "./database.ts";
import { aliveAt, toDate } from "./dates.ts";
import type { InteractionDocument } from "./documents.ts";
import { isDuplicate } from "./failures.ts";
import { findInteraction, interactionFrom } from "./interaction-documents.ts";
import { moveInteraction } from "./interaction-moves.ts";
import { createInteractionSweep } from "./interaction-sweep.ts";
import { payMove } from "./move-effects.ts";

export function createInteractionStore(database: Database, vault: Vault): InteractionStore {
  return {
    save: (uid, record, expiresAt) =>
      database.write((scope) => saveRecord(scope, vault, uid, { record, expiresAt })),
    find: (uid, now) => database.read((scope) => findInteraction(scope, vault, uid, now)),
    prolong: (uid, expiresAt, now) =>
      database.write(async ({ models }) => {
        const alive = { _id: interactionKey(uid), expiresAt: aliveAt(now) };
        await models.interactions.updateOne(alive, { $max: { expiresAt: toDate(expiresAt) } });
      }),
    take: (uid, now) => database.write((scope) => takeEnded(scope, vault, uid, now)),
    destroy: (uid) =>
      database.write(async (scope) => {
        const { interactions } = scope.models;
        const gone = await interactions
          .findOneAndDelete(byId(interactionKey(uid)))
          .lean<InteractionDocument>();
        if (gone !== null) await payMove(scope, vault, gone);
      }),
    async move(move) {
      requireAnswer(move);
      return database.write((scope) => moveInteraction(scope, vault, move));
    },
    countAttempt: (uid, now, limits, typed) =>
      database.write((scope) => countCodeAttempt(scope, vault, { uid, now, limits, typed })),
    sweep: createInteractionSweep(database, vault),
  };
}

// The record alone, whatever moves meanwhile.
async function saveRecord(
  { models }: Scope,
  vault: Vault,
  uid: string,
  { record, expiresAt }: { record: EngineRecord; expiresAt: Instant },
): Promise<void> {
  const update = {
    $set: {
      record: sealRecord(vault, uid, record),
      ended: hasEnded(record),
      expiresAt: toDate(expiresAt),
      revision: randomUUID(),
    },
    $setOnInsert: { state: null, version: 0, attemptsSince: 0 },
  };
  const save = () =>
    models.interactions.updateOne(byId(interactionKey(uid)), update, { upsert: true });
  try {
    await save();
  } catch (error) {
    // Two upserts of a new _id at once: for the second it is there by now.
    if (!isDuplicate(error)) throw error;
    await save();
  }
}

// One conditional delete. One that still owes something pays first, for nobody finds it afterwards.
async function takeEnded(
  scope: Scope,
  vault: Vault,
  uid: string,
  now: Instant,
): Promise<Interaction | null> {
  const { interactions } = scope.models;
  const ended = { _id: interactionKey(uid), ended: true, expiresAt: aliveAt(now) };
  for (;;) {
    scope.check();
    const taken = await interactions
      .findOneAndDelete({ ...ended, pending: { $exists: false } })
      .lean<InteractionDocument>();
    if (taken !== null) return interactionFrom(vault, uid, taken);
    const owing = await interactions.findOne(ended).lean<InteractionDocument>();
    if (owing === null) return null;
    await payMove(scope, vault, owing);
  }
}
