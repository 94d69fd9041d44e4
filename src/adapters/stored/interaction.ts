// How an interaction lies in any store: under the hash of its uid, which is a secret, with the engine's
// record and our state sealed.
import { createHash } from "node:crypto";
import type { EngineRecord, Interaction, InteractionState } from "../../domain/interaction.ts";
import type { Vault } from "../../domain/vault.ts";
import type { InteractionMove, LeftInteraction } from "../../ports/interactions.ts";
import { openJson, sealJson } from "./sealed-json.ts";

export function interactionKey(uid: string): string {
  return createHash("sha256").update(`Interaction\0${uid}`).digest("base64url");
}

// The record without the ids that are alive: its own, and that of the session it began in, which
// the engine copies into it and never reads again.
export function sealRecord(vault: Vault, uid: string, record: EngineRecord): Buffer {
  const { jti: _, ...rest } = record;
  return sealJson(vault, withoutCookie(rest), contextOf("record", uid));
}

export function openRecord(vault: Vault, uid: string, sealed: Uint8Array): EngineRecord {
  return { ...openJson<EngineRecord>(vault, sealed, contextOf("record", uid)), jti: uid };
}

export function sealState(vault: Vault, uid: string, state: InteractionState): Buffer {
  return sealJson(vault, state, contextOf("state", uid));
}

export function openState(vault: Vault, uid: string, sealed: Uint8Array): InteractionState {
  return openJson<InteractionState>(vault, sealed, contextOf("state", uid));
}

// What an interaction was about that nobody asks for by its uid any more; null: it cannot be read. The sweep must not
// stop at it, or nothing behind it would ever go.
export function openLeft(
  vault: Vault,
  key: string,
  sealed: { readonly record: Uint8Array; readonly state: Uint8Array },
): Pick<LeftInteraction, "record" | "state"> | null {
  return readable(() => ({
    record: openJson<EngineRecord>(vault, sealed.record, contextUnder("record", key)),
    state: openJson<InteractionState>(vault, sealed.state, contextUnder("state", key)),
  }));
}

// What the sweep goes on without, when it cannot be opened any more: the user of what was left, too.
export function readable<T>(open: () => T): T | null {
  try {
    return open();
  } catch {
    return null;
  }
}

// Whether the engine has its answer: such an interaction may be taken.
export function hasEnded(record: EngineRecord): boolean {
  return record.result !== undefined && record.result !== null;
}

// An answer that left its challenge open could be given twice.
export function requireAnswer(move: InteractionMove): void {
  if (!("challengeId" in move.from) || move.to.step !== "code") return;
  if (move.to.challenge?.id !== move.from.challengeId) return;
  throw new RangeError("a move from a challenge must close that challenge");
}

// Whether the interaction is still what a move was made from.
export function isMadeFrom(
  { version, state }: Pick<Interaction, "version" | "state">,
  move: Pick<InteractionMove, "from" | "now">,
): boolean {
  if ("version" in move.from) return version === move.from.version;
  if (state === null || state.step !== "code" || state.challenge === null) return false;
  // No look at the attempts: the one that was counted last may well be the right one.
  return state.challenge.id === move.from.challengeId && move.now < state.challenge.expiresAt;
}

function withoutCookie(record: EngineRecord): EngineRecord {
  const { session } = record;
  if (typeof session !== "object" || session === null) return record;
  const kept = Object.entries(session).filter(([name]) => name !== "cookie");
  return { ...record, session: Object.fromEntries(kept) };
}

function contextOf(part: "record" | "state", uid: string): string {
  return contextUnder(part, interactionKey(uid));
}

function contextUnder(part: "record" | "state", key: string): string {
  return `interaction-${part}:${key}`;
}
