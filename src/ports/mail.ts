// Mails, texts that carry no code, requests for a mail that are still to be looked into, and applications that are to be
// told of a logout: a queue in the store, which survives whatever happens to a process, and for mails the way out. Nobody who signs in waits for any of them.
import type { AuditEvent } from "../domain/audit-event.ts";
import type { ClientLogout } from "../domain/client-logout.ts";
import type { Mail } from "../domain/mail.ts";
import type { HeaderLine, MailAddress } from "../domain/mail-header.ts";
import type { NoticeText } from "../domain/notice-text.ts";
import type { RecoveryRequest } from "../domain/recovery.ts";
import type { Instant } from "../domain/time.ts";

// What waits in the queue.
export type Queued = Mail | NoticeText | RecoveryRequest | ClientLogout;

export interface Claimed {
  readonly id: string;
  // How often it was claimed, this time included.
  readonly attempts: number;
  // Whose it is; another claimer gets another one.
  readonly lease: string;
}

export interface ClaimedMail extends Claimed {
  readonly mail: Mail;
}

export interface ClaimedText extends Claimed {
  readonly text: NoticeText;
}

export interface ClaimedRequest extends Claimed {
  readonly request: RecoveryRequest;
}

export interface ClaimedLogout extends Claimed {
  readonly logout: ClientLogout;
}

// Whose claim is over, because its lease has run out and somebody else has it, gets false from what
// follows, and nothing has changed.
export interface MailQueue {
  // Queues what nothing else is changed with; changes carry theirs themselves. The same one twice is
  // queued once, for as long as it could have been delivered. One that is older than three days is not
  // claimed any more, and swept.
  enqueue(items: readonly Queued[]): Promise<void>;
  // Takes the mail that has been due longest. Not null for exactly one claimer of a mail, however many race,
  // until its lease is over: a mail whose claimer died is claimed again, so it goes out at least once.
  claim(now: Instant, leaseSeconds: number): Promise<ClaimedMail | null>;
  // The same for texts. Each channel goes on whether the other one has a way out or not.
  claimText(now: Instant, leaseSeconds: number): Promise<ClaimedText | null>;
  // The same for requests for a link to recover an account, which are looked into when nobody waits for it.
  claimRecovery(now: Instant, leaseSeconds: number): Promise<ClaimedRequest | null>;
  // The same for applications that are to be told of a logout.
  claimLogout(now: Instant, leaseSeconds: number): Promise<ClaimedLogout | null>;
  // It went out, or is done, and is gone from the queue.
  markDelivered(claimed: Claimed): Promise<boolean>;
  // It is due again then.
  markFailed(claimed: Claimed, notBefore: Instant): Promise<boolean>;
  // It will not go out, and is gone from the queue.
  giveUp(claimed: Claimed, audit: AuditEvent): Promise<boolean>;
}

// A mail as it is read.
export interface ComposedMail {
  readonly id: string;
  readonly to: MailAddress;
  // What it is for; for the outbox and the log.
  readonly purpose: Mail["notice"]["kind"];
  readonly date: Instant;
  readonly language: string;
  readonly subject: HeaderLine;
  readonly text: string;
  readonly html: string;
}

export type MailOutcome =
  | { readonly outcome: "accepted" }
  // Worth another try: the server is not there, is slow, or asks to come again. It may have gone out.
  | { readonly outcome: "failed"; readonly detail: string }
  // The server will never take it.
  | { readonly outcome: "refused"; readonly detail: string };

export interface MailSender {
  readonly name: string;
  // Always answers within the time that it was given; never throws for an ordinary failure. What it says went
  // wrong holds neither address nor content.
  send(mail: ComposedMail, timeoutSeconds: number): Promise<MailOutcome>;
}
