// Takes mails out of the queue and sends them, a few at a time, beside the requests: whoever signs in never
// waits for a mail server.

import type { AuditEvent } from "../domain/audit-event.ts";
import type { Limits } from "../domain/limits.ts";
import { isMailOver, type Mail, mailRetryAt } from "../domain/mail.ts";
import type { Instant } from "../domain/time.ts";
import type { ClaimedMail, ComposedMail, MailOutcome, MailSender } from "../ports/mail.ts";
import type { Storage } from "../ports/storage.ts";
import { takeDue } from "./take-due.ts";

export interface MailDeliveryDeps {
  readonly storage: Pick<Storage, "mails" | "audit">;
  readonly sender: MailSender;
  // Null: what it was to say cannot be said any more.
  readonly compose: (mail: Mail) => ComposedMail | null;
  readonly limits: Pick<Limits, "mailTimeoutSeconds" | "mailRetrySeconds">;
  readonly now: () => Instant;
  readonly onOutcome: (event: {
    readonly sender: string;
    readonly messageId: string;
    readonly purpose: Mail["notice"]["kind"];
    readonly attempts: number;
    readonly outcome: MailOutcome;
    readonly givenUp: boolean;
  }) => void;
}

// Nobody else takes a mail while this process may still be at it.
const LEASE_MORE_SECONDS = 15;

// Sends mails that are due, one after the other, until there are none, so many were sent, or `isOver`.
export async function deliverDueMails(
  deps: MailDeliveryDeps,
  mailsMax: number,
  isOver: () => boolean,
): Promise<void> {
  const leaseSeconds = deps.limits.mailTimeoutSeconds + LEASE_MORE_SECONDS;
  const claim = () => deps.storage.mails.claim(deps.now(), leaseSeconds);
  await takeDue(claim, (claimed) => deliver(deps, claimed), { max: mailsMax, isOver });
}

async function deliver(deps: MailDeliveryDeps, claimed: ClaimedMail): Promise<void> {
  const { mail, attempts } = claimed;
  const { sender, limits, storage } = deps;
  const composed = isMailOver(mail, deps.now()) ? null : deps.compose(mail);
  if (composed === null) {
    await storage.mails.giveUp(claimed, auditGivenUp(claimed, TOO_LATE, deps.now()));
    return;
  }
  const outcome = await sender.send(composed, limits.mailTimeoutSeconds);
  const now = deps.now();
  const retryAt = outcome.outcome === "failed" ? retryAtOf(claimed, now, limits) : null;
  deps.onOutcome({
    sender: sender.name,
    messageId: mail.id,
    purpose: mail.notice.kind,
    attempts,
    outcome,
    givenUp: outcome.outcome !== "accepted" && retryAt === null,
  });
  if (outcome.outcome === "accepted") await markDelivered(deps, claimed, now);
  else if (retryAt !== null) await storage.mails.markFailed(claimed, retryAt);
  else await storage.mails.giveUp(claimed, auditGivenUp(claimed, outcome, now));
}

// That the way back into an account left the house is written down. The event first: a crash in between leaves two.
async function markDelivered(
  { storage }: MailDeliveryDeps,
  claimed: ClaimedMail,
  at: Instant,
): Promise<void> {
  const { notice, userId } = claimed.mail;
  if (notice.kind === "recovery-link") {
    const event = { at, actor: "system", target: `user:${userId}`, because: null, details: {} };
    await storage.audit.append([{ ...event, action: "recovery-mailed" }]);
  }
  await storage.mails.markDelivered(claimed);
}

function retryAtOf(
  { mail, attempts }: ClaimedMail,
  now: Instant,
  limits: MailDeliveryDeps["limits"],
): Instant | null {
  const retryAt = mailRetryAt(attempts, now, limits);
  return retryAt === null || isMailOver(mail, retryAt) ? null : retryAt;
}

const TOO_LATE = { outcome: "too-late", detail: "not sent" } as const;

const REASONS = {
  "too-late": "link-over",
  refused: "server-refused",
  failed: "server-failed",
} as const;

function auditGivenUp(
  { mail, attempts }: ClaimedMail,
  { outcome, detail }: Exclude<MailOutcome, { outcome: "accepted" }> | typeof TOO_LATE,
  at: Instant,
): AuditEvent {
  return {
    at,
    actor: "system",
    action: "mail-given-up",
    target: `user:${mail.userId}`,
    because: REASONS[outcome],
    details: { kind: mail.notice.kind, attempts, detail },
  };
}
