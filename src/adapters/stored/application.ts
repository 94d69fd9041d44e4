// How an application lies in any store: sealed whole.
import type { Application } from "../../domain/application.ts";
import type { Vault } from "../../domain/vault.ts";
import { openJson, sealJson } from "./sealed-json.ts";

export function sealApplication(vault: Vault, application: Application): Buffer {
  return sealJson(vault, application, contextOf(application.id));
}

export function openApplication(vault: Vault, id: string, sealed: Uint8Array): Application {
  return openJson(vault, sealed, contextOf(id));
}

// What was given out before, while what is stored is the same to the byte. One object is given to
// everybody who asks, frozen: whoever changed it would change it for all.
export function createApplicationMemory(vault: Vault): {
  open(id: string, sealed: Uint8Array): Application;
  forget(id: string): void;
} {
  const known = new Map<string, { application: Application; sealed: Uint8Array }>();
  return {
    open(id, sealed) {
      const before = known.get(id);
      if (before && Buffer.compare(before.sealed, sealed) === 0) return before.application;
      const application = deepFreeze(openApplication(vault, id, sealed));
      if (known.size >= REMEMBERED_MAX) known.clear();
      known.set(id, { application, sealed });
      return application;
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

function contextOf(id: string): string {
  return `application:${id}`;
}
