// What is remembered of texts: for the figures, for the page that says whether one arrived, and for the guard
// against fraud. A message that carries a code is stored with the move that sends it (interactions.ts).
import type { AuditEvent } from "../domain/audit-event.ts";
import type { JudgedText, Pause, Place, TextsToJudge } from "../domain/fraud-guard.ts";
import type { Message, MessageStatus, Receipt, StoredMessage } from "../domain/message.ts";
import type { SendBudget, SendCap } from "../domain/send-caps.ts";
import type { Instant } from "../domain/time.ts";
import type { BudgetCount } from "./interactions.ts";

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

export interface Pausing {
  readonly scope: string;
  readonly at: Instant;
  // When it was paused before; null: it is not.
  readonly since: Instant | null;
  readonly audit: AuditEvent;
}

export type MessageBegun =
  // With what was counted under each budget.
  | { readonly outcome: "begun"; readonly counts: readonly BudgetCount[] }
  // One of the budgets has no room for it.
  | { readonly outcome: "refused"; readonly because: SendCap; readonly retryAt: Instant }
  // It was begun before and has not certainly failed: it may have gone out.
  | { readonly outcome: "begun-before"; readonly status: Exclude<MessageStatus, "failed"> };

export interface MessageStore {
  // Counts a text that no interaction sends, and remembers it as being sent; or neither. "begun" for exactly one
  // caller, however many race, and for exactly one more each time that it certainly failed.
  begin(message: Message, budgets: readonly SendBudget[]): Promise<MessageBegun>;
  // What came of sending. A receipt that was faster stays. If it certainly failed, the first to say so takes back
  // what it counted under these budgets.
  settle(settled: MessageSettled, budgets?: readonly SendBudget[]): Promise<void>;
  // Takes a receipt. "updated" for exactly one of those that say how a message ended, however often and in
  // whatever order they come; "unknown": there is no such message, or another provider has it.
  receive(receipt: Receipt, at: Instant): Promise<"updated" | "unchanged" | "unknown">;
  // The message that went out last for a challenge.
  findLatest(challengeId: string): Promise<StoredMessage | null>;
  // Oldest first.
  list(query: MessageQuery): Promise<StoredMessage[]>;
  // Of the texts to a place that have a source and may have gone out, those that are to be judged. Users and networks
  // have names of the store's own.
  listJudged(place: Place, which: TextsToJudge): Promise<JudgedText[]>;

  // Pauses and those that were lifted, of these scopes.
  findPauses(scopes: readonly string[]): Promise<Pause[]>;
  // Those that hold at the moment.
  listPauses(): Promise<Pause[]>;
  // True for exactly one of those who pause what is not paused, or pause again what was paused at the same instant.
  pause(pausing: Pausing): Promise<boolean>;
  // False: it was not paused.
  lift(scope: string, at: Instant, audit: AuditEvent): Promise<boolean>;
}
