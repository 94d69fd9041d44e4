// The data key of a store: made once, kept wrapped, unwrapped with whichever secret fits.
import { formatKeyRing, type KeyRing, parseKeyRing } from "../../domain/key-ring.ts";
import { createDataKey, unwrapDataKey, type Vault, wrapDataKey } from "../../domain/vault.ts";
import { StoreRefusedError } from "../../ports/errors.ts";

// Whoever is to use new keys must know of them before a row is sealed under one, so it looks this often.
export const DATA_KEYS_MS = 1_000;

// Tells a vault of the keys as they lie in the store, if they have changed. Those that are wrapped under a secret that
// this process does not have are another process' for the time of a change of SECRET.
export function createFollower(
  vault: Vault,
  secrets: readonly string[],
): { isDue(): boolean; follow(stored: Uint8Array | null): void } {
  let lookedAt = performance.now();
  let last: Uint8Array | null = null;
  return {
    isDue: () => performance.now() - lookedAt >= DATA_KEYS_MS,
    follow(stored) {
      lookedAt = performance.now();
      if (stored === null || (last !== null && Buffer.compare(last, stored) === 0)) return;
      last = stored;
      const unwrapped = unwrapDataKey(stored, secrets);
      if (unwrapped !== null) vault.follow(unwrapped.dataKey);
    },
  };
}

// The keys as `decide` makes them of those that are stored. Null: no change.
export function changedKeys(
  stored: Uint8Array,
  secrets: readonly string[],
  decide: (ring: KeyRing) => KeyRing,
): { readonly ring: KeyRing; readonly toStore: Buffer | null } {
  const { dataKey } = open(stored, secrets);
  const before = parseKeyRing(dataKey);
  const ring = decide(before);
  if (ring === before) return { ring, toStore: null };
  return { ring, toStore: wrapDataKey(formatKeyRing(ring), secrets[0] ?? "") };
}

// Throws for a store that holds something but no key for it: a new one would open none of it.
export function requireEmpty(isEmpty: boolean): void {
  if (isEmpty) return;
  throw new StoreRefusedError(
    "The store has lost its data key (the row data-key of meta); restore all of it from a backup.",
  );
}

export interface OpenedDataKey {
  readonly dataKey: Buffer;
  // What is to be stored instead of what was found; null: nothing. A fresh store gets a key; one that was
  // wrapped under an older secret is wrapped again under the first, so that the older one can be dropped.
  readonly toStore: Buffer | null;
}

// `moved`: the wrapped key of the store that moves here, which this store must have or gets.
export function openDataKey(
  stored: Uint8Array | null,
  secrets: readonly string[],
  moved: Uint8Array | null = null,
): OpenedDataKey {
  const opened = open(stored ?? moved, secrets);
  if (moved !== null && !opened.dataKey.equals(open(moved, secrets).dataKey)) {
    throw new Error("The store has a data key of its own; only an empty one can be moved into.");
  }
  return stored === null && moved !== null ? { ...opened, toStore: Buffer.from(moved) } : opened;
}

function open(stored: Uint8Array | null, secrets: readonly string[]): OpenedDataKey {
  const [first] = secrets;
  if (first === undefined) throw new RangeError("at least one secret is needed");
  if (stored === null) {
    const dataKey = createDataKey();
    return { dataKey, toStore: wrapDataKey(dataKey, first) };
  }
  const unwrapped = unwrapDataKey(stored, secrets);
  if (unwrapped === null) {
    throw new StoreRefusedError(
      "The store was sealed under another SECRET; none of those given opens it.",
    );
  }
  const { dataKey, byFirst } = unwrapped;
  return { dataKey, toStore: byFirst ? null : wrapDataKey(dataKey, first) };
}
