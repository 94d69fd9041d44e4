// Waits for what happens by itself, in another process or a little later: a line in a log above all, which comes
// through a pipe of its own and may come after the answer that it is about.
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

const MS_MAX = 15_000;

export async function until(
  isSo: () => boolean | Promise<boolean>,
  what = "it did not happen in time",
  msMax = MS_MAX,
): Promise<void> {
  for (let waited = 0; !(await isSo()); waited += 50) {
    assert.ok(waited < msMax, what);
    await delay(50);
  }
}
