// Moving an interaction one step on. What could refuse the move is reserved first; the move itself is one
// conditional write, which carries what it owes; then that is paid. A crash before the write leaves something
// counted too often, one after it leaves a debt that the next reader pays.
import { randomUUID } from "node:crypto";

import type { Vault } from "../../domain/vault.ts";
import type { InteractionMove, MoveOutcome } from "../../ports/interactions.ts";
import type { Queued } from "../../ports/mail.ts";
import {
  hasEnded,
  interactionKey,
  isMadeFrom,
  openState,
  sealRecord,
  sealState,
} from "../stored/interaction.ts";
import { clearRuns, refundSends, takeBack } from "./attempt-runs.ts";
import { changeDocument } from "./change.ts";
import type { Scope } from "./database.ts";
import { isAlive } from "./dates.ts";
import { rememberDevice } from "./devices.ts";
import type { InteractionDocument } from "./documents.ts";
import { findInteractionDocument } from "./interaction-documents.ts";
import { countCapped, queuedDocuments, releaseCapped } from "./mails.ts";
import { payMove, releaseEffects, reserveEffects, sealProof } from "./move-effects.ts";
import { eventsOf, owing } from "./pending.ts";

export async function moveInteraction(
  scope: Scope,
  vault: Vault,
  move: InteractionMove,
): Promise<MoveOutcome> {
  const found = await findInteractionDocument(scope, vault, move.uid, move.now);
  if (found === null || !canBeMade(vault, move, found)) return { outcome: "stale" };

  const reserving = { ...move, reservation: { id: randomUUID(), by: found._id } };
  const reserved = await reserveEffects(scope, vault, reserving);
  if (reserved.refusal !== null) return reserved.refusal;
  // Last, since it refuses nothing.
  const capped = await countCapped(scope, vault, move.effects.cappedMails ?? [], move.now);
  const mails = [...(move.effects.mails ?? []), ...capped.map(({ mail }) => mail)];
  const moved = await writeMove(scope, vault, move, { found, mails });
  if (moved === null) {
    await releaseEffects(scope, vault, reserving);
    await releaseCapped(scope, vault, capped);
    return { outcome: "stale" };
  }

  await payMove(scope, vault, moved, reserved.user);
  await clearRuns(scope, vault, move.effects.clearAttempts ?? []);
  for (const key of move.effects.refundAttempts ?? []) await takeBack(scope, vault, key);
  await refundSends(scope, vault, move.effects.refundSends ?? []);
  const { device } = move.effects;
  if (device) await rememberDevice(scope, vault, device, move.now);
  const { counts } = reserved;
  return { outcome: "moved", version: moved.version, ...(counts.length > 0 ? { counts } : {}) };
}

// The one conditional write; null: somebody else moved it, or it is gone or expired.
async function writeMove(
  scope: Scope,
  vault: Vault,
  move: InteractionMove,
  given: { readonly found: InteractionDocument; readonly mails: readonly Queued[] },
): Promise<InteractionDocument | null> {
  const { uid, to, record } = move;
  const key = interactionKey(uid);
  const events = eventsOf(scope, vault, move.effects.audit ?? []);
  const mails = queuedDocuments(vault, given.mails);
  const { said, after } = await changeDocument<InteractionDocument, boolean>(
    scope,
    scope.models.interactions,
    key,
    async (found) => {
      if (found === null || !canBeMade(vault, move, found)) return { keep: false };
      const version = found.version + 1;
      const put = {
        ...found,
        state: sealState(vault, uid, to),
        version,
        ...(move.resetAttempts ? { attemptsSince: version } : {}),
        ...(record && { record: sealRecord(vault, uid, record), ended: hasEnded(record) }),
        ...owing(found.pending, {
          audit: await events(),
          proof: sealProof(vault, key, move),
          mails,
        }),
      };
      return { put, say: true };
    },
    given.found,
  );
  return said ? after : null;
}

function canBeMade(vault: Vault, move: InteractionMove, found: InteractionDocument): boolean {
  const state = found.state ? openState(vault, move.uid, found.state) : null;
  return isAlive(found.expiresAt, move.now) && isMadeFrom({ version: found.version, state }, move);
}
