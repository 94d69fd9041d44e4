// In the server under test: sweeping as src/serve.ts does it, and how long the event loop stood still.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { Storage } from "../src/ports/storage.ts";
import type { Chores, Swept } from "./messages.ts";

// As in src/serve.ts.
const SWEEP_ROWS = 500;
const PAUSE_MS = 20;

const RESOLUTION_MS = 1;

export function createChores(storage: Storage): Chores {
  // Only from the first question on: a thousand timers a second are not free.
  let blocks: ReturnType<typeof monitorEventLoopDelay> | null = null;
  return {
    sweep: () => sweep(storage),
    takeLongestBlockMs() {
      const longest = (blocks?.max ?? 0) / 1e6 - RESOLUTION_MS;
      blocks ??= monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      blocks.enable();
      blocks.reset();
      return longest;
    },
  };
}

async function sweep(storage: Storage): Promise<Swept> {
  const begun = performance.now();
  let [rows, slowestBatchMs] = [0, 0];
  let failure: string | null = null;
  const sweepBatch = async () => {
    const batchBegun = performance.now();
    const swept = await storage.sweep(Date.now(), SWEEP_ROWS);
    rows += swept;
    slowestBatchMs = Math.max(slowestBatchMs, performance.now() - batchBegun);
    return swept;
  };
  try {
    while ((await sweepBatch()) === SWEEP_ROWS) await delay(PAUSE_MS);
  } catch (error) {
    failure = String(error);
  }
  return { rows, seconds: (performance.now() - begun) / 1000, slowestBatchMs, failure };
}
