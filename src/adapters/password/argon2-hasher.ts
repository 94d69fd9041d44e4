// argon2id in the thread pool of the runtime, and bcrypt, which only comes with imported users, in threads of its own:
// one queue for both.
import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { availableParallelism } from "node:os";
import { normalPassword, passwordForms } from "../../domain/password.ts";
import {
  ARGON2_COST,
  type Argon2Cost,
  formatArgon2,
  isOutdated,
  isWholeInBcrypt,
  type PasswordHash,
  parsePasswordHash,
  SALT_BYTES,
  TAG_BYTES,
} from "../../domain/password-hash.ts";
import type { PasswordHasher } from "../../ports/password-hasher.ts";
import { type CheckBcrypt, createBcryptThreads } from "./bcrypt-threads.ts";
import { createHashQueue, type Work } from "./hash-queue.ts";

// Three at most: the pool has four threads, and files and names need one too.
const CONCURRENCY = Math.min(3, availableParallelism());
const WAIT_SECONDS_MAX = 10;

// Verified in place of a hash that is not there.
const DUMMY: PasswordHash = {
  kind: "argon2id",
  cost: ARGON2_COST,
  salt: Buffer.alloc(SALT_BYTES, "latchkey"),
  tag: Buffer.alloc(TAG_BYTES),
};

export function createPasswordHasher(
  options: { readonly waitSecondsMax?: number; readonly concurrency?: number } = {},
): PasswordHasher {
  const inTurn = createHashQueue({
    concurrency: options.concurrency ?? CONCURRENCY,
    waitSecondsMax: options.waitSecondsMax ?? WAIT_SECONDS_MAX,
  });
  const checkBcrypt = createBcryptThreads();
  return {
    hash: (password) => inTurn(workOf(DUMMY), () => hashAnew(password)),
    verify(hash, typed) {
      const known = hash === null ? null : parsePasswordHash(hash);
      const forms = passwordForms(typed);
      return inTurn(workOf(known ?? DUMMY, forms.length), async () => {
        const matching = await findMatching(known ?? DUMMY, forms, checkBcrypt);
        if (known === null || matching === null) return { matches: false, replacement: null };
        const replace = isToReplace(known, matching, normalPassword(typed));
        return {
          matches: true,
          replacement: replace ? await hashAnew(normalPassword(typed)) : null,
        };
      });
    },
  };
}

function workOf(hash: PasswordHash, times = 1): Work {
  if (hash.kind === "bcrypt") return { kind: "bcrypt", units: times * 2 ** hash.rounds };
  return { kind: "argon2id", units: times * hash.cost.memoryKib * hash.cost.passes };
}

// Whether a hash anew, of the normal form, is to take the place of this one. Never unless the password that matched is
// all of the one that was hashed.
function isToReplace(hash: PasswordHash, matching: string, normal: string): boolean {
  if (hash.kind === "bcrypt") return isWholeInBcrypt(matching);
  return isOutdated(hash) || matching !== normal;
}

async function hashAnew(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await argon2id(password, { cost: ARGON2_COST, salt, tagBytes: TAG_BYTES });
  return formatArgon2({ cost: ARGON2_COST, salt, tag });
}

// The first form that matches.
async function findMatching(
  hash: PasswordHash,
  forms: readonly string[],
  checkBcrypt: CheckBcrypt,
): Promise<string | null> {
  for (const form of forms) {
    if (await isMatch(hash, form, checkBcrypt)) return form;
  }
  return null;
}

async function isMatch(
  hash: PasswordHash,
  password: string,
  checkBcrypt: CheckBcrypt,
): Promise<boolean> {
  if (hash.kind === "bcrypt") return checkBcrypt(hash.hash, password);
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
