// Every contract, for one adapter. `openEmpty` opens a store with nothing in it.
import { applicationStoreContract } from "./application-store.ts";
import { auditLogContract } from "./audit-log.ts";
import { codeAttemptsContract } from "./code-attempts.ts";
import { interactionMovesContract } from "./interaction-moves.ts";
import { interactionStoreContract } from "./interaction-store.ts";
import type { OpenEmpty } from "./opened-storage.ts";
import { passwordAttemptsContract } from "./password-attempts.ts";
import { recordStoreContract } from "./record-store.ts";
import { rulesStoreContract } from "./rules-store.ts";
import { sessionRecordsContract } from "./session-records.ts";
import { signingKeyStoreContract } from "./signing-key-store.ts";
import { userStoreContract } from "./user-store.ts";
import { wholeStorageContract } from "./whole-storage.ts";

export function storageContract(openEmpty: OpenEmpty): void {
  userStoreContract(openEmpty);
  passwordAttemptsContract(openEmpty);
  applicationStoreContract(openEmpty);
  rulesStoreContract(openEmpty);
  interactionStoreContract(openEmpty);
  interactionMovesContract(openEmpty);
  codeAttemptsContract(openEmpty);
  recordStoreContract(openEmpty);
  sessionRecordsContract(openEmpty);
  signingKeyStoreContract(openEmpty);
  auditLogContract(openEmpty);
  wholeStorageContract(openEmpty);
}
