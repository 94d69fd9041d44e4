// The data keys of a store, and sealing anew what lasts. Every process looks for new keys at least once a second while
// it works; whoever changes them leaves time for that.
import type { KeyRing } from "../domain/key-ring.ts";

export interface DataKeyStore {
  // Replaces the keys by what `decide` makes of them, whoever else does, and answers them. The same back: no change.
  change(decide: (ring: KeyRing) => KeyRing): Promise<KeyRing>;
  // Seals some users anew, and writes their keyed indexes as they are to be now, in the order of ids after the given
  // one. The id of the last; null: there was none. May be done again.
  resealUsers(after: string): Promise<{ readonly last: string; readonly count: number } | null>;
  // The same for applications, signing keys and test numbers, of which there are few.
  resealOthers(): Promise<void>;
}
