// Keeping a copy of a store, and using one: backing it up, and ending what a restored one would bring back to
// life.
import type { ChangeOutcome } from "../ports/storage.ts";
import { retryWhileStale } from "./compare-and-set.ts";
import { type AdminDeps, auditEvent, changeTime } from "./deps.ts";
import { AdminError } from "./errors.ts";

export interface BackupMade {
  readonly file: string;
  readonly bytes: number;
  readonly at: string;
}

export interface BackupDeps extends Pick<AdminDeps, "now"> {
  // Copies the store into a new file. Null: there is a file of that name.
  backUp(target: string): Promise<{ readonly bytes: number } | null>;
}

// Copies the store as it is at this moment into a new file. "conflict": there is a file of that name.
export async function backUpStore(deps: BackupDeps, target: string): Promise<BackupMade> {
  const at = new Date(deps.now()).toISOString();
  const made = await deps.backUp(target);
  if (made === null) {
    throw new AdminError("conflict", `There is a file ${target}; it was left as it is.`);
  }
  return { file: target, bytes: made.bytes, at };
}

const ENDED_AT_A_TIME = 500;

// Ends every session, grant, code and token, every sign-in under way and every link for a forgotten password, so that
// nothing that was used up or revoked after a backup was made is alive in what was restored from it. Says how many
// records that were. Written down first: if it is broken off, some have ended already. It may be done again.
export async function endAfterRestore(
  deps: Pick<AdminDeps, "storage" | "now" | "actor">,
): Promise<{ readonly ended: number }> {
  const { storage } = deps;
  const event = { action: "store-restored", target: "store", details: {} } as const;
  await storage.audit.append([auditEvent(deps, event)]);
  let ended = 0;
  for (let some = 1; some > 0; ended += some) some = await storage.endSignIns(ENDED_AT_A_TIME);
  return { ended: ended + (await endRecoveries(deps)) };
}

// One that was used after the backup was made would work once more.
async function endRecoveries(deps: Pick<AdminDeps, "storage" | "now" | "actor">): Promise<number> {
  let ended = 0;
  for (let after: string | undefined; ; ) {
    const page = await deps.storage.users.list({ after, limit: ENDED_AT_A_TIME });
    if (page.length === 0) return ended;
    for (const { id, recovery } of page) {
      if (!recovery) continue;
      await retryWhileStale(() => endRecovery(deps, id));
      ended++;
    }
    after = page.at(-1)?.id;
  }
}

async function endRecovery(
  deps: Pick<AdminDeps, "storage" | "now" | "actor">,
  id: string,
): Promise<ChangeOutcome> {
  const before = await deps.storage.users.find(id);
  if (!before?.recovery) return "changed";
  const after = { ...before, recovery: null, updatedAt: changeTime(deps.now(), before) };
  const event = { action: "recovery-ended", target: `user:${id}`, details: {} } as const;
  return deps.storage.users.replace(before, after, auditEvent(deps, event));
}
