// What is remembered of texts, and the pauses of the fraud guard.
import type { AuditEvent } from "../../domain/audit-event.ts";
import type { JudgedText, Pause } from "../../domain/fraud-guard.ts";
import {
  type Message,
  OPEN_TO_RECEIPTS,
  type Receipt,
  type StoredMessage,
} from "../../domain/message.ts";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { MessageStore } from "../../ports/messages.ts";
import { challengeIndex } from "../stored/message.ts";
import { byId, type Change, changeDocument } from "./change.ts";
import type { Database, Scope } from "./database.ts";
import type { MessageDocument, PauseDocument } from "./documents.ts";
import { beginMessage, settleMessage } from "./message-sending.ts";
import { eventsOf, owing, payAudit } from "./pending.ts";

export function createMessageStore(database: Database, vault: Vault): MessageStore {
  return {
    begin: (message, budgets) =>
      database.write((scope) => beginMessage(scope, vault, message, budgets)),
    settle: (settled, budgets = []) =>
      database.write((scope) => settleMessage(scope, vault, settled, budgets)),
    receive: (receipt, at) => database.write((scope) => receive(scope, receipt, at)),
    findLatest: (challengeId) =>
      database.read(async ({ models }) => {
        const found = await models.messages
          .find({ challengeIndex: challengeIndex(vault, challengeId) })
          .sort({ at: -1 })
          .limit(1)
          .lean<MessageDocument[]>();
        return found[0] === undefined ? null : messageFrom(found[0]);
      }),
    list: ({ from, to, after, limit }) =>
      database.read(async ({ models }) => {
        const { at = from, id = "" } = after ?? {};
        const found = await models.messages
          .find({
            at: { $gte: at, $lt: to },
            $or: [{ at: { $gt: at } }, { _id: { $gt: id } }],
          })
          .sort({ at: 1, _id: 1 })
          .limit(limit)
          .lean<MessageDocument[]>();
        return found.map(messageFrom);
      }),
    // What certainly did not go out tells nothing of whoever would have got it.
    listJudged: (place, { from, typedAfter, max }) =>
      database.read(async ({ models }) => {
        const found = await models.messages
          .find({
            ...place,
            at: { $gte: from },
            $or: [{ at: { $lte: typedAfter } }, { verifiedAt: { $ne: null } }],
            userIndex: { $ne: null },
            status: { $ne: "failed" },
          })
          .sort({ at: -1 })
          .limit(max)
          .lean<MessageDocument[]>();
        return found.map(judgedFrom);
      }),
    findPauses: (scopes) =>
      database.read(async ({ models }) => {
        const found = await models.pauses
          .find({ _id: { $in: [...scopes] } })
          .lean<PauseDocument[]>();
        return found.map(pauseFrom);
      }),
    listPauses: () =>
      database.read(async ({ models }) => {
        const found = await models.pauses.find({}).sort({ _id: 1 }).lean<PauseDocument[]>();
        return found.map(pauseFrom).filter(({ pausedAt }) => pausedAt !== null);
      }),
    pause: ({ scope: pausedScope, at, since, audit }) =>
      database.write((scope) =>
        changePause(scope, vault, { scope: pausedScope, audit }, (found) =>
          (found?.pausedAt ?? null) === since
            ? { pausedAt: at, liftedAt: found?.liftedAt ?? null }
            : null,
        ),
      ),
    lift: (pausedScope, at, audit) =>
      database.write((scope) =>
        changePause(scope, vault, { scope: pausedScope, audit }, (found) =>
          found?.pausedAt == null ? null : { pausedAt: null, liftedAt: at },
        ),
      ),
  };
}

export async function removeMessage({ models }: Scope, id: string): Promise<void> {
  await models.messages.deleteOne(byId(id));
}

export async function markVerified(
  { models }: Scope,
  vault: Vault,
  challengeId: string,
  now: Instant,
): Promise<void> {
  await models.messages.updateMany(
    { challengeIndex: challengeIndex(vault, challengeId), verifiedAt: null },
    { $set: { verifiedAt: now } },
  );
}

async function receive(
  { models }: Scope,
  receipt: Receipt,
  at: Instant,
): Promise<"updated" | "unchanged" | "unknown"> {
  const { provider, providerMessageId, messageId, status, because } = receipt;
  const which =
    messageId === null
      ? { provider, providerMessageId }
      : { _id: messageId, provider: { $in: [null, provider] } };
  const received = await models.messages.updateOne(
    { ...which, status: { $in: [...OPEN_TO_RECEIPTS] } },
    { $set: { status, because, statusAt: at } },
  );
  if (received.matchedCount === 1) return "updated";
  return (await models.messages.exists(which)) === null ? "unknown" : "unchanged";
}

// False: it is so already.
async function changePause(
  scope: Scope,
  vault: Vault,
  given: { readonly scope: string; readonly audit: AuditEvent },
  next: (found: PauseDocument | null) => Pick<PauseDocument, "pausedAt" | "liftedAt"> | null,
): Promise<boolean> {
  const events = eventsOf(scope, vault, [given.audit]);
  const { said, after } = await changeDocument<PauseDocument, boolean>(
    scope,
    scope.models.pauses,
    given.scope,
    async (found): Promise<Change<PauseDocument, boolean>> => {
      const fields = next(found);
      if (fields === null) return { keep: false };
      return { put: { ...fields, ...owing(found?.pending, { audit: await events() }) }, say: true };
    },
  );
  await payAudit(scope, scope.models.pauses, after);
  return said;
}

function messageFrom(found: MessageDocument): StoredMessage {
  return {
    id: found._id,
    at: found.at,
    purpose: found.purpose as Message["purpose"],
    applicationId: found.applicationId ?? null,
    country: found.country,
    prefix: found.prefix,
    costMicros: found.costMicros,
    status: found.status as StoredMessage["status"],
    statusAt: found.statusAt,
    because: found.because ?? null,
    provider: found.provider ?? null,
    verifiedAt: found.verifiedAt ?? null,
  };
}

function judgedFrom(found: MessageDocument): JudgedText {
  return {
    at: found.at,
    prefix: found.prefix,
    user: found.userIndex ?? "",
    network: found.networkIndex ?? "",
    verified: found.verifiedAt !== null,
  };
}

function pauseFrom({ _id, pausedAt, liftedAt }: PauseDocument): Pause {
  return { scope: _id, pausedAt: pausedAt ?? null, liftedAt: liftedAt ?? null };
}
