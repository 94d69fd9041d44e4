// Receipts of the generic gateway: JSON, signed as the texts to it are (docs/sms-webhook.md).
import { createHmac } from "node:crypto";
import { z } from "zod";
import type { ReceiptPost, ReceiptReader } from "../../ports/sms-receipts.ts";
import { isFresh, plainReason, sameText } from "./receipt-fields.ts";

const receiptSchema = z.object({
  // Ours, as the text had it.
  id: z.string().min(1).max(128),
  status: z.enum(["delivered", "undelivered", "on-its-way"]),
  because: z.string().max(200).nullish(),
});

export function createWebhookReceipts({ key }: { readonly key: Buffer }): ReceiptReader {
  return {
    provider: "webhook",
    read(post, now) {
      if (!isSigned(post, key, now)) return { outcome: "forged" };
      const parsed = receiptSchema.safeParse(jsonIn(post.body));
      if (!parsed.success) return { outcome: "malformed" };
      const { id, status, because } = parsed.data;
      if (status === "on-its-way") return { outcome: "on-its-way" };
      const reason = status === "delivered" ? null : plainReason(because ?? status);
      const ids = { providerMessageId: id, messageId: id };
      return {
        outcome: "receipt",
        receipt: { provider: "webhook", ...ids, status, because: reason },
      };
    },
  };
}

// https://www.standardwebhooks.com: several signatures may be given, while a key is being changed.
function isSigned({ headers, body }: ReceiptPost, key: Buffer, now: number): boolean {
  const [id, timestamp] = [headers["webhook-id"] ?? "", headers["webhook-timestamp"] ?? ""];
  const expected = createHmac("sha256", key)
    .update(`${id}.${timestamp}.`)
    .update(body)
    .digest("base64");
  const given = (headers["webhook-signature"] ?? "").split(" ").slice(0, 8);
  const matches = given.filter((each) => sameText(each, `v1,${expected}`)).length > 0;
  return matches && /^\d+$/.test(timestamp) && isFresh(Number(timestamp), now);
}

function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return null;
  }
}
