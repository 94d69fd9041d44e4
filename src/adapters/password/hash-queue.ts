// One queue for all that costs a core for long: so many at a time, the others in the order in which they came. What
// counts is how long a newcomer would wait, by what such work has taken lately. Past the limit waiting would help
// nobody, and a refusal at once keeps the rest of the server alive.
import { UnavailableError } from "../../ports/errors.ts";

// What takes about as long is measured together: work of one kind, and of about as many units, which are KiB times passes,
// or rounds.
export interface Work {
  readonly kind: "argon2id" | "bcrypt";
  readonly units: number;
}

export interface HashQueueOptions {
  readonly concurrency: number;
  readonly waitSecondsMax: number;
  // Milliseconds that only grow.
  readonly clock?: () => number;
}

export type InTurn = <T>(work: Work, job: () => Promise<T>) => Promise<T>;

// Until one is measured: 40 ms for a hash of ours, one second for bcrypt with cost 14.
const MS_PER_UNIT = { argon2id: 40 / 38_912, bcrypt: 1000 / 2 ** 14 };
// How much the newest measurement weighs in the average.
const NEWEST_WEIGHT = 0.2;
// Memory is bounded, however short the measured time.
const WAITING_MAX = 5000;
const RETRY_AFTER_SECONDS = 2;

// Work of one size. There are some forty sizes, by powers of two.
interface Size {
  averageMs: number;
  // How many wait or run.
  ahead: number;
}

export function createHashQueue(options: HashQueueOptions): InTurn {
  const { concurrency, waitSecondsMax, clock = () => performance.now() } = options;
  const sizes = new Map<string, Size>();
  const waiting: (() => void)[] = [];
  let running = 0;

  const waitMs = () =>
    [...sizes.values()].reduce((sum, { averageMs, ahead }) => sum + averageMs * ahead, 0) /
    concurrency;

  function sizeOf({ kind, units }: Work): Size {
    const key = `${kind} ${Math.round(Math.log2(units))}`;
    const size = sizes.get(key) ?? { averageMs: MS_PER_UNIT[kind] * units, ahead: 0 };
    sizes.set(key, size);
    return size;
  }

  async function measured<T>(size: Size, job: () => Promise<T>): Promise<T> {
    const from = clock();
    const result = await job();
    // What failed says nothing about how long such work takes.
    size.averageMs += NEWEST_WEIGHT * (clock() - from - size.averageMs);
    return result;
  }

  return async (work, job) => {
    // A free place is taken whatever the estimate, so that it is measured again.
    const mustWait = running >= concurrency;
    if (mustWait && (waitMs() >= waitSecondsMax * 1000 || waiting.length >= WAITING_MAX)) {
      throw new UnavailableError("password-hasher", "too many passwords are waiting", {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    const size = sizeOf(work);
    size.ahead++;
    if (mustWait) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await measured(size, job);
    } finally {
      size.ahead--;
      // The place passes to the next in line without becoming free, or a newcomer could take it first.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
