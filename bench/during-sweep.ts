// What a sweep of many expired rows costs those who ask for pages meanwhile.
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerUnderTest, Setup, Swept } from "./messages.ts";
import { authorizationUrl } from "./one-sign-in.ts";
import { type Answer, ask, type Cookies } from "./web-client.ts";

// Milliseconds each. The one writes to the store, the other reads.
export interface Waits {
  readonly authorization: number[];
  readonly page: number[];
}

export interface Observed {
  readonly waits: Waits;
  readonly longestBlockMs: number;
}

export interface SweepObserved {
  readonly before: Observed;
  readonly during: Observed;
  readonly swept: Swept;
}

const BEFORE_MS = 10_000;

export async function observeSweep(server: ServerUnderTest): Promise<SweepObserved> {
  // Code that runs for the first time is slow, whatever is swept.
  await askUntilOver(server.setup, sleep(BEFORE_MS / 5));
  await server.takeLongestBlockMs();
  const waitsBefore = await askUntilOver(server.setup, sleep(BEFORE_MS));
  const before = { waits: waitsBefore, longestBlockMs: await server.takeLongestBlockMs() };

  const sweeping = server.sweep();
  const waits = await askUntilOver(server.setup, sweeping);
  const during = { waits, longestBlockMs: await server.takeLongestBlockMs() };
  return { before, during, swept: await sweeping };
}

// One request after another, each sign-in begun anew.
async function askUntilOver(setup: Setup, end: Promise<unknown>): Promise<Waits> {
  const waits: Waits = { authorization: [], page: [] };
  let over = false;
  const stop = () => {
    over = true;
  };
  end.then(stop, stop);
  while (!over) {
    const cookies: Cookies = new Map();
    const url = authorizationUrl(setup);
    const begun = await timed(waits.authorization, 303, () => ask({ url }, cookies));
    await timed(waits.page, 200, () => ask({ url: begun.location }, cookies));
  }
  return waits;
}

async function timed(
  waits: number[],
  status: number,
  request: () => Promise<Answer>,
): Promise<Answer> {
  const begun = performance.now();
  const answer = await request();
  waits.push(performance.now() - begun);
  if (answer.status !== status) throw new Error(`${answer.status} ${answer.body}`);
  return answer;
}
