// The forms in which a password's hash is stored: argon2id as a PHC string, which is ours, and bcrypt,
// which only comes with imported users. What is not one of them, or would cost too much, is unknown.

export interface Argon2Cost {
  readonly memoryKib: number;
  readonly passes: number;
  readonly parallelism: number;
}

export type PasswordHash =
  | {
      readonly kind: "argon2id";
      readonly cost: Argon2Cost;
      readonly salt: Buffer;
      readonly tag: Buffer;
    }
  | { readonly kind: "bcrypt"; readonly rounds: number; readonly hash: string };

// The cost of new hashes (OWASP Password Storage Cheat Sheet): about 20 ms of one core.
export const ARGON2_COST: Argon2Cost = { memoryKib: 19_456, passes: 2, parallelism: 1 };
export const SALT_BYTES = 16;
export const TAG_BYTES = 32;

// An imported hash may be dearer than ours, but not so dear that a few sign-ins stop the machine.
const COST_MAX: Argon2Cost = { memoryKib: 131_072, passes: 10, parallelism: 4 };
const BCRYPT_ROUNDS_MAX = 14;
// As many bytes of a password as bcrypt reads, a NUL at its end among them.
const BCRYPT_BYTES = 72;

const BASE64 = "[A-Za-z0-9+/]";
const ARGON2 = new RegExp(
  `^\\$argon2id\\$v=19\\$m=(\\d{1,7}),t=(\\d{1,3}),p=(\\d{1,3})\\$(${BASE64}{11,86})\\$(${BASE64}{22,86})$`,
);
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

// What a stored hash says; null when it is none that can be verified.
export function parsePasswordHash(hash: string): PasswordHash | null {
  const bcrypt = BCRYPT.exec(hash);
  if (bcrypt !== null) {
    const rounds = Number(bcrypt[1]);
    return rounds >= 4 && rounds <= BCRYPT_ROUNDS_MAX ? { kind: "bcrypt", rounds, hash } : null;
  }
  const [, memory, passes, parallelism, salt, tag] = ARGON2.exec(hash) ?? [];
  if (salt === undefined || tag === undefined) return null;

  const cost = {
    memoryKib: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  };
  if (!isBearable(cost)) return null;
  return {
    kind: "argon2id",
    cost,
    salt: Buffer.from(salt, "base64"),
    tag: Buffer.from(tag, "base64"),
  };
}

// The PHC string of an argon2id hash: base64 without padding.
export function formatArgon2(hash: { cost: Argon2Cost; salt: Buffer; tag: Buffer }): string {
  const { memoryKib, passes, parallelism } = hash.cost;
  const [salt, tag] = [plainBase64(hash.salt), plainBase64(hash.tag)];
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${salt}$${tag}`;
}

// Whether a hash was made otherwise than new ones are, so that it should be replaced.
export function isOutdated(hash: PasswordHash): boolean {
  if (hash.kind === "bcrypt") return true;
  const { cost, salt, tag } = hash;
  return (
    cost.memoryKib !== ARGON2_COST.memoryKib ||
    cost.passes !== ARGON2_COST.passes ||
    cost.parallelism !== ARGON2_COST.parallelism ||
    salt.length !== SALT_BYTES ||
    tag.length !== TAG_BYTES
  );
}

// Whether what matches a bcrypt hash can only be the password that was hashed. bcrypt reads the password and a NUL over
// and over until it has 72 bytes: at 72 and more another end matches as well, and so does a NUL followed by the same again.
export function isWholeInBcrypt(password: string): boolean {
  return Buffer.byteLength(password) < BCRYPT_BYTES && !password.includes("\0");
}

// RFC 9106, 3.1: at least one pass and one lane, and eight KiB of memory for each.
function isBearable({ memoryKib, passes, parallelism }: Argon2Cost): boolean {
  if (passes < 1 || passes > COST_MAX.passes) return false;
  if (parallelism < 1 || parallelism > COST_MAX.parallelism) return false;
  return memoryKib >= 8 * parallelism && memoryKib <= COST_MAX.memoryKib;
}

function plainBase64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}
