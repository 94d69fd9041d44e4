// The tokens in our forms. A token belongs to one interaction, whose uid only its browser knows: it
// needs no store, and a token of another interaction or from an earlier one is foreign.
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

export interface Csrf {
  tokenFor(id: string): string;
  // The same under a mask of its own, for pages: they are compressed, and a secret that stands in each of them beside
  // what a link can put there could be guessed from their lengths (BREACH). This one is another each time.
  formTokenFor(id: string): string;
  // Takes both.
  matches(token: string | undefined, id: string): boolean;
}

// Tokens under these keys: the first makes them, all check them.
export function createCsrf(keys: readonly Uint8Array[]): Csrf {
  const tokens = (id: string) =>
    keys.map((key) => createHmac("sha256", key).update(id).digest("base64url"));
  return {
    tokenFor: (id) => tokens(id)[0] ?? "",
    formTokenFor: (id) => masked(tokens(id)[0] ?? ""),
    matches: (token, id) =>
      token !== undefined && tokens(id).some((expected) => isSame(unmasked(token), expected)),
  };
}

const TOKEN_BYTES = 32;

function masked(token: string): string {
  const mask = randomBytes(TOKEN_BYTES);
  return Buffer.concat([mask, xor(Buffer.from(token, "base64url"), mask)]).toString("base64url");
}

// What has not the length of a masked token stays as it is.
function unmasked(token: string): string {
  const bytes = Buffer.from(token, "base64url");
  if (bytes.length !== 2 * TOKEN_BYTES) return token;
  return xor(bytes.subarray(TOKEN_BYTES), bytes.subarray(0, TOKEN_BYTES)).toString("base64url");
}

function xor(bytes: Uint8Array, mask: Uint8Array): Buffer {
  return Buffer.from(bytes.map((byte, i) => byte ^ (mask[i] ?? 0)));
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
