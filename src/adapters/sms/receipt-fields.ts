// What the receipts of all providers have in common.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { ReceiptPost } from "../../ports/sms-receipts.ts";

// How far a receipt's own time may be from ours. What is older may have been recorded and sent again.
const AGE_SECONDS_MAX = 300;

export function isFresh(seconds: number, nowMs: number): boolean {
  return Math.abs(nowMs / 1000 - seconds) <= AGE_SECONDS_MAX;
}

// In constant time, whatever their lengths.
export function sameText(one: string, other: string): boolean {
  const digest = (text: string) => createHmac("sha256", "compare").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

// The fields of a form or of a flat JSON object, as texts; null: it is neither.
export function fieldsOf({ headers, body }: ReceiptPost): Map<string, string> | null {
  const text = body.toString();
  if (/^application\/x-www-form-urlencoded\b/i.test(headers["content-type"] ?? "")) {
    return new Map(new URLSearchParams(text));
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    return new Map(
      Object.entries(value).flatMap(([name, each]) =>
        typeof each === "string" || typeof each === "number" ? [[name, String(each)]] : [],
      ),
    );
  } catch {
    return null;
  }
}

// A reason as it may be stored and shown: short, and of plain characters.
export function plainReason(reason: string | undefined): string | null {
  const plain = (reason ?? "").replace(/[^\w.-]+/g, "-").slice(0, 40);
  return plain === "" ? null : plain;
}
