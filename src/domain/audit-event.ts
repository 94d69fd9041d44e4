// What the audit log keeps: every sign-in with the trace of its decision, and every change that an
// administrator makes. Never a password, a code, a token or a whole phone number.
import type { Instant } from "./time.ts";

export interface AuditEvent {
  readonly at: Instant;
  // Who did it: "user:ID", "cli:NAME", "system"; "anonymous" when nobody knows.
  readonly actor: string;
  // What was done, in kebab-case: "sign-in", "sign-in-refused", "user-added", "mfa-global-changed".
  readonly action: string;
  // To whom or what: "user:ID", "client:ID", "rules:global".
  readonly target: string;
  readonly because: string | null;
  // Before and after for a change, the trace for a sign-in; JSON.
  readonly details: Readonly<Record<string, unknown>>;
}

export interface StoredAuditEvent extends AuditEvent {
  // Grows with every event of a store.
  readonly id: number;
}
