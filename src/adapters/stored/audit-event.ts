// How an audit event lies in any store: its details sealed, for they hold what a change was about.
import type { AuditAction, AuditEvent, StoredAuditEvent } from "../../domain/audit-event.ts";
import type { Vault } from "../../domain/vault.ts";
import { openJson, sealJson } from "./sealed-json.ts";

export function sealDetails(vault: Vault, event: AuditEvent): Buffer {
  return sealJson(vault, event.details, contextOf(event));
}

export function openEvent(
  vault: Vault,
  stored: Omit<StoredAuditEvent, "action" | "details"> & { readonly action: string },
  details: Uint8Array,
): StoredAuditEvent {
  const opened = openJson<AuditEvent["details"]>(vault, details, contextOf(stored));
  // One that another version wrote may be in no list of ours.
  return { ...stored, action: stored.action as AuditAction, details: opened };
}

function contextOf(event: Pick<AuditEvent, "at" | "target"> & { readonly action: string }): string {
  return `audit:${event.at}:${event.action}:${event.target}`;
}
