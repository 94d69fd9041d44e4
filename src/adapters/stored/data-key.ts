// The data key of a store: made once, kept wrapped, unwrapped with whichever secret fits.
import { createDataKey, unwrapDataKey, wrapDataKey } from "../../domain/vault.ts";

export interface OpenedDataKey {
  readonly dataKey: Buffer;
  // What is to be stored instead of what was found; null: nothing. A fresh store gets a key; one that was
  // wrapped under an older secret is wrapped again under the first, so that the older one can be dropped.
  readonly toStore: Buffer | null;
}

export function openDataKey(stored: Uint8Array | null, secrets: readonly string[]): OpenedDataKey {
  const [first] = secrets;
  if (first === undefined) throw new RangeError("at least one secret is needed");
  if (stored === null) {
    const dataKey = createDataKey();
    return { dataKey, toStore: wrapDataKey(dataKey, first) };
  }
  const unwrapped = unwrapDataKey(stored, secrets);
  if (unwrapped === null) {
    throw new Error("The store was sealed under another SECRET; none of those given opens it.");
  }
  const { dataKey, byFirst } = unwrapped;
  return { dataKey, toStore: byFirst ? null : wrapDataKey(dataKey, first) };
}
