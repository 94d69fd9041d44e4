// What the functions of this room are given to work with.
import { randomBytes } from "node:crypto";
import type { z } from "zod";
import type { AuditEvent } from "../domain/audit-event.ts";
import type { PrivateFetchHosts } from "../domain/fetch-policy.ts";
import type { Limits } from "../domain/limits.ts";
import type { Instant } from "../domain/time.ts";
import type { PasswordHasher } from "../ports/password-hasher.ts";
import type { Storage } from "../ports/storage.ts";
import { AdminError } from "./errors.ts";
import { sentencesOf } from "./input-sentences.ts";

export interface AdminDeps {
  readonly storage: Storage;
  now(): Instant;
  // Who does it, as the audit log shall say: "cli:NAME", "user:ID", "system".
  readonly actor: string;
  readonly limits: Limits;
  // The hosts that an application may name though they are at private addresses.
  readonly privateFetchHosts: PrivateFetchHosts;
  readonly hasher: PasswordHasher;
  // The passwords that nobody may have, in lower case. Asked for only when a password is set.
  blocklist(): Promise<ReadonlySet<string>>;
}

// A new id: 128 random bits, so that nobody guesses one and no id ever comes back. In hexadecimal: it
// never begins with a hyphen, which a command line would take for an option.
export function newId(): string {
  return randomBytes(16).toString("hex");
}

// An instant at which something is changed. It must be new to the store's compare-and-set, also when
// the clock stands still or was set back.
export function changeTime(now: Instant, before: { readonly updatedAt: Instant }): Instant {
  return Math.max(now, before.updatedAt + 1);
}

// An audit event of this administrator, now.
export function auditEvent(
  deps: Pick<AdminDeps, "now" | "actor">,
  event: Pick<AuditEvent, "action" | "target" | "details"> & Partial<Pick<AuditEvent, "because">>,
): AuditEvent {
  return { at: deps.now(), actor: deps.actor, because: null, ...event };
}

// Input from an edge, checked; throws AdminError "usage" with a sentence for every problem.
export function checkInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.infer<Schema> {
  const parsed = schema.safeParse(input, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new AdminError("usage", sentencesOf(parsed.error.issues));
}

// Of two versions, only the members that differ.
export function changesBetween<T extends object>(
  before: T,
  after: T,
): { before: Partial<T>; after: Partial<T> } {
  const changes: { before: Partial<T>; after: Partial<T> } = { before: {}, after: {} };
  const names = new Set([...keysOf(before), ...keysOf(after)]);
  for (const name of names) {
    if (JSON.stringify(before[name]) === JSON.stringify(after[name])) continue;
    changes.before[name] = before[name];
    changes.after[name] = after[name];
  }
  return changes;
}

function keysOf<T extends object>(of: T): (keyof T)[] {
  return Object.keys(of).filter((key): key is keyof T & string => Object.hasOwn(of, key));
}
