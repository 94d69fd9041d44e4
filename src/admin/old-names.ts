// Users whose names are older than the comparison of look-alikes: what they look like is reserved for them afterwards, a
// page at a time. Of two that look alike already, the first one has it, and the audit log names the other.
import { lookAlikesOf } from "../domain/look-alike.ts";
import type { User } from "../domain/user.ts";
import { type AdminDeps, auditEvent, changeTime } from "./deps.ts";

type OldNamesDeps = Pick<AdminDeps, "storage" | "now" | "actor">;

const PAGE = 100;

// Looks at the next page; once there is none, does nothing any more.
export function createNameReview(deps: OldNamesDeps): () => Promise<void> {
  let after: string | null = "";
  return async () => {
    if (after === null) return;
    const users = await deps.storage.users.list({ after, limit: PAGE });
    for (const user of users) {
      if (user.username !== null && user.lookAlikes === undefined) await reserve(deps, user);
    }
    after = users.at(-1)?.id ?? null;
  };
}

// Whom somebody changes meanwhile is left for the next start.
async function reserve(deps: OldNamesDeps, user: User): Promise<void> {
  const outcome = await keep(deps, user, lookAlikesOf(user), "look-alikes-reserved");
  if (outcome === "conflict") await keep(deps, user, [], "looks-like-another-user");
}

function keep(deps: OldNamesDeps, user: User, lookAlikes: readonly string[], because: string) {
  const after = { ...user, lookAlikes, updatedAt: changeTime(deps.now(), user) };
  const target = `user:${user.id}`;
  const audit = auditEvent(deps, { action: "user-changed", target, because, details: {} });
  return deps.storage.users.replace(user, after, audit);
}
