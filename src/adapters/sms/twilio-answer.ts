// What an answer of Twilio means. Its errors are a JSON document with a code of its own beside the HTTP
// status; a message that it took may still carry one. https://www.twilio.com/docs/api/errors
import { z } from "zod";
import type { SendFailure, SendOutcome } from "../../ports/sms.ts";
import { jsonOf, type PostAnswer } from "./post.ts";
import { answerUnclear, outcomeOfStatus } from "./status.ts";

const messageSchema = z.object({
  sid: z.string().min(1).max(128),
  status: z.string().max(32),
  error_code: z.int().nullish(),
});

// `status` repeats the HTTP status: a document in which it does is Twilio's own.
const errorSchema = z.object({ code: z.int().nullish(), status: z.int() });

// A message that ended in one of these never left.
const NEVER_LEFT = new Set(["failed", "undelivered", "canceled"]);

const REFUSALS: ReadonlyMap<number, SendFailure> = new Map([
  // The number: no number, not in this country, unsubscribed, unreachable, a landline, our own.
  ...codes("number-refused", [21211, 21214, 21217, 21265, 21266, 21408, 21608, 21610]),
  ...codes("number-refused", [21612, 21614, 21635, 30003, 30004, 30005, 30006, 30450]),
  // The account, its secret, or its right to send from this sender. Not 21606 and 21659, which Twilio also says of a
  // sender that does not fit one destination.
  ...codes("credentials-refused", [20003, 20005, 20403, 20404, 21212, 21267, 21603]),
  ...codes("credentials-refused", [21660, 21661, 21701, 21702, 21703, 21704, 21705]),
  // An account that was suspended; the first reason for it is its balance.
  ...codes("no-balance", [10001, 30002, 90010]),
  ...codes("throttled", [14107, 20429, 21611, 30001, 63038]),
]);

export function readTwilioAnswer(answer: PostAnswer): SendOutcome {
  const document = jsonOf(answer);
  return answer.status >= 200 && answer.status < 300
    ? readMessage(document)
    : readError(answer, document);
}

function readMessage(document: unknown): SendOutcome {
  const message = messageSchema.safeParse(document);
  if (!message.success) return answerUnclear("answer not understood");
  const { sid, status, error_code: code } = message.data;
  if (!NEVER_LEFT.has(status)) return { outcome: "accepted", providerMessageId: sid };
  return {
    outcome: "failed",
    because: REFUSALS.get(code ?? 0) ?? "text-refused",
    detail: code == null ? "failed without a code" : `code ${code}`,
  };
}

function readError(answer: PostAnswer, document: unknown): SendOutcome {
  const byStatus = outcomeOfStatus(answer);
  const error = errorSchema.safeParse(document);
  if (!error.success || error.data.status !== answer.status || error.data.code == null) {
    return byStatus ?? answerUnclear(`http ${answer.status}`);
  }
  const { code } = error.data;
  const because = REFUSALS.get(code);
  if (because !== undefined) {
    const wait = byStatus?.outcome === "failed" ? byStatus.retryAfterSeconds : undefined;
    const retryAfter = wait === undefined ? {} : { retryAfterSeconds: wait };
    return { outcome: "failed", because, detail: `code ${code}`, ...retryAfter };
  }
  // A code that we do not know, but Twilio's own refusal: it made no message. New codes keep coming, most of them for
  // one number or one text, and nobody else's texts may suffer for it.
  const isOfText = byStatus === null || answer.status === 403;
  return isOfText
    ? { outcome: "failed", because: "text-refused", detail: `code ${code}` }
    : byStatus;
}

function codes(because: SendFailure, list: readonly number[]): [number, SendFailure][] {
  return list.map((code) => [code, because]);
}
