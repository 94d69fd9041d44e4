// Everything that a store promises (src/ports/storage.ts), to be run against each adapter.
import { applicationStoreContract } from "./application-store.ts";
import { auditLogContract } from "./audit-log.ts";
import { codeAttemptsContract } from "./code-attempts.ts";
import { dataKeysContract } from "./data-keys.ts";
import { deviceStoreContract } from "./device-store.ts";
import { interactionMovesContract } from "./interaction-moves.ts";
import { interactionStoreContract } from "./interaction-store.ts";
import { leftInteractionsContract } from "./left-interactions.ts";
import { lifecycleContract } from "./lifecycle.ts";
import { linkBudgetsContract } from "./link-budgets.ts";
import { mailQueueContract } from "./mail-queue.ts";
import { messageSendingContract } from "./message-sending.ts";
import { messageStoreContract } from "./message-store.ts";
import { numberStoreContract } from "./number-store.ts";
import type { OpenEmpty } from "./opened-storage.ts";
import { passwordAttemptsContract } from "./password-attempts.ts";
import { phoneChangesContract } from "./phone-changes.ts";
import { recordStoreContract } from "./record-store.ts";
import { recoveryContract } from "./recovery.ts";
import { recoveryCodesContract } from "./recovery-codes.ts";
import { refreshReuseContract } from "./refresh-reuse.ts";
import { resourceStoreContract } from "./resource-store.ts";
import { rulesStoreContract } from "./rules-store.ts";
import { sendBudgetsContract } from "./send-budgets.ts";
import { sessionsContract } from "./sessions.ts";
import { signingKeyStoreContract } from "./signing-key-store.ts";
import { testNumberStoreContract } from "./test-number-store.ts";
import { transferStoreContract } from "./transfer-store.ts";
import { userStoreContract } from "./user-store.ts";

const CONTRACTS = [
  userStoreContract,
  passwordAttemptsContract,
  recoveryCodesContract,
  recoveryContract,
  applicationStoreContract,
  resourceStoreContract,
  rulesStoreContract,
  interactionStoreContract,
  interactionMovesContract,
  phoneChangesContract,
  codeAttemptsContract,
  leftInteractionsContract,
  numberStoreContract,
  sendBudgetsContract,
  linkBudgetsContract,
  messageStoreContract,
  messageSendingContract,
  recordStoreContract,
  refreshReuseContract,
  sessionsContract,
  signingKeyStoreContract,
  auditLogContract,
  mailQueueContract,
  deviceStoreContract,
  testNumberStoreContract,
  transferStoreContract,
  dataKeysContract,
  lifecycleContract,
];

// `openEmpty` opens a store with nothing in it; each test gets one, and closes it.
export function storageContract(name: string, openEmpty: OpenEmpty): void {
  describe(name, () => {
    for (const contract of CONTRACTS) contract(openEmpty);
  });
}
