// Sweeping the floor: what has expired, which every query passes over anyway, and what changes still owe whose
// makers are gone. Interactions are swept elsewhere, for some of them have something to say.
import type { Model } from "mongoose";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { Database, Scope } from "./database.ts";
import { toDate } from "./dates.ts";
import type { Revised } from "./documents.ts";
import { payMove } from "./move-effects.ts";
import { payAudit } from "./pending.ts";
import { finishRemoval } from "./removals.ts";

const EXPIRING = [
  "records",
  "sessions",
  "attempt_runs",
  "numbers",
  "messages",
  "mails",
  "devices",
] as const;

// So few at a time that nobody's request waits behind it.
const BATCH = 500;

// Longer than a call may take: who made the change pays its debts itself, if it is alive.
const ABANDONED_MS = 15_000;
const DEBTORS_MAX = 100;

export async function sweepExpired(
  database: Database,
  vault: Vault,
  given: { readonly now: Instant; readonly rowsMax: number },
): Promise<number> {
  await database.write((scope) => payDebts(scope, vault, given.now));
  let deleted = 0;
  for (const name of EXPIRING) {
    for (let full = true; full && deleted < given.rowsMax; ) {
      const rows = Math.min(BATCH, given.rowsMax - deleted);
      const swept = await database.write((scope) =>
        // Each has the members that are asked for; the type checker cannot join their query types.
        deleteExpired(scope.models[name] as unknown as Model<Expiring>, given.now, rows),
      );
      deleted += swept;
      full = swept === rows;
    }
  }
  return deleted;
}

interface Expiring {
  readonly _id: string;
  readonly expiresAt: Date;
}

// By id, since a delete has no limit of its own; and still expired, for it may have been saved anew. No later
// than the last one that was found: by whichever index it is done, it passes over these alone.
async function deleteExpired(model: Model<Expiring>, now: Instant, rows: number): Promise<number> {
  const found = await model
    .find({ expiresAt: { $lte: toDate(now) } }, { expiresAt: 1 })
    .sort({ expiresAt: 1 })
    .limit(rows)
    .lean<Expiring[]>();
  const last = found.at(-1);
  if (last === undefined) return 0;
  const ids = found.map(({ _id }) => _id);
  const swept = await model.deleteMany({ _id: { $in: ids }, expiresAt: { $lte: last.expiresAt } });
  return swept.deletedCount;
}

async function payDebts(scope: Scope, vault: Vault, now: Instant): Promise<void> {
  const before = toDate(now - ABANDONED_MS);
  const { users, applications, interactions, signing_keys, pauses, test_numbers } = scope.models;
  for (const each of await debtorsIn(interactions, before)) await payMove(scope, vault, each);
  for (const each of await debtorsIn(signing_keys, before))
    await payAudit(scope, signing_keys, each);
  for (const each of await debtorsIn(pauses, before)) await payAudit(scope, pauses, each);
  for (const each of await debtorsIn(users, before)) {
    if (each.removed) await finishRemoval(scope, users, each);
    else await payAudit(scope, users, each);
  }
  for (const each of await debtorsIn(applications, before)) {
    if (each.removed) await finishRemoval(scope, applications, each);
    else await payAudit(scope, applications, each);
  }
  for (const each of await debtorsIn(test_numbers, before)) {
    if (each.removed) await finishRemoval(scope, test_numbers, each);
    else await payAudit(scope, test_numbers, each);
  }
}

async function debtorsIn<D extends Revised>(model: Model<D>, before: Date): Promise<D[]> {
  const abandoned = { "pending.since": { $lte: before } };
  return (await model
    .find(abandoned as never)
    .limit(DEBTORS_MAX)
    .lean()) as unknown as D[];
}
