// Moving an interaction one step on. What could refuse the move is reserved first; the move itself is one
// conditional write, which carries what it owes; then that is paid. A crash before the write leaves something
// counted too often, one after it leaves a debt that the next reader pays.
import type { Vault } from "../../domain/vault.ts";
import type { InteractionMove, MoveOutcome } from "../../ports/storage.ts";
import {
  hasEnded,
  interactionKey,
  isMadeFrom,
  openState,
  sealRecord,
  sealState,
} from "../stored/interaction.ts";
import { changeDocument } from "./change.ts";
import type { Scope } from "./database.ts";
import { isAlive } from "./dates.ts";
import type { InteractionDocument } from "./documents.ts";
import { findInteraction } from "./interaction-documents.ts";
import { payMove, releaseEffects, reserveEffects, sealProof } from "./move-effects.ts";
import { clearAttempts, refundAttempts } from "./password-attempts.ts";
import { eventsOf, owing } from "./pending.ts";

export async function moveInteraction(
  scope: Scope,
  vault: Vault,
  move: InteractionMove,
): Promise<MoveOutcome> {
  const interaction = await findInteraction(scope, vault, move.uid, move.now);
  if (interaction === null || !isMadeFrom(interaction, move)) return { outcome: "stale" };

  const refusal = await reserveEffects(scope, vault, move);
  if (refusal !== null) return refusal;
  const moved = await writeMove(scope, vault, move);
  if (moved === null) {
    await releaseEffects(scope, vault, move);
    return { outcome: "stale" };
  }

  await payMove(scope, vault, moved);
  await clearAttempts(scope, vault, move.effects.clearAttempts ?? []);
  await refundAttempts(scope, vault, move.effects.refundAttempts ?? []);
  return { outcome: "moved", version: moved.version };
}

// The one conditional write; null: somebody else moved it, or it is gone or expired.
async function writeMove(
  scope: Scope,
  vault: Vault,
  move: InteractionMove,
): Promise<InteractionDocument | null> {
  const { uid, to, record, now } = move;
  const key = interactionKey(uid);
  const events = eventsOf(scope, vault, move.effects.audit ?? []);
  const { said, after } = await changeDocument<InteractionDocument, boolean>(
    scope,
    scope.models.interactions,
    key,
    async (found) => {
      if (found === null || !isAlive(found.expiresAt, now)) return { keep: false };
      const state = found.state ? openState(vault, uid, found.state) : null;
      if (!isMadeFrom({ version: found.version, state }, move)) return { keep: false };
      const version = found.version + 1;
      const put = {
        ...found,
        state: sealState(vault, uid, to),
        version,
        ...(move.resetAttempts ? { attemptsSince: version } : {}),
        ...(record && { record: sealRecord(vault, uid, record), ended: hasEnded(record) }),
        ...owing(found.pending, { audit: await events(), proof: sealProof(vault, key, move) }),
      };
      return { put, say: true };
    },
  );
  return said ? after : null;
}
