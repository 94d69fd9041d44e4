// What an answer of Vonage means. It answers most errors as HTTP 200 with a status
// for each message; its library then throws, and may well call it success when there is no message.
// https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms
import { z } from "zod";
import type { SendFailure, SendOutcome } from "../../ports/sms.ts";
import { type AnswerStatus, answerUnclear, outcomeOfStatus } from "./status.ts";

const answerSchema = z.object({
  messages: z
    .array(z.object({ status: z.string().max(8), messageId: z.string().max(128).optional() }))
    .min(1),
});

const ACCEPTED = "0";

const REFUSALS: ReadonlyMap<string, SendFailure> = new Map([
  ["1", "throttled"],
  ["2", "number-refused"],
  ["3", "number-refused"],
  ["4", "credentials-refused"],
  ["5", "provider-down"],
  ["6", "number-refused"],
  ["7", "number-refused"],
  ["8", "credentials-refused"],
  ["9", "no-balance"],
  ["10", "throttled"],
  ["11", "credentials-refused"],
  ["12", "number-refused"],
  ["14", "credentials-refused"],
  ["15", "number-refused"],
  ["22", "number-refused"],
  ["23", "number-refused"],
  ["29", "number-refused"],
  ["32", "credentials-refused"],
  ["33", "number-refused"],
]);

// What the library gave back: a promise of nothing until it says that a message was accepted.
export function readAnswer(answer: unknown): SendOutcome {
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) return answerUnclear("answer not understood");

  const { messages } = parsed.data;
  const refused = messages.filter((message) => message.status !== ACCEPTED);
  const [first] = messages;
  if (refused.length === 0) {
    return { outcome: "accepted", providerMessageId: first?.messageId ?? null };
  }
  // A text in several parts of which some went out.
  if (refused.length < messages.length) return answerUnclear("accepted in part");

  // Any status but success is an error of this message, one that is new as well.
  const because = REFUSALS.get(refused[0]?.status ?? "") ?? "text-refused";
  return { outcome: "failed", because, detail: `status ${refused[0]?.status}` };
}

// What a status means that is no success.
export function readStatus(answer: AnswerStatus): SendOutcome {
  return outcomeOfStatus(answer) ?? answerUnclear(`http ${answer.status}`);
}
