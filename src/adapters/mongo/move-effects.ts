// The effects of a move beyond its own document. What could refuse it is reserved before the move is made,
// and given back if it is not; what it owes is written with it, and paid after it.
import { afterSend, judgeSend } from "../../domain/send-policy.ts";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type {
  BudgetCount,
  InteractionMove,
  MoveEffects,
  MoveOutcome,
} from "../../ports/interactions.ts";
import { historyFrom } from "../stored/number.ts";
import { openJson, sealJson } from "../stored/sealed-json.ts";
import { askerOf, judgeProof, NO_FACTOR_ATTEMPTS } from "../stored/user.ts";
import { budgetCount, countAll, firstRefusal, takeBack } from "./attempt-runs.ts";
import { changeDocument } from "./change.ts";
import type { Scope } from "./database.ts";
import type { InteractionDocument, UserDocument } from "./documents.ts";
import { insertMessage } from "./message-sending.ts";
import { markVerified, removeMessage } from "./messages.ts";
import {
  change,
  changeNumber,
  forgetSend,
  recordSuccess,
  releaseBinding,
  reserveBinding,
} from "./numbers.ts";
import { payAudit } from "./pending.ts";
import {
  type Reservation,
  releaseReplacement,
  reserveReplacement,
  withoutReplacement,
} from "./phone-changes.ts";
import { factorFields, findUserDocument, userFields, userFrom } from "./user-documents.ts";

type Refusal = Exclude<MoveOutcome, { outcome: "moved" }>;
type SendEffect = NonNullable<MoveEffects["send"]>;
type LinkEffect = NonNullable<MoveEffects["link"]>;
type CodeProved = NonNullable<MoveEffects["codeProved"]>;

// A proof as it lies with a move until it is carried out.
interface Proof {
  readonly proved: CodeProved;
  readonly at: Instant;
}

interface Reserved {
  // Null: all is reserved that the move needs. Otherwise nothing is.
  readonly refusal: Refusal | null;
  // The user of a proof, as it was read.
  readonly user?: UserDocument | null;
  // What a text was counted under.
  readonly counts: readonly BudgetCount[];
}

// What a move does, and the name under which it reserves what others must not have meanwhile.
interface Reserving extends Pick<InteractionMove, "effects" | "now"> {
  readonly reservation: Reservation;
}

export async function reserveEffects(
  scope: Scope,
  vault: Vault,
  { effects, now, reservation }: Reserving,
): Promise<Reserved> {
  const { send, link, codeProved } = effects;
  const user = codeProved ? await findUserDocument(scope, codeProved.userId) : null;
  const unproved = codeProved
    ? await reserveProof(scope, vault, codeProved, { user, now, reservation })
    : null;
  if (unproved !== null) return { refusal: unproved, counts: [] };
  const sent = send ? await countSend(scope, vault, send, now) : { refusal: null, counts: [] };
  if (sent.refusal !== null && codeProved) {
    await releaseProof(scope, vault, codeProved, reservation);
  }
  if (sent.refusal !== null || !link) return { ...sent, user };

  const unlinked = await countLink(scope, vault, link, now);
  if (unlinked === null) return { ...sent, user };
  const unlinkedEffects = { ...effects, link: undefined };
  await releaseEffects(scope, vault, { effects: unlinkedEffects, now, reservation });
  return { refusal: unlinked, counts: [] };
}

// Nothing came of the move.
export async function releaseEffects(
  scope: Scope,
  vault: Vault,
  { effects, now, reservation }: Reserving,
): Promise<void> {
  const { send, link, codeProved } = effects;
  for (const { key } of link?.budgets ?? []) await takeBack(scope, vault, key);
  if (send) await forgetSend(scope, vault, { ...send, at: now });
  if (send?.message) await removeMessage(scope, send.message.id);
  if (codeProved) await releaseProof(scope, vault, codeProved, reservation);
}

// What a move writes with itself so that its proof is carried out whatever happens.
export function sealProof(vault: Vault, key: string, move: InteractionMove): Buffer | null {
  const { codeProved } = move.effects;
  if (codeProved === undefined) return null;
  const proof: Proof = { proved: codeProved, at: move.now };
  return sealJson(vault, proof, contextOf(key));
}

