// How an application, or an API, lies in any store: sealed whole.
import type { ApiResource } from "../../domain/api-resource.ts";
import type { Application } from "../../domain/application.ts";
import type { Vault } from "../../domain/vault.ts";
import { openJson, sealJson } from "./sealed-json.ts";

export interface Registered {
  readonly id: string;
  readonly updatedAt: number;
}

// What is registered; no row of one kind can be taken for one of another.
export const KINDS = ["application", "resource"] as const;
export type Kind = (typeof KINDS)[number];

export interface EntryOf {
  readonly application: Application;
  readonly resource: ApiResource;
}

export function sealEntry(vault: Vault, kind: Kind, entry: Registered): Buffer {
  return sealJson(vault, entry, contextOf(kind, entry.id));
}

export function openEntry<K extends Kind>(
  vault: Vault,
  kind: K,
  { id, sealed }: { readonly id: string; readonly sealed: Uint8Array },
): EntryOf[K] {
  return openJson(vault, sealed, contextOf(kind, id));
}

// The same under the key that the vault seals with now.
export function resealEntry(vault: Vault, kind: Kind, id: string, sealed: Uint8Array): Buffer {
  return sealEntry(vault, kind, openEntry(vault, kind, { id, sealed }));
}

// What was given out before, while what is stored is the same to the byte. One object is given to
// everybody who asks, frozen: whoever changed it would change it for all.
export function createEntryMemory<K extends Kind>(
  vault: Vault,
  kind: K,
): {
  open(id: string, sealed: Uint8Array): EntryOf[K];
  forget(id: string): void;
} {
  const known = new Map<string, { entry: EntryOf[K]; sealed: Uint8Array }>();
  return {
    open(id, sealed) {
      const before = known.get(id);
      if (before && Buffer.compare(before.sealed, sealed) === 0) return before.entry;
      const entry = deepFreeze(openEntry(vault, kind, { id, sealed }));
      if (known.size >= REMEMBERED_MAX) known.clear();
      known.set(id, { entry, sealed });
      return entry;
    },
    forget(id) {
      known.delete(id);
    },
  };
}

const REMEMBERED_MAX = 1_000;

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const each of Object.values(value)) deepFreeze(each);
  return Object.freeze(value);
}

function contextOf(kind: Kind, id: string): string {
  return `${kind}:${id}`;
}
