// Takes texts that carry no code out of the queue and sends them, beside the requests. A text that may have gone
// out is not sent again: better none than two of them.
import type { AuditAction, AuditEvent } from "../domain/audit-event.ts";
import type { Limits } from "../domain/limits.ts";
import { mailRetryAt } from "../domain/mail.ts";
import type { Message } from "../domain/message.ts";
import type { NoticeText } from "../domain/notice-text.ts";
import { countryOf, isCountryAllowed } from "../domain/phone.ts";
import { type CapLimits, prefixOf, type SendBudget, sharedBudgets } from "../domain/send-caps.ts";
import type { Instant } from "../domain/time.ts";
import type { ClaimedText } from "../ports/mail.ts";
import type { Storage } from "../ports/storage.ts";
import { settledBy } from "./send-code.ts";
import type { ProviderOutcome, SendMessage } from "./send-text.ts";
import type { FlowDeps } from "./sign-in.ts";
import { raiseAlarms } from "./spend-alarms.ts";
import { takeDue } from "./take-due.ts";
import { findTestNumber } from "./test-numbers.ts";

export interface TextDeliveryDeps extends Pick<FlowDeps, "smsCountries" | "alarm"> {
  readonly storage: Pick<Storage, "mails" | "messages" | "testNumbers" | "audit">;
  readonly send: SendMessage;
  readonly compose: (text: NoticeText) => string;
  // In millionths of the currency.
  readonly priceOf: (given: { readonly country: string; readonly text: string }) => number;
  readonly limits: CapLimits & Pick<Limits, "smsTimeoutSeconds" | "mailRetrySeconds">;
  readonly now: () => Instant;
}

// Nobody else takes a text while this process may still be at it: all providers together take no longer than
// two of them may.
const LEASE_MORE_SECONDS = 15;

// Sends texts that are due, one after the other, until there are none, so many were taken, or `isOver`.
export async function deliverDueTexts(
  deps: TextDeliveryDeps,
  textsMax: number,
  isOver: () => boolean,
): Promise<void> {
  const leaseSeconds = 2 * deps.limits.smsTimeoutSeconds + LEASE_MORE_SECONDS;
  const claim = () => deps.storage.mails.claimText(deps.now(), leaseSeconds);
  await takeDue(claim, (claimed) => deliver(deps, claimed), { max: textsMax, isOver });
}

async function deliver(deps: TextDeliveryDeps, claimed: ClaimedText): Promise<void> {
  const { mails, messages } = deps.storage;
  const giveUp = (action: AuditAction, because: string, details = {}) =>
    mails.giveUp(claimed, auditEvent(claimed, { at: deps.now(), action, because, details }));
  const { to } = claimed.text;
  const country = countryOf(to);
  if (country === null || !isCountryAllowed(country, deps.smsCountries)) {
    await giveUp("text-refused", "country-not-allowed");
    return;
  }
  // One that was bound before it was listed.
  if ((await findTestNumber(deps, to)) !== null) {
    await giveUp("text-refused", "test-number");
    return;
  }
  const text = deps.compose(claimed.text);
  const message = messageOf(deps, claimed.text, { country, text });
  const budgets = budgetsOf(deps, claimed.text, message);
  const begun = await messages.begin(message, budgets);
  switch (begun.outcome) {
    case "refused":
      await giveUp("text-refused", begun.because);
      return;
    case "begun-before":
      // By somebody who died at it, or before saying that it is done.
      if (begun.status === "sending" || begun.status === "unknown") {
        await giveUp("text-given-up", "outcome-unknown");
      } else {
        await mails.markDelivered(claimed);
      }
      return;
    case "begun":
      await send(deps, claimed, { text, message, budgets });
      await raiseAlarms(deps, begun.counts, message.at);
      return;
  }
}

async function send(
  deps: TextDeliveryDeps,
  claimed: ClaimedText,
  { text, message, budgets }: { text: string; message: Message; budgets: readonly SendBudget[] },
): Promise<void> {
  const { mails, messages } = deps.storage;
  const { to, notice } = claimed.text;
  const sent = await deps.send({ to, text, purpose: notice.kind, messageId: message.id });
  const at = deps.now();
  await messages.settle({ id: message.id, at, ...settledBy(sent) }, budgets);
  if (sent.outcome === "accepted") {
    await mails.markDelivered(claimed);
    return;
  }
  const retryAt = mayBeTriedAgain(sent) ? mailRetryAt(claimed.attempts, at, deps.limits) : null;
  if (retryAt !== null) {
    await mails.markFailed(claimed, retryAt);
    return;
  }
  const because = sent.outcome === "unknown" ? "outcome-unknown" : sent.because;
  const { attempts } = claimed;
  const details = { attempts, detail: sent.detail };
  const event = auditEvent(claimed, { at, action: "text-given-up", because, details });
  await mails.giveUp(claimed, event);
}

function mayBeTriedAgain(sent: ProviderOutcome): boolean {
  return sent.outcome === "failed" && sent.because !== "number-refused";
}

// No challenge and no application asked for it.
function messageOf(
  deps: TextDeliveryDeps,
  { id, to }: NoticeText,
  { country, text }: { readonly country: string; readonly text: string },
): Message {
  return {
    id,
    challengeId: id,
    at: deps.now(),
    purpose: "notice",
    applicationId: null,
    country,
    prefix: prefixOf(to),
    costMicros: deps.priceOf({ country, text }),
    // It carries no code, so it counts neither for nor against those who type theirs.
    source: null,
  };
}

// Neither those of the number nor those of the user: whoever has made either of them spend its texts on codes
// must not keep the owner from hearing what came of it. Nor is it held back by the fraud guard, which
// judges codes: this text goes to a phone that was bound, once for each time that it was.
function budgetsOf(
  { limits }: TextDeliveryDeps,
  { to: number }: NoticeText,
  { country, costMicros }: Message,
): readonly SendBudget[] {
  return sharedBudgets({ number, country, costMicros, verified: true }, limits);
}

function auditEvent(
  { text }: ClaimedText,
  { details, ...given }: Pick<AuditEvent, "at" | "action" | "because" | "details">,
): AuditEvent {
  const target = `user:${text.userId}`;
  return { actor: "system", target, ...given, details: { kind: text.notice.kind, ...details } };
}
