// How an interaction lies in its collection, and how it is read: what a move still owes is paid first, so
// that nobody goes on from a move whose effects are not there yet.
import type { Interaction } from "../../domain/interaction.ts";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import { interactionKey, openRecord, openState } from "../stored/interaction.ts";
import { byId } from "./change.ts";
import type { Scope } from "./database.ts";
import { aliveAt } from "./dates.ts";
import type { InteractionDocument, UserDocument } from "./documents.ts";
import { payMove } from "./move-effects.ts";

// An expired one is as good as none.
export async function findInteractionDocument(
  scope: Scope,
  vault: Vault,
  uid: string,
  now: Instant,
): Promise<InteractionDocument | null> {
  const found = await scope.models.interactions
    .findOne({ _id: interactionKey(uid), expiresAt: aliveAt(now) })
    .lean<InteractionDocument>();
  if (found === null || found.pending === undefined) return found;
  await payMove(scope, vault, found);
  const { pending: _, ...paid } = found;
  return paid;
}

export async function findInteraction(
  scope: Scope,
  vault: Vault,
  uid: string,
  now: Instant,
): Promise<Interaction | null> {
  const found = await findInteractionDocument(scope, vault, uid, now);
  if (found === null) return null;
  const interaction = interactionFrom(vault, uid, found);
  const { state } = interaction;
  const waits = state?.step === "code" && state.challenge !== null && state.userId !== null;
  if (!waits) return interaction;
  return { ...interaction, attempts: await findAttempts(scope, state.userId, attemptsKey(found)) };
}

// Without the attempts, which are counted at the user.
export function interactionFrom(
  vault: Vault,
  uid: string,
  found: InteractionDocument,
): Interaction {
  return {
    uid,
    record: openRecord(vault, uid, found.record),
    state: found.state ? openState(vault, uid, found.state) : null,
    attempts: 0,
    version: found.version,
    expiresAt: found.expiresAt.getTime(),
  };
}

// Under what the attempts at the challenge that is open are counted at its user.
export function attemptsKey(found: Pick<InteractionDocument, "_id" | "attemptsSince">): string {
  return `${found._id}:${found.attemptsSince}`;
}

// How many were counted under a key.
export async function findAttempts(
  { models }: Scope,
  userId: string,
  key: string,
): Promise<number> {
  const found = await models.users
    .findOne(byId(userId), { codeAttempts: 1 })
    .lean<Pick<UserDocument, "codeAttempts">>();
  return found?.codeAttempts.find((each) => each.key === key)?.count ?? 0;
}
