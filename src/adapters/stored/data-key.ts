// The data key of a store: made once, kept wrapped, unwrapped with whichever secret fits.
import { createDataKey, unwrapDataKey, wrapDataKey } from "../../domain/vault.ts";
import { StoreRefusedError } from "../../ports/errors.ts";

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
