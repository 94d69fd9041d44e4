// What happens to the message of a text while it is sent: it is begun, and settled.
import type { Message, MessageStatus } from "../../domain/message.ts";
import type { SendBudget } from "../../domain/send-caps.ts";
import type { Vault } from "../../domain/vault.ts";
import type { MessageBegun, MessageSettled } from "../../ports/messages.ts";
import { challengeIndex, messageEndsAt, sourceIndexes } from "../stored/message.ts";
import { budgetCount, countAll, firstRefusal, takeBack } from "./attempt-runs.ts";
import { byId } from "./change.ts";
import type { Scope } from "./database.ts";
import { toDate } from "./dates.ts";
import type { MessageDocument } from "./documents.ts";
import { areDuplicates } from "./failures.ts";

// Counted first: a crash in between, or somebody who was faster, leaves it counted too often for a while or for
// the day, never sent twice.
export async function beginMessage(
  scope: Scope,
  vault: Vault,
  message: Message,
  budgets: readonly SendBudget[],
): Promise<MessageBegun> {
  const before = await statusOf(scope, message.id);
  if (before !== null && before !== "failed") return { outcome: "begun-before", status: before };
  const counted = await countAll(scope, vault, budgets, message.at);
  if (counted.outcome === "limited") return { outcome: "refused", ...firstRefusal(counted) };
  const begun = await (before === null
    ? isInserted(scope, vault, message)
    : isBegunAgain(scope, message));
  if (begun) return { outcome: "begun", counts: counted.counts.map(budgetCount) };
  for (const { key, weight } of budgets) await takeBack(scope, vault, key, weight);
  return { outcome: "begun-before", status: "sending" };
}

export async function insertMessage(
  { models }: Scope,
  vault: Vault,
  message: Message,
): Promise<void> {
  const { id, challengeId, source, ...rest } = message;
  const { user: userIndex, network: networkIndex } = sourceIndexes(vault, source);
  await models.messages.create([
    {
      _id: id,
      ...rest,
      userIndex,
      networkIndex,
      challengeIndex: challengeIndex(vault, challengeId),
      status: "sending",
      statusAt: message.at,
      expiresAt: toDate(messageEndsAt(message.at)),
    },
  ]);
}

// Two statements, each of which may come too late for the other's sake: the provider's name for it always
// belongs to it, and a status only while there is none.
export async function settleMessage(
  scope: Scope,
  vault: Vault,
  settled: MessageSettled,
  budgets: readonly SendBudget[],
): Promise<void> {
  const { messages } = scope.models;
  const { id, provider, providerMessageId, status, because, at } = settled;
  await messages.updateOne(byId(id), { $set: { provider, providerMessageId } });
  const first = await messages.updateOne(
    { _id: id, status: "sending" },
    { $set: { status, because, statusAt: at } },
  );
  if (status !== "failed" || first.matchedCount === 0) return;
  for (const { key, weight } of budgets) await takeBack(scope, vault, key, weight);
}

async function statusOf({ models }: Scope, id: string): Promise<MessageStatus | null> {
  const found = await models.messages.findOne(byId(id), { status: 1 }).lean<MessageDocument>();
  return found === null ? null : (found.status as MessageStatus);
}

// False: somebody else was faster.
async function isInserted(scope: Scope, vault: Vault, message: Message): Promise<boolean> {
  try {
    await insertMessage(scope, vault, message);
    return true;
  } catch (error) {
    if (!areDuplicates(error)) throw error;
    return false;
  }
}

// One that failed is being sent again, by whoever asks first.
async function isBegunAgain({ models }: Scope, { id, at, costMicros }: Message): Promise<boolean> {
  const anew = { status: "sending", statusAt: at, because: null, provider: null };
  const again = await models.messages.updateOne(
    { _id: id, status: "failed" },
    { $set: { ...anew, at, costMicros, expiresAt: toDate(messageEndsAt(at)) } },
  );
  return again.matchedCount === 1;
}
