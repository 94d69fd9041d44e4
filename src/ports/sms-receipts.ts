// Receipts: what a provider posts about a text that it had accepted. Anybody can post; a receipt counts only
// when it is signed, and never proves anything about a user.
import type { Receipt } from "../domain/message.ts";
import type { Instant } from "../domain/time.ts";

export interface ReceiptPost {
  // The address that it was posted to, as the provider knows it.
  readonly url: string;
  // Names in lower case.
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

export type ReceiptRead =
  | { readonly outcome: "receipt"; readonly receipt: Receipt }
  // Signed, and nothing that says how the text ended.
  | { readonly outcome: "on-its-way" }
  | { readonly outcome: "malformed" }
  // Not signed, signed by somebody else, or too long ago.
  | { readonly outcome: "forged" };

export interface ReceiptReader {
  // Named as the provider is.
  readonly provider: string;
  read(post: ReceiptPost, now: Instant): ReceiptRead;
}
