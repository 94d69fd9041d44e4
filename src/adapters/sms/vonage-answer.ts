// What an answer of Vonage means, or the lack of one. It answers most errors as HTTP 200 with a status
// for each message; its library then throws, and may well call it success when there is no message.
// https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms
import { z } from "zod";
import type { SendFailure, SendOutcome } from "../../ports/sms.ts";
import { answerUnclear, noAnswer, outcomeOfStatus } from "./status.ts";

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

// Errors that come before the request could be sent: no name, no way, nobody there, no trust.
const NOT_SENT =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|ERR_TLS_\w+|ERR_SSL_\w+)$/;

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

  const because = REFUSALS.get(refused[0]?.status ?? "");
  if (because === undefined) return answerUnclear("status not known");
  return { outcome: "failed", because, detail: `status ${refused[0]?.status}` };
}

// What the library threw. Only what certainly did not go out counts as failed.
export function readFailure(error: unknown): SendOutcome {
  if (!(error instanceof Error)) return noAnswer("no answer");
  if (error.name === "AbortError") return noAnswer("no answer in time");

  if ("response" in error) {
    const { response } = error;
    return response instanceof Response ? readStatus(response) : readAnswer(response);
  }
  const code = codeOf(error.cause);
  if (NOT_SENT.test(code)) return { outcome: "failed", because: "provider-down", detail: code };
  return noAnswer(/^[A-Z_]+$/.test(code) ? `connection broke: ${code}` : "no answer");
}

function readStatus({ status, headers }: Response): SendOutcome {
  // An answer that could not be decoded: whatever it says, the request was taken.
  if (status < 300) return answerUnclear("answer not understood");
  const outcome = outcomeOfStatus({ status, retryAfter: headers.get("retry-after") });
  return outcome ?? { outcome: "failed", because: "provider-down", detail: `http ${status}` };
}

function codeOf(cause: unknown): string {
  if (typeof cause !== "object" || cause === null || !("code" in cause)) return "";
  return typeof cause.code === "string" ? cause.code : "";
}
