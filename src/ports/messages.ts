// What is remembered of texts: for the figures, for the page that says whether one arrived, and for the guard
// against fraud. A message is stored with the move that sends it (storage.ts).
import type { AuditEvent } from "../domain/audit-event.ts";
import type { Receipt, StoredMessage } from "../domain/message.ts";
import type { Conversion, JudgedTexts, Pause } from "../domain/pumping-guard.ts";
import type { Instant } from "../domain/time.ts";

export interface MessageSettled {
  readonly id: string;
  readonly status: "accepted" | "failed" | "unknown";
  readonly because: string | null;
  readonly provider: string | null;
  readonly providerMessageId: string | null;
  readonly at: Instant;
}

export interface MessageQuery {
  // From this instant on, until before that one.
  readonly from: Instant;
  readonly to: Instant;
  // The last message of the page before.
  readonly after?: { readonly at: Instant; readonly id: string } | undefined;
  readonly limit: number;
}

export interface MessageStore {
  // What came of sending. A receipt that was faster stays.
  settle(settled: MessageSettled): Promise<void>;
  // Takes a receipt. "updated" for exactly one of those that say how a message ended, however often and in
  // whatever order they come; "unknown": there is no such message, or another provider has it.
  receive(receipt: Receipt, at: Instant): Promise<"updated" | "unchanged" | "unknown">;
  // The message that went out last for a challenge.
  findLatest(challengeId: string): Promise<StoredMessage | null>;
  // Oldest first.
  list(query: MessageQuery): Promise<StoredMessage[]>;
  // Of the messages to a prefix or a country that may have gone out, those that are judged.
  conversion(
    of: { readonly prefix: string } | { readonly country: string },
    judged: JudgedTexts,
  ): Promise<Conversion>;

  // Pauses and those that were lifted, of these scopes.
  findPauses(scopes: readonly string[]): Promise<Pause[]>;
  // Those that hold at the moment.
  listPauses(): Promise<Pause[]>;
  // True for exactly one of those who pause what is not paused.
  pause(scope: string, at: Instant, audit: AuditEvent): Promise<boolean>;
  // False: it was not paused.
  lift(scope: string, at: Instant, audit: AuditEvent): Promise<boolean>;
}
