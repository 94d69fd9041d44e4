// What keeps a copy of the store worthless: one random data key, kept in the store but wrapped by a key
// derived from SECRET. Everything private is sealed under it, names and numbers are found by keyed index.
// SECRET rotates by wrapping the data key again, the data key by a newer one beside it (key-ring.ts).
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { type DataKey, parseKeyRing } from "./key-ring.ts";
import type { Instant } from "./time.ts";

export interface Vault {
  // Seals a text. `context` says what it is ("users"), and must be the same on opening: a sealed
  // value that was moved elsewhere does not open.
  seal(text: string, context: string): Buffer;
  // Opens what seal made; throws when it was changed or moved.
  open(sealed: Uint8Array, context: string): string;
  // The keyed index under which a value is found again, the same for ever: for what nobody could guess and try.
  index(kind: string, value: string): string;
  // The keyed indexes under which a name or a number is found, those of the key that seals first: one, but for the
  // time in which the data key is replaced. None says anything about the value by itself.
  lookups(kind: string, value: string): readonly [string, ...string[]];
  // A key for another purpose, from the first data key, the same for ever.
  derive(purpose: string): Buffer;
  // The data keys, wrapped so that whoever has this secret can open another vault of them.
  wrap(secret: string): Buffer;
  // Takes these data keys from now on.
  follow(dataKeys: Uint8Array): void;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

// A new random data key, 256 bits.
export function createDataKey(): Buffer {
  return randomBytes(32);
}

// A key of 256 bits for one purpose, from a secret of any length (HKDF, RFC 5869).
export function deriveKey(secret: string | Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "latchkey", purpose, 32));
}

// The data key, sealed so that only who has the secret can use it.
export function wrapDataKey(dataKey: Uint8Array, secret: string): Buffer {
  return sealUnder(wrappingKey(secret), dataKey, "data-key");
}

// The data key, opened with the first secret that fits; null when none does. `byFirst` tells
// whether it should be wrapped again because the first secret is a new one.
export function unwrapDataKey(
  wrapped: Uint8Array,
  secrets: readonly string[],
): { dataKey: Buffer; byFirst: boolean } | null {
  for (const [i, secret] of secrets.entries()) {
    try {
      const dataKey = openUnder(wrappingKey(secret), wrapped, "data-key");
      return { dataKey, byFirst: i === 0 };
    } catch {
      // Not this one: the tag does not match.
    }
  }
  return null;
}

// The vault of a data key, or of several (formatKeyRing).
export function openVault(dataKeys: Uint8Array, now: () => Instant = Date.now): Vault {
  let plain = dataKeys;
  let keys = derivedFrom(plain);
  // The newest one that may seal by now.
  const current = () => keys.findLast(({ from }) => from <= now()) ?? keys[0];
  return {
    seal: (text, context) => sealUnder(current().sealKey, Buffer.from(text), context),
    open: (sealed, context) => openUnderAny(keys, sealed, context),
    index: (kind, value) => indexUnder(keys[0], kind, value),
    lookups(kind, value) {
      const first = current();
      const others = keys.filter(
        (key) => key !== first && (key.until === null || key.until > now()),
      );
      return [indexUnder(first, kind, value), ...others.map((key) => indexUnder(key, kind, value))];
    },
    derive: (purpose) => deriveKey(keys[0].key, `derive:${purpose}`),
    wrap: (secret) => wrapDataKey(plain, secret),
    follow(newer) {
      plain = newer;
      keys = derivedFrom(newer);
    },
  };
}

interface DerivedKey extends DataKey {
  readonly sealKey: KeyObject;
  readonly indexKey: KeyObject;
}

// Node takes a key that is a KeyObject already much faster than one that it has to look at each time.
function derivedFrom(dataKeys: Uint8Array): readonly [DerivedKey, ...DerivedKey[]] {
  const [first, ...more] = parseKeyRing(dataKeys).keys.map((each) => ({
    ...each,
    sealKey: createSecretKey(deriveKey(each.key, "seal")),
    indexKey: createSecretKey(deriveKey(each.key, "index")),
  }));
  if (first === undefined) throw new RangeError("a key ring is never empty");
  return [first, ...more];
}

function indexUnder({ indexKey }: DerivedKey, kind: string, value: string): string {
  return createHmac("sha256", indexKey).update(`${kind}\0${value}`).digest("base64url");
}

// Newest first: what is read often was written lately. The tag tells which one it is.
function openUnderAny(keys: readonly DerivedKey[], sealed: Uint8Array, context: string): string {
  let failure: unknown;
  for (const { sealKey } of keys.toReversed()) {
    try {
      return openUnder(sealKey, sealed, context).toString();
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

// AES-256-GCM under a key of its own for every message, derived from the first half of a random
// nonce of 192 bits: so many messages can share one key that nobody has to count them.
function sealUnder(key: KeyObject, plain: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(2 * NONCE_BYTES);
  const cipher = createCipheriv(
    "aes-256-gcm",
    messageKey(key, nonce),
    nonce.subarray(NONCE_BYTES),
    {
      authTagLength: TAG_BYTES,
    },
  );
  cipher.setAAD(Buffer.from(context));
  const text = cipher.update(plain);
  return Buffer.concat([nonce, text, cipher.final(), cipher.getAuthTag()]);
}

function openUnder(key: KeyObject, sealed: Uint8Array, context: string): Buffer {
  const nonce = sealed.subarray(0, 2 * NONCE_BYTES);
  const text = sealed.subarray(2 * NONCE_BYTES, sealed.length - TAG_BYTES);
  const decipher = createDecipheriv(
    "aes-256-gcm",
    messageKey(key, nonce),
    nonce.subarray(NONCE_BYTES),
    { authTagLength: TAG_BYTES },
  );
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  return Buffer.concat([decipher.update(text), decipher.final()]);
}

function messageKey(key: KeyObject, nonce: Uint8Array): KeyObject {
  return createSecretKey(createHmac("sha256", key).update(nonce.subarray(0, NONCE_BYTES)).digest());
}

function wrappingKey(secret: string): KeyObject {
  return createSecretKey(deriveKey(secret, "data-key"));
}
