// The numbers to which nothing is sent and whose code is fixed. Only an administrator's command writes here. The
// words of storage.ts hold here too.
import type { AuditEvent } from "../domain/audit-event.ts";
import type { TestNumber } from "../domain/test-number.ts";

export interface TestNumberStore {
  // Lists a number. "conflict": it is listed already, whether that has ended or not; of those who list the same
  // number at once, one does.
  add(testNumber: TestNumber, audit: AuditEvent): Promise<"added" | "conflict">;
  // The listing of a number, ended or not. Never from a cache: removing one takes effect on the next request.
  find(number: string): Promise<TestNumber | null>;
  // Removes the very listing that was read. "absent": it is gone, or the number was listed anew.
  remove(
    listed: Pick<TestNumber, "number" | "id">,
    audit: AuditEvent,
  ): Promise<"changed" | "absent">;
  // Oldest first, those that have ended among them.
  list(): Promise<TestNumber[]>;
}
