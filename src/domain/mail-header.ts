// What may stand in a mail's header: an address that is one address, and a line that is one line. Both are
// types of their own, so that nothing else gets there.
import { checkEmail } from "./login-name.ts";

declare const kind: unique symbol;

// One mailbox, without a name, quotes, comments or anything that a header would read as more.
export type MailAddress = string & { readonly [kind]: "address" };

// Without line breaks and other control characters.
export type HeaderLine = string & { readonly [kind]: "line" };

export interface Mailbox {
  readonly name: HeaderLine;
  readonly address: MailAddress;
}

const LINE_MAX = 200;

// Null for what is not one address.
export function mailAddressOf(text: string): MailAddress | null {
  const checked = checkEmail(text);
  return checked.outcome === "ok" ? (checked.email as MailAddress) : null;
}

// The text on one line: what breaks, hides or turns it around becomes a space.
export function headerLineOf(text: string): HeaderLine {
  const line = text.toWellFormed().replace(/[\p{C}\p{Z}]+/gu, " ");
  return [...line.trim()].slice(0, LINE_MAX).join("") as HeaderLine;
}

// `address` or `Name <address>`; null for anything else.
export function mailboxOf(text: string): Mailbox | null {
  if (text.length > 2 * LINE_MAX + 512) return null;
  const named = /^([^<>"]*)<([^<>]*)>$/.exec(text.trim());
  const address = mailAddressOf(named?.[2] ?? text);
  return address && { name: headerLineOf(named?.[1] ?? ""), address };
}
