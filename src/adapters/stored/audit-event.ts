// How an audit event lies in any store: its details sealed, for they hold what a change was about.
import type { AuditEvent, StoredAuditEvent } from "../../domain/audit-event.ts";
import type { Vault } from "../../domain/vault.ts";
import { openJson, sealJson } from "./sealed-json.ts";

export function sealDetails(vault: Vault, event: AuditEvent): Buffer {
  return sealJson(vault, event.details, contextOf(event));
}

export function openEvent(
  vault: Vault,
  stored: Omit<StoredAuditEvent, "details">,
  details: Uint8Array,
): StoredAuditEvent {
  return { ...stored, details: openJson(vault, details, contextOf(stored)) };
}

function contextOf(event: Pick<AuditEvent, "at" | "action" | "target">): string {
  return `audit:${event.at}:${event.action}:${event.target}`;
}
