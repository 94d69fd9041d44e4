// The data keys of a store. One does, until it is replaced because somebody may know it: then both are known to every
// process before the new one seals anything, names are found under both until every row is sealed anew, and the old
// one goes on opening what nobody writes again.
import type { Instant } from "./time.ts";

export interface DataKey {
  readonly key: Buffer;
  // From then on it seals, until a newer one does.
  readonly from: Instant;
  // From then on nothing is looked for under it; null: it is.
  readonly until: Instant | null;
}

export interface KeyRing {
  // Oldest first; never empty.
  readonly keys: readonly DataKey[];
  // Whether a replacement was begun and not ended.
  readonly isRotating: boolean;
}

const KEY_BYTES = 32;

// What formatKeyRing made, or the one key of a store whose key was never replaced.
export function parseKeyRing(plain: Uint8Array): KeyRing {
  if (plain.length === KEY_BYTES) {
    return { keys: [{ key: Buffer.from(plain), from: 0, until: null }], isRotating: false };
  }
  const { keys, isRotating } = JSON.parse(Buffer.from(plain).toString());
  return {
    keys: keys.map((each: { key: string; from: Instant; until: Instant | null }) => ({
      ...each,
      key: Buffer.from(each.key, "base64url"),
    })),
    isRotating,
  };
}

export function formatKeyRing({ keys, isRotating }: KeyRing): Buffer {
  const texts = keys.map((each) => ({ ...each, key: each.key.toString("base64url") }));
  return Buffer.from(JSON.stringify({ keys: texts, isRotating }));
}

// With one more key, which seals from then on. A replacement that was begun is gone on with.
export function withNewKey(ring: KeyRing, key: Buffer, from: Instant): KeyRing {
  if (ring.isRotating) return ring;
  return { keys: [...ring.keys, { key, from, until: null }], isRotating: true };
}

// Nothing is looked for under any but the newest from then on, or from when it was said before.
export function withOldKeysRetired(ring: KeyRing, until: Instant): KeyRing {
  const newest = newestOf(ring);
  const keys = ring.keys.map((each) =>
    each === newest || each.until !== null ? each : { ...each, until },
  );
  return { ...ring, keys };
}

export function newestOf({ keys }: KeyRing): DataKey {
  const newest = keys.at(-1);
  if (newest === undefined) throw new RangeError("a key ring is never empty");
  return newest;
}

// When nothing is looked for under an old key any more; null: that was not said yet.
export function retiredAt(ring: KeyRing): Instant | null {
  return ring.keys.at(-2)?.until ?? null;
}
