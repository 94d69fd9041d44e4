// Changing what somebody else may be changing too.
import { AdminError } from "./errors.ts";

const ATTEMPTS_MAX = 5;

// Reads, changes and writes again while somebody else was quicker, a few times. The attempt answers
// "stale" when it was too late; anything else is the result.
export async function retryWhileStale<Result>(
  attempt: () => Promise<Result | "stale">,
): Promise<Result> {
  for (let i = 0; i < ATTEMPTS_MAX; i++) {
    const result = await attempt();
    if (result !== "stale") return result;
  }
  throw new AdminError("failed", "Somebody else keeps changing this; nothing was changed here.");
}
