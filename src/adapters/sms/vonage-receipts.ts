// Vonage's delivery receipts. They are signed with the account's signature secret: as a JWT in the
// Authorization header (HS256, with a hash of the body), or, by the older SMS API, as a field "sig".
import { createHash, createHmac } from "node:crypto";
import type { ReceiptPost, ReceiptRead, ReceiptReader } from "../../ports/sms-receipts.ts";
import { fieldsOf, isFresh, plainReason, sameText } from "./receipt-fields.ts";

export interface VonageReceiptOptions {
  readonly apiKey: string;
  readonly signatureSecret: string;
}

const ENDS: ReadonlyMap<string, "delivered" | "undelivered"> = new Map([
  ["delivered", "delivered"],
  ["expired", "undelivered"],
  ["failed", "undelivered"],
  ["rejected", "undelivered"],
]);
const ON_ITS_WAY = new Set(["accepted", "buffered", "unknown"]);

export function createVonageReceipts(options: VonageReceiptOptions): ReceiptReader {
  return {
    provider: "vonage",
    read(post, now) {
      const fields = fieldsOf(post);
      if (!isSigned(post, fields, options, now)) return { outcome: "forged" };
      return fields === null ? { outcome: "malformed" } : readFields(fields);
    },
  };
}

function readFields(fields: ReadonlyMap<string, string>): ReceiptRead {
  const status = fields.get("status") ?? "";
  const providerMessageId = fields.get("messageId") ?? fields.get("message-id") ?? "";
  if (providerMessageId === "" || providerMessageId.length > 128) return { outcome: "malformed" };
  const end = ENDS.get(status);
  if (end === undefined) {
    return { outcome: ON_ITS_WAY.has(status) ? "on-its-way" : "malformed" };
  }
  const because = end === "delivered" ? null : plainReason(status);
  const messageId = fields.get("client-ref") ?? null;
  const receipt = { provider: "vonage", providerMessageId, messageId, status: end, because };
  return { outcome: "receipt", receipt };
}

function isSigned(
  post: ReceiptPost,
  fields: ReadonlyMap<string, string> | null,
  options: VonageReceiptOptions,
  now: number,
): boolean {
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(post.headers.authorization ?? "")?.[1];
  if (token !== undefined) return isTokenGood(token, post.body, options, now);
  return fields !== null && isFieldGood(fields, options, now);
}

// RFC 7515 and 7519, of which Vonage uses one algorithm: whoever names another one is somebody else.
function isTokenGood(
  token: string,
  body: Buffer,
  { apiKey, signatureSecret }: VonageReceiptOptions,
  now: number,
): boolean {
  const [header = "", claims = "", signature = ""] = token.split(".");
  const expected = createHmac("sha256", signatureSecret)
    .update(`${header}.${claims}`)
    .digest("base64url");
  if (!sameText(signature, expected)) return false;
  const { alg } = Object(jsonIn(header));
  const { iat, api_key: key, payload_hash: hash } = Object(jsonIn(claims));
  return (
    alg === "HS256" &&
    typeof iat === "number" &&
    isFresh(iat, now) &&
    key === apiKey &&
    typeof hash === "string" &&
    sameText(hash.toLowerCase(), createHash("sha256").update(body).digest("hex"))
  );
}

// All fields but the signature, in order of their names, with "&" and "=" in values replaced.
function isFieldGood(
  fields: ReadonlyMap<string, string>,
  { apiKey, signatureSecret }: VonageReceiptOptions,
  now: number,
): boolean {
  const signed = [...fields]
    .filter(([name]) => name !== "sig")
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `&${name}=${value.replace(/[&=]/g, "_")}`)
    .join("");
  const expected = createHmac("sha256", signatureSecret).update(signed).digest("hex");
  const key = fields.get("api-key");
  return (
    sameText((fields.get("sig") ?? "").toLowerCase(), expected) &&
    isFresh(Number(fields.get("timestamp")), now) &&
    (key === undefined || key === apiKey)
  );
}

function jsonIn(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString());
  } catch {
    return null;
  }
}
