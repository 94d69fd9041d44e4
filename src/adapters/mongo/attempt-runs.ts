// Counts that are kept for a while under a key: attempts at passwords, and texts. Several documents cannot be
// counted in one step: each is counted by a step of its own, and taken back if the next refuses. Meanwhile,
// and after a crash, too much is counted, never too little.
import {
  type AttemptCount,
  type AttemptPolicy,
  type AttemptRun,
  countAttempt,
} from "../../domain/attempt-budget.ts";
import type { SendBudget, SendRefund } from "../../domain/send-caps.ts";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { BudgetCount } from "../../ports/interactions.ts";
import { attemptKey } from "../stored/number.ts";
import { changeDocument } from "./change.ts";
import type { Scope } from "./database.ts";
import { toDate } from "./dates.ts";
import type { AttemptRunDocument } from "./documents.ts";

export interface Budget {
  readonly key: string;
  readonly policy: AttemptPolicy;
  readonly weight?: number;
}

export interface Counted<B extends Budget> {
  readonly budget: B;
  readonly before: number;
}

export type CountedAll<B extends Budget> =
  | { readonly outcome: "counted"; readonly counts: readonly Counted<B>[] }
  // Nothing is counted. All that are at their limit.
  | {
      readonly outcome: "limited";
      readonly by: readonly { readonly budget: B; readonly retryAt: Instant }[];
    };

// Counts under all of these keys or under none.
export async function countAll<B extends Budget>(
  scope: Scope,
  vault: Vault,
  budgets: readonly B[],
  now: Instant,
): Promise<CountedAll<B>> {
  for (;;) {
    scope.check();
    // All are judged before any is counted: as a rule nothing has to be taken back.
    const judged = await judgeAll(scope, vault, budgets, now);
    const by = judged.flatMap(({ budget, count }) =>
      count.outcome === "limited" ? [{ budget, retryAt: count.retryAt }] : [],
    );
    if (by.length > 0) return { outcome: "limited", by };
    const written = await writeAll(scope, judged, now);
    if (written !== null) return { outcome: "counted", counts: written };
  }
}

// What a text was counted under.
export function budgetCount({ budget, before }: Counted<SendBudget>): BudgetCount {
  const { because, weight, policy } = budget;
  return { because, before, after: before + weight, max: policy.max };
}

// What refuses what was not counted.
export function firstRefusal<B extends Budget & { readonly because: string }>({
  by: [first],
}: Extract<CountedAll<B>, { outcome: "limited" }>): { because: B["because"]; retryAt: Instant } {
  if (first === undefined) throw new Error("limited by nothing");
  return { because: first.budget.because, retryAt: first.retryAt };
}

// Ends runs: what is counted from now on begins anew.
export async function clearRuns(
  { models }: Scope,
  vault: Vault,
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0) return;
  await models.attempt_runs.deleteMany({ _id: { $in: keys.map((key) => attemptKey(vault, key)) } });
}

// Takes back what was counted. A lock that it has set stays.
export async function takeBack(scope: Scope, vault: Vault, key: string, weight = 1): Promise<void> {
  await reduce(scope, attemptKey(vault, key), weight);
}

// The same for texts, each in its own window: one that began later has not counted it.
export async function refundSends(
  scope: Scope,
  vault: Vault,
  refunds: readonly SendRefund[],
): Promise<void> {
  for (const { key, countedAt } of refunds)
    await reduce(scope, attemptKey(vault, key), 1, countedAt);
}

export async function countedUnder(
  { models }: Scope,
  vault: Vault,
  key: string,
  now: Instant,
): Promise<number> {
  const found = await models.attempt_runs
    .findOne({ _id: attemptKey(vault, key) })
    .lean<AttemptRunDocument>();
  return runFrom(found, now)?.count ?? 0;
}

interface Judged<B extends Budget> {
  readonly budget: B;
  // Under which it is kept.
  readonly key: string;
  readonly found: AttemptRunDocument | null;
  readonly count: AttemptCount;
}

async function judgeAll<B extends Budget>(
  { models }: Scope,
  vault: Vault,
  budgets: readonly B[],
  now: Instant,
): Promise<Judged<B>[]> {
  const keyed = budgets.map((budget) => ({ budget, key: attemptKey(vault, budget.key) }));
  const runs = await models.attempt_runs
    .find({ _id: { $in: keyed.map(({ key }) => key) } })
    .lean<AttemptRunDocument[]>();
  return keyed.map(({ budget, key }) => {
    const found = runs.find(({ _id }) => _id === key) ?? null;
    const count = countAttempt(runFrom(found, now), budget.policy, now, budget.weight);
    return { budget, key, found, count };
  });
}

interface Written {
  readonly key: string;
  readonly weight: number;
  readonly before: AttemptRunDocument | null;
  readonly after: AttemptRunDocument;
}

// Null: one of them has reached its limit meanwhile, and nothing is counted.
async function writeAll<B extends Budget>(
  scope: Scope,
  judged: readonly Judged<B>[],
  now: Instant,
): Promise<Counted<B>[] | null> {
  const written: Written[] = [];
  for (const each of judged) {
    const one = await writeOne(scope, each, now);
    if (one === null) {
      for (const before of written) await undo(scope, before);
      return null;
    }
    written.push(one);
  }
  return judged.map(({ budget }, i) => ({ budget, before: countBefore(written[i]) }));
}

function countBefore(written: Written | undefined): number {
  return written === undefined ? 0 : written.after.count - written.weight;
}

async function writeOne(
  scope: Scope,
  { budget, key, found: known }: Judged<Budget>,
  now: Instant,
): Promise<Written | null> {
  let before: AttemptRunDocument | null = null;
  const { said, after } = await changeDocument<AttemptRunDocument, boolean>(
    scope,
    scope.models.attempt_runs,
    key,
    (found) => {
      before = found;
      const count = countAttempt(runFrom(found, now), budget.policy, now, budget.weight);
      if (count.outcome === "limited") return { keep: false };
      return { put: { ...count.run, expiresAt: toDate(count.expiresAt) }, say: true };
    },
    known,
  );
  if (!said || after === null) return null;
  return { key, weight: budget.weight ?? 1, before, after };
}

// As it was before, a lock that this one has set with it, unless somebody has counted on.
async function undo(scope: Scope, { key, weight, before, after }: Written): Promise<void> {
  const { said } = await changeDocument<AttemptRunDocument, "as-it-was" | "counted-on">(
    scope,
    scope.models.attempt_runs,
    key,
    (found) => {
      if (found?.revision !== after.revision) return { keep: "counted-on" };
      return before === null ? { remove: "as-it-was" } : { put: before, say: "as-it-was" };
    },
  );
  if (said === "counted-on") await reduce(scope, key, weight);
}

async function reduce(
  scope: Scope,
  key: string,
  by: number,
  countedAt = Number.POSITIVE_INFINITY,
): Promise<void> {
  await changeDocument<AttemptRunDocument, null>(scope, scope.models.attempt_runs, key, (found) => {
    if (found === null || found.count === 0 || found.firstAt > countedAt) return { keep: null };
    return { put: { ...found, count: Math.max(0, found.count - by) }, say: null };
  });
}

// What has expired is as good as none.
function runFrom(document: AttemptRunDocument | null, now: Instant): AttemptRun | null {
  if (document === null || document.expiresAt.getTime() <= now) return null;
  const { count, firstAt, lockedUntil } = document;
  return { count, firstAt, lockedUntil };
}
