// Moving house: putting what lasts into a store as it was in another one, its audit log with it. Sessions,
// tokens, counts of attempts at passwords and mails that wait are not carried: they are short-lived. Nor are the
// browsers that users have signed in with: the next one of each is its first again.
import type { ApiResource } from "../domain/api-resource.ts";
import type { Application } from "../domain/application.ts";
import type { StoredAuditEvent } from "../domain/audit-event.ts";
import type { SecurityRules } from "../domain/security-rules.ts";
import type { SigningKey } from "../domain/signing-key.ts";
import type { TestNumber } from "../domain/test-number.ts";
import type { User } from "../domain/user.ts";

// Every put writes no audit event of its own, and may be done again with the same: a transfer that was broken
// off is simply run once more.
export interface TransferStore {
  // Whether one into this store was begun and not ended: it must not be served from.
  isUnderWay(): Promise<boolean>;
  // Begins one, or goes on with one. False: the store holds something that no transfer brought.
  begin(): Promise<boolean>;
  putApplication(application: Application, ownRules: SecurityRules | null): Promise<void>;
  putResources(resources: readonly ApiResource[]): Promise<void>;
  putGlobalRules(rules: SecurityRules): Promise<void>;
  // With their factor attempts. Throws when a login name belongs to another user.
  putUsers(users: readonly User[]): Promise<void>;
  putSigningKeys(keys: readonly SigningKey[]): Promise<void>;
  putTestNumbers(listed: readonly TestNumber[]): Promise<void>;
  // Under the ids that they had; later events get higher ones.
  putAuditEvents(events: readonly StoredAuditEvent[]): Promise<void>;
  end(): Promise<void>;
}