// Pays what a move owes, if it owes anything: the proof to its user, then the events to the audit log.
// `known`: the user as it was read a moment ago, if it was.
export async function payMove(
  scope: Scope,
  vault: Vault,
  document: InteractionDocument,
  known?: UserDocument | null | undefined,
): Promise<void> {
  if (document.pending === undefined) return;
  const { proof } = document.pending;
  if (proof !== null) {
    await carryOut(scope, vault, openJson<Proof>(vault, proof, contextOf(document._id)), known);
  }
  await payAudit(scope, scope.models.interactions, document);
}

// The number first: its gap is what most are refused for.
async function countSend(
  scope: Scope,
  vault: Vault,
  send: SendEffect,
  now: Instant,
): Promise<Pick<Reserved, "refusal" | "counts">> {
  const { number, asker, budgets = [] } = send;
  const refusal = await changeNumber<Refusal | null>(scope, vault, number, (found) => {
    const verdict = judgeSend(historyFrom(found), send, now);
    if (verdict.outcome === "refused") {
      const { because, retryAt } = verdict;
      return { keep: { outcome: "send-refused", because, retryAt } };
    }
    return change(afterSend(historyFrom(found), asker, now), found?.binding ?? [], null);
  });
  if (refusal !== null) return { refusal, counts: [] };

  const counted = await countAll(scope, vault, budgets, now);
  if (counted.outcome === "counted") {
    if (send.message) await insertMessage(scope, vault, send.message);
    return { refusal: null, counts: counted.counts.map(budgetCount) };
  }
  await forgetSend(scope, vault, { number, asker, at: now });
  return { refusal: { outcome: "send-refused", ...firstRefusal(counted) }, counts: [] };
}

async function countLink(
  scope: Scope,
  vault: Vault,
  { budgets }: LinkEffect,
  now: Instant,
): Promise<Refusal | null> {
  const counted = await countAll(scope, vault, budgets, now);
  if (counted.outcome === "counted") return null;
  return { outcome: "link-refused", ...firstRefusal(counted) };
}

async function reserveProof(
  scope: Scope,
  vault: Vault,
  proved: CodeProved,
  { user, now, reservation }: { user: UserDocument | null; now: Instant; reservation: Reservation },
): Promise<Refusal | null> {
  const { userId, number, bind, usersPerBoundPhone } = proved;
  const judge = (found: UserDocument | null) => judgeProof(userFrom(vault, found), proved, now);
  const { refusal } = judge(user);
  if (refusal !== null) return refusal;
  if (proved.replaces) {
    const fits = (found: UserDocument) => judge(found).refusal === null;
    const held = await reserveReplacement(scope, userId, reservation, fits);
    if (!held) return { outcome: "user-changed" };
  }
  if (!bind) return null;
  const reserved = await reserveBinding(scope, vault, {
    number,
    userId,
    usersMax: usersPerBoundPhone,
  });
  if (reserved) return null;
  if (proved.replaces) await releaseReplacement(scope, userId, reservation);
  return { outcome: "number-shared-too-often" };
}

async function releaseProof(
  scope: Scope,
  vault: Vault,
  { userId, number, bind, replaces }: CodeProved,
  reservation: Reservation,
): Promise<void> {
  if (bind) await releaseBinding(scope, vault, number, userId);
  if (replaces) await releaseReplacement(scope, userId, reservation);
}

// A user who was given another phone, or disabled, since the move was judged stays so: that change voids what
// was proved before it, so that nobody is let in by it.
async function carryOut(
  scope: Scope,
  vault: Vault,
  { proved, at }: Proof,
  known: UserDocument | null | undefined,
): Promise<void> {
  await changeDocument<UserDocument, null>(
    scope,
    scope.models.users,
    proved.userId,
    (found) => {
      const verdict = judgeProof(userFrom(vault, found), proved, at);
      if (found === null || verdict.refusal !== null) return { keep: null };
      const fields = verdict.changed ? userFields(vault, verdict.user) : {};
      if (!verdict.changed && found.factorInARow === 0 && found.factorLockedUntil === null) {
        return { keep: null };
      }
      const kept = proved.replaces ? withoutReplacement(found) : found;
      return { put: { ...kept, ...fields, ...factorFields(NO_FACTOR_ATTEMPTS) }, say: null };
    },
    known,
  );
  const { userId, number } = proved;
  await recordSuccess(scope, vault, number, { userId, asker: askerOf(proved) });
  if (proved.challengeId !== undefined) await markVerified(scope, vault, proved.challengeId, at);
}

function contextOf(interactionKey: string): string {
  return `proof:${interactionKey}`;
}
