// Whoever changes the same document from the same process takes turns: compare-and-set decides between
// processes, and would make two hundred requests of one process begin again two hundred times.

// `work` is given what came of the turn right before, if there was one and it did not fail.
export type Turns = <T>(key: string, work: (before: T | undefined) => Promise<T>) => Promise<T>;

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return async <T>(key: string, work: (before: T | undefined) => Promise<T>) => {
    // All turns of a key come to the same kind of result.
    const before = last.get(key) as Promise<T> | undefined;
    const mine = (async () => {
      // How the one before ended is its own caller's business.
      return work(await before?.catch(() => undefined));
    })();
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
}
