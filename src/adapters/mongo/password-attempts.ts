// The runs of password attempts. Two documents cannot be counted in one step: each is counted by a step of its
// own, and taken back if the next refuses. Meanwhile, and after a crash, too much is counted, never too little.
import { type AttemptCount, type AttemptRun, countAttempt } from "../../domain/attempt-budget.ts";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import type { PasswordAttempt, PasswordAttemptBegun } from "../../ports/storage.ts";
import { attemptKey } from "../stored/number.ts";
import { changeDocument } from "./change.ts";
import type { Scope } from "./database.ts";
import { toDate } from "./dates.ts";
import type { AttemptRunDocument } from "./documents.ts";
import { findUserByLogin } from "./user-documents.ts";

type Budget = PasswordAttempt["budgets"][number];

interface Counted {
  readonly key: string;
  readonly before: AttemptRunDocument | null;
  readonly after: AttemptRunDocument;
}

export async function beginPasswordAttempt(
  scope: Scope,
  vault: Vault,
  attempt: PasswordAttempt,
): Promise<PasswordAttemptBegun> {
  const budgets = attempt.budgets.map((budget) => ({
    ...budget,
    key: attemptKey(vault, budget.key),
  }));
  for (;;) {
    scope.check();
    // All are judged before any is counted: as a rule nothing has to be taken back.
    const runs = await findRuns(scope, budgets);
    const retryAt = limitOf(runs, budgets, attempt.now);
    if (retryAt !== null) return { outcome: "limited", retryAt };
    if (await countAll(scope, runs, budgets, attempt.now)) {
      return { outcome: "counted", user: await findUserByLogin(scope, vault, attempt.login) };
    }
  }
}

// Ends runs: what is counted from now on begins anew.
export async function clearAttempts(
  { models }: Scope,
  vault: Vault,
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0) return;
  await models.attempt_runs.deleteMany({ _id: { $in: keys.map((key) => attemptKey(vault, key)) } });
}

// Takes one attempt back from each. A lock that it has set stays.
export async function refundAttempts(
  scope: Scope,
  vault: Vault,
  keys: readonly string[],
): Promise<void> {
  for (const key of keys) await takeOneBack(scope, attemptKey(vault, key));
}

type Runs = ReadonlyMap<string, AttemptRunDocument>;

async function findRuns({ models }: Scope, budgets: readonly Budget[]): Promise<Runs> {
  const found = await models.attempt_runs
    .find({ _id: { $in: budgets.map(({ key }) => key) } })
    .lean<AttemptRunDocument[]>();
  return new Map(found.map((run) => [run._id, run]));
}

// The latest end of those that are at their limit; null: none is.
function limitOf(runs: Runs, budgets: readonly Budget[], now: Instant): Instant | null {
  const retryAts = budgets.flatMap(({ key, policy }) => {
    const count = countAttempt(runFrom(runs.get(key) ?? null, now), policy, now);
    return count.outcome === "limited" ? [count.retryAt] : [];
  });
  return retryAts.length === 0 ? null : Math.max(...retryAts);
}

// False: one of them has reached its limit meanwhile, and nothing is counted.
async function countAll(
  scope: Scope,
  runs: Runs,
  budgets: readonly Budget[],
  now: Instant,
): Promise<boolean> {
  const counted: Counted[] = [];
  for (const budget of budgets) {
    const one = await countOne(scope, budget, { now, known: runs.get(budget.key) ?? null });
    if (one === null) {
      for (const each of counted) await takeBack(scope, each);
      return false;
    }
    counted.push(one);
  }
  return true;
}

async function countOne(
  scope: Scope,
  budget: Budget,
  { now, known }: { now: Instant; known: AttemptRunDocument | null },
): Promise<Counted | null> {
  let before: AttemptRunDocument | null = null;
  const { said, after } = await changeDocument<AttemptRunDocument, boolean>(
    scope,
    scope.models.attempt_runs,
    budget.key,
    (found) => {
      before = found;
      const count = countAttempt(runFrom(found, now), budget.policy, now);
      if (count.outcome === "limited") return { keep: false };
      return { put: runFields(count), say: true };
    },
    known,
  );
  return said && after !== null ? { key: budget.key, before, after } : null;
}

// As it was before, a lock that this attempt has set with it, unless somebody has counted on.
async function takeBack(scope: Scope, { key, before, after }: Counted): Promise<void> {
  const { said } = await changeDocument<AttemptRunDocument, "as-it-was" | "counted-on">(
    scope,
    scope.models.attempt_runs,
    key,
    (found) => {
      if (found?.revision !== after.revision) return { keep: "counted-on" };
      return before === null ? { remove: "as-it-was" } : { put: before, say: "as-it-was" };
    },
  );
  if (said === "counted-on") await takeOneBack(scope, key);
}

async function takeOneBack(scope: Scope, key: string): Promise<void> {
  await changeDocument<AttemptRunDocument, null>(scope, scope.models.attempt_runs, key, (found) => {
    if (found === null || found.count === 0) return { keep: null };
    return { put: { ...found, count: found.count - 1 }, say: null };
  });
}

// What has expired is as good as none.
function runFrom(document: AttemptRunDocument | null, now: Instant): AttemptRun | null {
  if (document === null || document.expiresAt.getTime() <= now) return null;
  const { count, firstAt, lockedUntil } = document;
  return { count, firstAt, lockedUntil };
}

function runFields({ run, expiresAt }: Extract<AttemptCount, { outcome: "counted" }>) {
  return { ...run, expiresAt: toDate(expiresAt) };
}
