// Any other gateway, through a small program of its operator's: one signed POST a text. What it receives,
// how it checks the signature and what its answers mean is in docs/sms-webhook.md.
// The signature is that of Standard Webhooks: https://www.standardwebhooks.com
import { createHmac } from "node:crypto";
import { z } from "zod";
import type { SendOutcome, SmsProvider } from "../../ports/sms.ts";
import { type Attempt, sendWithRetry } from "./attempts.ts";
import { jsonOf, type PostAnswer, post } from "./post.ts";
import { answerUnclear, outcomeOfStatus } from "./status.ts";

export interface WebhookOptions {
  readonly url: string;
  readonly key: Buffer;
  readonly now: () => number;
}

const acceptedSchema = z.object({ id: z.string().max(128).nullish() });

export function createWebhook({ url, key, now }: WebhookOptions): SmsProvider {
  const attempt: Attempt = async ({ messageId: id, to, text, purpose }, milliseconds) => {
    const body = JSON.stringify({ id, to, text, purpose });
    const timestamp = String(Math.floor(now() / 1000));
    const result = await post({
      url: new URL(url),
      headers: {
        "Content-Type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": `v1,${signatureOf(`${id}.${timestamp}.${body}`, key)}`,
      },
      body,
      milliseconds,
    });
    return result.answered ? readAnswer(result.answer) : result.outcome;
  };

  return {
    name: "webhook",
    send: (message, timeoutSeconds) => sendWithRetry(attempt, message, timeoutSeconds),
  };
}

function signatureOf(content: string, key: Buffer): string {
  return createHmac("sha256", key).update(content).digest("base64");
}

function readAnswer(answer: PostAnswer): SendOutcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return readAccepted(answer);
  const detail = `http ${status}`;
  if (status === 422) return { outcome: "failed", because: "number-refused", detail };
  return outcomeOfStatus(answer) ?? answerUnclear(detail);
}

// A page in HTML may come from anybody who stands in between: only nothing, or a JSON object, is a yes.
function readAccepted(answer: PostAnswer): SendOutcome {
  if (answer.body?.trim() === "") return { outcome: "accepted", providerMessageId: null };
  const accepted = acceptedSchema.safeParse(jsonOf(answer));
  if (!accepted.success) return answerUnclear("answer not understood");
  return { outcome: "accepted", providerMessageId: accepted.data.id ?? null };
}
