// Sweeping the floor while others are served: a little at a time, and resting twice as long as each bit took,
// so that the disk, too, has time for whoever waits for it.
import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { AcrValues } from "./domain/factors.ts";
import type { Limits } from "./domain/limits.ts";
import type { Instant } from "./domain/time.ts";
import { createLeftJudge } from "./flow/unfinished-sign-in.ts";
import { signInRequestOf } from "./oidc/engine-record.ts";
import type { Storage } from "./ports/storage.ts";

const ROWS = 100;
const REST_MS_MIN = 10;

export interface Sweeping {
  readonly storage: Pick<Storage, "sweep" | "interactions">;
  readonly limits: Limits;
  readonly acr: AcrValues;
  readonly now: () => Instant;
}

export interface SweepWatch {
  // True: whatever is left is left for another time.
  isOver(): boolean;
  // Told of each bit: how many rows went, and how long it took.
  swept?(rows: number, ms: number): void;
}

// Sweeps until nothing that has expired is left, and tells whom a sign-in concerns that was left half done.
export async function sweepAll(sweeping: Sweeping, watch: SweepWatch): Promise<void> {
  const { storage, limits, acr, now } = sweeping;
  const judge = createLeftJudge({
    limits,
    newId: () => randomBytes(18).toString("base64url"),
    requestOf: (record) => signInRequestOf(record, acr),
  });
  while (!watch.isOver()) {
    const began = performance.now();
    // Neither waits until there is nothing left of the other.
    const ofInteractions = await storage.interactions.sweep(now(), ROWS, judge);
    const rows = ofInteractions + (await storage.sweep(now(), ROWS));
    const ms = performance.now() - began;
    watch.swept?.(rows, ms);
    if (rows < ROWS) return;
    await delay(Math.max(REST_MS_MIN, 2 * ms));
  }
}
