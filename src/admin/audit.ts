// The audit log, read. There is no way to change it.
import { z } from "zod";
import { isAuditAction, type StoredAuditEvent } from "../domain/audit-event.ts";
import { type AdminDeps, checkInput } from "./deps.ts";

const auditFilterSchema = z.strictObject({
  action: z.string().refine(isAuditAction, "is not one that is ever written down").optional(),
  // "user:ID", "client:ID", "rules:global".
  target: z.string().optional(),
  // The id of the last event of the page before.
  after: z.int().min(0).optional(),
  limit: z.int().min(1).max(1000).default(100),
  oldestFirst: z.boolean().default(false),
});

export type AuditFilter = z.input<typeof auditFilterSchema>;

// Events, the newest first unless told otherwise; `at` in ISO 8601, UTC.
export async function listAudit(
  deps: Pick<AdminDeps, "storage">,
  filter: AuditFilter,
): Promise<(Omit<StoredAuditEvent, "at"> & { readonly at: string })[]> {
  const { oldestFirst, ...query } = checkInput(auditFilterSchema, filter);
  const events = await deps.storage.audit.list({ ...query, newestFirst: !oldestFirst });
  return events.map((event) => ({ ...event, at: new Date(event.at).toISOString() }));
}
