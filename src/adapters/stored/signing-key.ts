// How a signing key lies in any store: sealed, private parts and all.
import type { SigningKey } from "../../domain/signing-key.ts";
import type { Instant } from "../../domain/time.ts";
import type { Vault } from "../../domain/vault.ts";
import { openJson, sealJson } from "./sealed-json.ts";

export function sealSigningKey(vault: Vault, key: SigningKey): Buffer {
  return sealJson(vault, key, contextOf(key.kid));
}

export function openSigningKey(vault: Vault, kid: string, sealed: Uint8Array): SigningKey {
  return openJson(vault, sealed, contextOf(kid));
}

// A key that is no newer than what was known would not be seen by whoever rotates meanwhile.
export function requireNewer(keys: readonly SigningKey[], newestKnown: Instant | null): void {
  if (newestKnown === null || keys.every((key) => key.createdAt > newestKnown)) return;
  throw new RangeError("a new signing key must be newer than those that are known");
}

function contextOf(kid: string): string {
  return `signing-key:${kid}`;
}
