// The admin room over a real store in memory, with a clock that a test sets.
import assert from "node:assert/strict";
import { createPasswordHasher } from "../../src/adapters/password/argon2-hasher.ts";
import { openSqliteStorage } from "../../src/adapters/sqlite/storage.ts";
import type { AdminDeps } from "../../src/admin/deps.ts";
import { AdminError, type AdminErrorCode } from "../../src/admin/errors.ts";
import type { StoredAuditEvent } from "../../src/domain/audit-event.ts";
import { addSeconds } from "../../src/domain/time.ts";
import { LIMITS, NOON } from "../support/builders.ts";

export interface Room extends AdminDeps {
  pass(seconds: number): void;
  lastEvent(): Promise<StoredAuditEvent>;
}

export async function openRoom(): Promise<Room> {
  let now = NOON;
  const storage = await openSqliteStorage({
    file: ":memory:",
    secrets: ["a-secret-for-tests-of-32-bytes-or-more"],
    now: () => now,
  });
  return {
    storage,
    now: () => now,
    actor: "cli:tester",
    limits: LIMITS,
    privateFetchHosts: [],
    hasher: createPasswordHasher(),
    blocklist: async () => new Set(["correct horse battery staple"]),
    pass(seconds) {
      now = addSeconds(now, seconds);
    },
    async lastEvent() {
      const [event] = await storage.audit.list({ limit: 1, newestFirst: true });
      assert.ok(event);
      return event;
    },
  };
}

// Fails unless it is refused with this code, and answers what the administrator is told.
export async function refusal(doing: Promise<unknown>, code: AdminErrorCode): Promise<string> {
  try {
    await doing;
  } catch (error) {
    assert.ok(error instanceof AdminError, String(error));
    assert.equal(error.code, code, error.message);
    return error.message;
  }
  assert.fail("it was not refused");
}
