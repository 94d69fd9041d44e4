// Twilio's status callbacks: forms, signed over the address and all fields with the account's token. They
// hold no time; one that is sent again says nothing that was not said before.
// https://www.twilio.com/docs/usage/security#validating-requests
import { createHmac } from "node:crypto";
import type { ReceiptRead, ReceiptReader } from "../../ports/sms-receipts.ts";
import { fieldsOf, plainReason, sameText } from "./receipt-fields.ts";

const ON_ITS_WAY = new Set(["accepted", "queued", "scheduled", "sending", "sent"]);

export function createTwilioReceipts({ authToken }: { readonly authToken: string }): ReceiptReader {
  return {
    provider: "twilio",
    read(post) {
      const fields = fieldsOf(post);
      if (fields === null) return { outcome: "malformed" };
      const signed = [...fields].toSorted(([one], [other]) => (one < other ? -1 : 1));
      const expected = createHmac("sha1", authToken)
        .update(post.url + signed.map(([name, value]) => name + value).join(""))
        .digest("base64");
      if (!sameText(post.headers["x-twilio-signature"] ?? "", expected)) {
        return { outcome: "forged" };
      }
      return readFields(fields);
    },
  };
}

function readFields(fields: ReadonlyMap<string, string>): ReceiptRead {
  const providerMessageId = fields.get("MessageSid") ?? "";
  const status = fields.get("MessageStatus") ?? "";
  if (providerMessageId === "" || providerMessageId.length > 128) return { outcome: "malformed" };
  if (ON_ITS_WAY.has(status)) return { outcome: "on-its-way" };
  const base = { provider: "twilio", providerMessageId, messageId: null };
  if (status === "delivered") {
    return { outcome: "receipt", receipt: { ...base, status, because: null } };
  }
  if (status !== "undelivered" && status !== "failed") return { outcome: "malformed" };
  const because = plainReason(fields.get("ErrorCode")) ?? status;
  return { outcome: "receipt", receipt: { ...base, status: "undelivered", because } };
}
