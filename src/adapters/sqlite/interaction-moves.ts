// Moving an interaction one step on. Everything is judged before anything is written, and all of it
// happens in one transaction, so that a move that is refused leaves no trace.
import type { Interaction } from "../../domain/interaction.ts";
import { afterSend, judgeSend, type NumberHistory } from "../../domain/send-policy.ts";
import type { Instant } from "../../domain/time.ts";
import type { User } from "../../domain/user.ts";
import type { Vault } from "../../domain/vault.ts";
import type { InteractionMove, MoveEffects, MoveOutcome } from "../../ports/storage.ts";
import { appendAudit } from "./audit.ts";
import { findInteraction, interactionKey, sealRecord, sealState } from "./interaction-rows.ts";
import { readHistory, recordSuccess, writeHistory } from "./numbers.ts";
import { clearAttempts, refundAttempts } from "./password-attempts.ts";
import type { Sql } from "./sql.ts";
import {
  countOthersByPhone,
  findUser,
  NO_FACTOR_ATTEMPTS,
  setFactorAttempts,
  updateUser,
} from "./user-rows.ts";

type SendEffect = NonNullable<MoveEffects["send"]>;
type CodeProved = NonNullable<MoveEffects["codeProved"]>;
type Refusal = Exclude<MoveOutcome, { outcome: "moved" }>;

// An answer that left its challenge open could be given twice.
export function requireAnswer(move: InteractionMove): void {
  if (!("challengeId" in move.from) || move.to.step !== "code") return;
  if (move.to.challenge?.id !== move.from.challengeId) return;
  throw new RangeError("a move from a challenge must close that challenge");
}

export function moveInteraction(sql: Sql, vault: Vault, move: InteractionMove): MoveOutcome {
  const { uid, now, effects } = move;
  const interaction = findInteraction(sql, vault, uid, now);
  if (interaction === null || !isMadeFrom(interaction, move)) return { outcome: "stale" };

  const sent = effects.send ? judgeSendEffect(sql, vault, effects.send, now) : null;
  if (sent?.refusal) return sent.refusal;
  const proved = effects.codeProved ? judgeProof(sql, vault, effects.codeProved, now) : null;
  if (proved?.refusal) return proved.refusal;

  if (effects.send && sent) writeHistory(sql, vault, effects.send.number, sent.history);
  if (effects.codeProved && proved) {
    if (proved.changed) updateUser(sql, vault, proved.user);
    setFactorAttempts(sql, proved.user.id, NO_FACTOR_ATTEMPTS);
    recordSuccess(sql, vault, effects.codeProved.number);
  }
  clearAttempts(sql, vault, effects.clearAttempts ?? []);
  refundAttempts(sql, vault, effects.refundAttempts ?? []);
  appendAudit(sql, vault, effects.audit ?? []);
  return { outcome: "moved", version: writeMove(sql, vault, move, interaction) };
}

function isMadeFrom(interaction: Interaction, move: InteractionMove): boolean {
  if ("version" in move.from) return interaction.version === move.from.version;
  const { state } = interaction;
  if (state === null || state.step !== "code" || state.challenge === null) return false;
  // No look at the attempts: the one that was counted last may well be the right one.
  return state.challenge.id === move.from.challengeId && move.now < state.challenge.expiresAt;
}

function judgeSendEffect(
  sql: Sql,
  vault: Vault,
  send: SendEffect,
  now: Instant,
): { refusal: Refusal } | { refusal: null; history: NumberHistory } {
  const history = readHistory(sql, vault, send.number);
  const verdict = judgeSend(history, send.challenge, now, send.limits);
  if (verdict.outcome === "refused") {
    const { because, retryAt } = verdict;
    return { refusal: { outcome: "send-refused", because, retryAt } };
  }
  return { refusal: null, history: afterSend(history, now) };
}

function judgeProof(
  sql: Sql,
  vault: Vault,
  proved: CodeProved,
  now: Instant,
): { refusal: Refusal } | { refusal: null; user: User; changed: boolean } {
  const user = findUser(sql, vault, proved.userId);
  if (user === null || user.status !== "active") return { refusal: { outcome: "user-changed" } };
  const { phone } = user;
  const fits = phone?.number === proved.number || (proved.bind && phone === null);
  if (!fits) return { refusal: { outcome: "user-changed" } };

  const others = proved.bind ? countOthersByPhone(sql, vault, proved.number, user.id) : 0;
  if (proved.bind && others >= proved.usersPerBoundPhone) {
    return { refusal: { outcome: "number-shared-too-often" } };
  }
  if (phone?.status === "bound") return { refusal: null, user, changed: false };

  const bound = { number: proved.number, status: "bound" as const, since: now };
  const updatedAt = Math.max(now, user.updatedAt + 1);
  return { refusal: null, user: { ...user, phone: bound, updatedAt }, changed: true };
}

// The version after the move.
function writeMove(
  sql: Sql,
  vault: Vault,
  move: InteractionMove,
  interaction: Interaction,
): number {
  const { uid, to } = move;
  const version = interaction.version + 1;
  sql.run(
    "UPDATE interactions SET state = ?, version = ?, attempts = ? WHERE key = ?",
    sealState(vault, uid, to),
    version,
    move.resetAttempts ? 0 : interaction.attempts,
    interactionKey(uid),
  );
  if (move.record !== undefined) {
    const text = "UPDATE interactions SET record = ? WHERE key = ?";
    sql.run(text, sealRecord(vault, uid, move.record), interactionKey(uid));
  }
  return version;
}
