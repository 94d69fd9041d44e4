// argon2id in the thread pool of the runtime, so many at a time and so many waiting, no more: past
// that, waiting longer would help nobody, and an answer at once keeps the rest of the server alive.
import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { availableParallelism } from "node:os";
import {
  ARGON2_COST,
  type Argon2Cost,
  formatArgon2,
  isOutdated,
  type PasswordHash,
  parsePasswordHash,
  SALT_BYTES,
  TAG_BYTES,
} from "../../domain/password-hash.ts";
import { UnavailableError } from "../../ports/errors.ts";
import type { PasswordHasher } from "../../ports/password-hasher.ts";

// Three at most: the pool has four threads, and files and names need one too.
const CONCURRENCY = Math.min(3, availableParallelism());
const QUEUE_MAX = 64;
const RETRY_AFTER_SECONDS = 2;

// Verified in place of a hash that is not there.
const DUMMY_SALT = Buffer.alloc(SALT_BYTES, "latchkey");

export function createPasswordHasher(
  options: { readonly queueMax?: number; readonly concurrency?: number } = {},
): PasswordHasher {
  const inTurn = createQueue(options.concurrency ?? CONCURRENCY, options.queueMax ?? QUEUE_MAX);
  return {
    hash: (password) => inTurn(() => hashAnew(password)),
    verify: (hash, password) => inTurn(() => verify(hash, password)),
  };
}

async function hashAnew(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await argon2id(password, { cost: ARGON2_COST, salt, tagBytes: TAG_BYTES });
  return formatArgon2({ cost: ARGON2_COST, salt, tag });
}

async function verify(hash: string | null, password: string) {
  const known = hash === null ? null : parsePasswordHash(hash);
  if (known === null) {
    await argon2id(password, { cost: ARGON2_COST, salt: DUMMY_SALT, tagBytes: TAG_BYTES });
    return { matches: false, outdated: false };
  }
  return { matches: await isMatch(known, password), outdated: isOutdated(known) };
}

async function isMatch(hash: PasswordHash, password: string): Promise<boolean> {
  if (hash.kind === "bcrypt") {
    const { compare } = await import("bcryptjs");
    return compare(password, hash.hash);
  }
  const { cost, salt, tag } = hash;
  const computed = await argon2id(password, { cost, salt, tagBytes: tag.length });
  return timingSafeEqual(computed, tag);
}

function argon2id(
  password: string,
  given: { cost: Argon2Cost; salt: Buffer; tagBytes: number },
): Promise<Buffer> {
  const parameters = {
    message: password,
    nonce: given.salt,
    tagLength: given.tagBytes,
    memory: given.cost.memoryKib,
    passes: given.cost.passes,
    parallelism: given.cost.parallelism,
  };
  return new Promise((resolve, reject) => {
    argon2("argon2id", parameters, (error, tag) => (error ? reject(error) : resolve(tag)));
  });
}

// Runs jobs in the order in which they came, so many at a time; refuses one when too many wait.
function createQueue(concurrency: number, queueMax: number) {
  const waiting: (() => void)[] = [];
  let running = 0;

  return async <T>(job: () => Promise<T>): Promise<T> => {
    if (running < concurrency) {
      running++;
    } else {
      if (waiting.length >= queueMax) {
        throw new UnavailableError("password-hasher", "too many passwords are waiting", {
          retryAfterSeconds: RETRY_AFTER_SECONDS,
        });
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    try {
      return await job();
    } finally {
      // The place passes to the next in line without becoming free, or a newcomer could take it first.
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}
