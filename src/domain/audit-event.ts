// What the audit log keeps: every sign-in with the trace of its decision, and every change that an
// administrator makes. Never a password, a code, a token or a whole phone number.
import type { Instant } from "./time.ts";

// Everything that is written down, so that a filter by a name that nothing has is an error.
const AUDIT_ACTIONS = [
  "binding-link-confirmed",
  "binding-link-refused",
  "binding-link-rejected",
  "binding-link-sent",
  "client-added",
  "client-changed",
  "client-removed",
  "client-secret-rotated",
  "client-text-changed",
  "code-not-sent",
  "code-rejected",
  "consent",
  "consent-aborted",
  "consent-abandoned",
  "consent-given",
  "consent-refused",
  "data-key-rotated",
  "logout-given-up",
  "mail-given-up",
  "mfa-client-changed",
  "mfa-client-rule-changed",
  "mfa-client-source-changed",
  "mfa-global-changed",
  "mfa-rule-changed",
  "mfa-source-changed",
  "password-guessing",
  "phone-assigned",
  "phone-bound",
  "phone-changed",
  "recovery-code-used",
  "recovery-codes-kept",
  "recovery-done",
  "recovery-ended",
  "recovery-mailed",
  "recovery-refused",
  "recovery-rejected",
  "recovery-requested",
  "resource-added",
  "resource-changed",
  "resource-removed",
  "sign-in",
  "sign-in-abandoned",
  "sign-in-aborted",
  "sign-in-refused",
  "signing-keys-made",
  "signing-keys-rotated",
  "sms-budget-alarm",
  "step-up",
  "step-up-abandoned",
  "step-up-aborted",
  "step-up-refused",
  "store-restored",
  "test-number-added",
  "test-number-removed",
  "text-given-up",
  "text-refused",
  "texts-paused",
  "texts-resumed",
  "user-added",
  "user-changed",
  "user-imported",
  "user-phone-revealed",
  "user-recovery-codes-made",
  "user-recovery-codes-voided",
  "user-removed",
  "user-second-factor-unlocked",
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export function isAuditAction(name: string): name is AuditAction {
  return AUDIT_ACTIONS.some((action) => action === name);
}

export interface AuditEvent {
  readonly at: Instant;
  // Who did it: "user:ID", "cli:NAME", "system"; "anonymous" when nobody knows.
  readonly actor: string;
  readonly action: AuditAction;
  // To whom or what: "user:ID", "client:ID", "resource:URI", "rules:global".
  readonly target: string;
  readonly because: string | null;
  // Before and after for a change, the trace for a sign-in; JSON.
  readonly details: Readonly<Record<string, unknown>>;
}

export interface StoredAuditEvent extends AuditEvent {
  // Grows with every event of a store.
  readonly id: number;
}
