// One empty store for each test of a contract, and a few words that all contracts use.
import type { Storage } from "../../src/ports/storage.ts";

export type OpenEmpty = () => Promise<Storage>;

// Opens before and closes after each test of the suite that calls it.
export function openedForEach(openEmpty: OpenEmpty): () => Storage {
  let opened: Storage | null = null;
  beforeEach(async () => {
    opened = await openEmpty();
  });
  afterEach(async () => {
    await opened?.close();
    opened = null;
  });
  return () => {
    if (opened === null) throw new Error("no store is open outside a test");
    return opened;
  };
}

// So many calls at once.
export function race<T>(racers: number, call: (i: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: racers }, (_, i) => call(i)));
}

// How often each answer was given.
export function tally(answers: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[String(answer)] = (counts[String(answer)] ?? 0) + 1;
  return counts;
}
