// Moving an interaction one step on. Everything is judged before anything is written, and all of it
// happens in one transaction, so that a move that is refused leaves no trace.
import type { LinkBudget } from "../../domain/binding-link.ts";
import type { Interaction } from "../../domain/interaction.ts";
import type { SendBudget } from "../../domain/send-caps.ts";
import { afterSend, judgeSend, type NumberHistory } from "../../domain/send-policy.ts";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { InteractionMove, MoveEffects, MoveOutcome } from "../../ports/interactions.ts";
import { interactionKey, isMadeFrom, sealRecord, sealState } from "../stored/interaction.ts";
import { askerOf, judgeProof, NO_FACTOR_ATTEMPTS } from "../stored/user.ts";
import { countsOf, type Judged, judgeBudgets, refundSends, writeRuns } from "./attempt-runs.ts";
import { appendAudit } from "./audit.ts";
import { rememberDevice } from "./devices.ts";
import { findInteraction } from "./interaction-rows.ts";
import { insertCapped, insertQueued } from "./mails.ts";
import { insertMessage, markVerified } from "./messages.ts";
import { readHistory, recordSuccess, writeHistory } from "./numbers.ts";
import { clearAttempts, refundAttempts } from "./password-attempts.ts";
import type { Sql } from "./sql.ts";
import { countOthersByPhone, findUser, setFactorAttempts, updateUser } from "./user-rows.ts";

type SendEffect = NonNullable<MoveEffects["send"]>;
type LinkEffect = NonNullable<MoveEffects["link"]>;
type CodeProved = NonNullable<MoveEffects["codeProved"]>;
type Refusal = Exclude<MoveOutcome, { outcome: "moved" }>;

export function moveInteraction(sql: Sql, vault: Vault, move: InteractionMove): MoveOutcome {
  const { uid, now, effects } = move;
  const interaction = findInteraction(sql, vault, uid, now);
  if (interaction === null || !isMadeFrom(interaction, move)) return { outcome: "stale" };

  const sent = effects.send ? judgeSendEffect(sql, vault, effects.send, now) : null;
  if (sent?.refusal) return sent.refusal;
  const linked = effects.link ? judgeLinkEffect(sql, vault, effects.link, now) : null;
  if (linked?.refusal) return linked.refusal;
  const proved = effects.codeProved ? judgeProofEffect(sql, vault, effects.codeProved, now) : null;
  if (proved?.refusal) return proved.refusal;

  if (effects.send && sent) {
    writeHistory(sql, vault, effects.send.number, sent.history);
    writeRuns(sql, sent.judged);
    if (effects.send.message) insertMessage(sql, vault, effects.send.message);
  }
  if (linked) writeRuns(sql, linked.judged);
  if (effects.codeProved && proved) {
    if (proved.changed) updateUser(sql, vault, proved.user);
    setFactorAttempts(sql, proved.user.id, NO_FACTOR_ATTEMPTS);
    const { number, challengeId } = effects.codeProved;
    recordSuccess(sql, vault, number, askerOf(effects.codeProved));
    if (challengeId !== undefined) markVerified(sql, vault, challengeId, now);
  }
  clearAttempts(sql, vault, effects.clearAttempts ?? []);
  refundAttempts(sql, vault, effects.refundAttempts ?? []);
  refundSends(sql, vault, effects.refundSends ?? []);
  appendAudit(sql, vault, effects.audit ?? []);
  insertQueued(sql, vault, effects.mails ?? []);
  insertCapped(sql, vault, effects.cappedMails ?? [], now);
  if (effects.device) rememberDevice(sql, vault, effects.device, now);
  const version = writeMove(sql, vault, move, interaction);
  return {
    outcome: "moved",
    version,
    ...(sent?.judged.length ? { counts: countsOf(sent.judged) } : {}),
  };
}

function judgeSendEffect(
  sql: Sql,
  vault: Vault,
  send: SendEffect,
  now: Instant,
): { refusal: Refusal } | { refusal: null; history: NumberHistory; judged: Judged<SendBudget>[] } {
  const history = readHistory(sql, vault, send.number);
  const verdict = judgeSend(history, send, now);
  if (verdict.outcome === "refused") {
    const { because, retryAt } = verdict;
    return { refusal: { outcome: "send-refused", because, retryAt } };
  }
  const judged = judgeBudgets(sql, vault, send.budgets ?? [], now);
  for (const { budget, count } of judged) {
    if (count.outcome === "counted") continue;
    const { retryAt } = count;
    return { refusal: { outcome: "send-refused", because: budget.because, retryAt } };
  }
  return { refusal: null, history: afterSend(history, send.asker, now), judged };
}

function judgeLinkEffect(
  sql: Sql,
  vault: Vault,
  { budgets }: LinkEffect,
  now: Instant,
): { refusal: Refusal } | { refusal: null; judged: Judged<LinkBudget>[] } {
  const judged = judgeBudgets(sql, vault, budgets, now);
  for (const { budget, count } of judged) {
    if (count.outcome === "counted") continue;
    const { because } = budget;
    return { refusal: { outcome: "link-refused", because, retryAt: count.retryAt } };
  }
  return { refusal: null, judged };
}

function judgeProofEffect(sql: Sql, vault: Vault, proved: CodeProved, now: Instant) {
  const verdict = judgeProof(findUser(sql, vault, proved.userId), proved, now);
  if (verdict.refusal !== null || !proved.bind) return verdict;
  const others = countOthersByPhone(sql, vault, proved.number, proved.userId);
  if (others < proved.usersPerBoundPhone) return verdict;
  return { refusal: { outcome: "number-shared-too-often" as const } };
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
  if (move.resetAttempts) {
    sql.run("UPDATE interactions SET guesses = '' WHERE key = ?", interactionKey(uid));
  }
  if (move.record !== undefined) {
    const text = "UPDATE interactions SET record = ? WHERE key = ?";
    sql.run(text, sealRecord(vault, uid, move.record), interactionKey(uid));
  }
  return version;
}
