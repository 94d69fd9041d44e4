// In the server under test: sweeping as src/serve.ts does it, and how long the event loop stood still.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { type Sweeping, sweepAll } from "../src/sweep.ts";
import type { Chores, Swept } from "./messages.ts";

const RESOLUTION_MS = 1;

export function createChores(sweeping: Sweeping): Chores {
  // Only from the first question on: a thousand timers a second are not free.
  let blocks: ReturnType<typeof monitorEventLoopDelay> | null = null;
  return {
    sweep: () => sweep(sweeping),
    takeLongestBlockMs() {
      const longest = (blocks?.max ?? 0) / 1e6 - RESOLUTION_MS;
      blocks ??= monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      blocks.enable();
      blocks.reset();
      return longest;
    },
  };
}

async function sweep(sweeping: Sweeping): Promise<Swept> {
  const begun = performance.now();
  let [rows, slowestBatchMs] = [0, 0];
  let failure: string | null = null;
  const swept = (more: number, ms: number) => {
    rows += more;
    slowestBatchMs = Math.max(slowestBatchMs, ms);
  };
  try {
    await sweepAll(sweeping, { isOver: () => false, swept });
  } catch (error) {
    failure = String(error);
  }
  return { rows, seconds: (performance.now() - begun) / 1000, slowestBatchMs, failure };
}
