// A text as it is remembered: what became of it, never what was in it or to whom it went.
import type { ChallengePurpose } from "./challenge.ts";
import type { Instant } from "./time.ts";

export type MessageStatus =
  // On its way to a provider. One that stays so was cut off by a crash.
  | "sending"
  | "accepted"
  // It certainly did not go out.
  | "failed"
  // It may have gone out.
  | "unknown"
  // By the provider's receipt.
  | "delivered"
  | "undelivered";

export interface Message {
  // Ours; the provider gets it as its reference.
  readonly id: string;
  // Of a notice, its own id: no code answers it.
  readonly challengeId: string;
  readonly at: Instant;
  readonly purpose: ChallengePurpose | "notice";
  // Null: of a notice.
  readonly applicationId: string | null;
  // ISO 3166-1.
  readonly country: string;
  // The number without its last four digits.
  readonly prefix: string;
  readonly costMicros: number;
  // Who asked for it and from where, for the fraud guard; null: it is not judged.
  readonly source: TextSource | null;
}

export interface TextSource {
  readonly userId: string;
  readonly network: string;
}

// What became of a message.
export interface MessageFate {
  readonly status: MessageStatus;
  readonly statusAt: Instant;
  readonly because: string | null;
  readonly provider: string | null;
  // When the right code was typed that it carried.
  readonly verifiedAt: Instant | null;
}

// As it is read again: neither the challenge nor who asked for it is told.
export type StoredMessage = Omit<Message, "challengeId" | "source"> & MessageFate;

// What a provider says of a message that it had accepted.
export interface Receipt {
  readonly provider: string;
  readonly providerMessageId: string;
  // Our own id for it, where the provider gives it back: a receipt can be faster than the answer.
  readonly messageId: string | null;
  readonly status: "delivered" | "undelivered";
  readonly because: string | null;
}

// The states from which a receipt leads on. A receipt that comes again, late or out of order changes nothing:
// the first one that says how it ended counts.
export const OPEN_TO_RECEIPTS: readonly MessageStatus[] = ["sending", "accepted", "unknown"];

// How long a message is remembered, in seconds: long enough for the figures of a quarter.
export const MESSAGE_LIFE_SECONDS = 100 * 86_400;
