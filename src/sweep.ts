// Sweeping the floor while others are served: a little at a time, and resting twice as long as each bit took,
// so that the disk, too, has time for whoever waits for it.
import { setTimeout as delay } from "node:timers/promises";
import type { Storage } from "./ports/storage.ts";

const ROWS = 100;
const REST_MS_MIN = 10;

export interface SweepWatch {
  // True: whatever is left is left for another time.
  isOver(): boolean;
  // Told of each bit: how many rows went, and how long it took.
  swept?(rows: number, ms: number): void;
}

// Sweeps until nothing that has expired is left.
export async function sweepAll(storage: Pick<Storage, "sweep">, watch: SweepWatch): Promise<void> {
  while (!watch.isOver()) {
    const began = performance.now();
    const rows = await storage.sweep(Date.now(), ROWS);
    const ms = performance.now() - began;
    watch.swept?.(rows, ms);
    if (rows < ROWS) return;
    await delay(Math.max(REST_MS_MIN, 2 * ms));
  }
}
