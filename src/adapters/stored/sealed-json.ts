// JSON, sealed. The context names the row as well as the kind, so that a sealed value that somebody
// moved to another row does not open there.
import type { Vault } from "../../domain/vault.ts";

export function sealJson(vault: Vault, value: unknown, context: string): Buffer {
  return vault.seal(JSON.stringify(value), context);
}

// What sealJson was given. The type is taken on trust: nobody else could have sealed it.
export function openJson<T>(vault: Vault, sealed: Uint8Array, context: string): T {
  return JSON.parse(vault.open(sealed, context));
}
