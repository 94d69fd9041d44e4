// The tokens in our forms. A token belongs to one interaction, whose uid only its browser knows: it
// needs no store, and a token of another interaction or from an earlier one is foreign.
import { createHmac, timingSafeEqual } from "node:crypto";

export interface Csrf {
  tokenFor(id: string): string;
  matches(token: string | undefined, id: string): boolean;
}

// Tokens under these keys: the first makes them, all check them.
export function createCsrf(keys: readonly Uint8Array[]): Csrf {
  const tokens = (id: string) =>
    keys.map((key) => createHmac("sha256", key).update(id).digest("base64url"));
  return {
    tokenFor: (id) => tokens(id)[0] ?? "",
    matches: (token, id) =>
      token !== undefined && tokens(id).some((expected) => isSame(token, expected)),
  };
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
