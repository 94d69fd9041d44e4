// What SMTP_URL and MAIL_FROM say: where the mail server is, who we are to it, and who writes. The URL may hold a
// password: no problem that is told quotes it. It has no options: those that the library knows can switch the
// checks of TLS off.
import { type Mailbox, mailboxOf } from "./domain/mail-header.ts";
import type { CheckedEnvironment } from "./environment.ts";

export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  // TLS from the first byte (smtps); else STARTTLS.
  readonly secure: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | null;
  readonly from: Mailbox;
}

// Null without a URL, or with one that is told among the problems.
export function readSmtpSettings(
  { SMTP_URL: url, MAIL_FROM: sender }: CheckedEnvironment,
  { issuer, production }: { readonly issuer: string; readonly production: boolean },
  problems: string[],
): SmtpSettings | null {
  const from = mailboxOf(sender ?? senderOf(issuer));
  if (from === null) problems.push("MAIL_FROM: must be one address, or Name <address>");
  if (url === undefined) return null;
  if (production && sender === undefined) {
    problems.push("MAIL_FROM: is needed with SMTP_URL in production");
  }
  const server = parseSmtpUrl(url);
  if (server === null) {
    problems.push("SMTP_URL: must be smtp://HOST or smtps://HOST, without path and options");
  }
  return server && from && { ...server, from };
}

// For whoever tries it: a host that is a number with colons is in no address.
function senderOf(issuer: string): string {
  const host = URL.parse(issuer)?.hostname ?? "";
  return mailboxOf(`no-reply@${host}`)?.address ?? "no-reply@localhost";
}

// smtp://HOST or smtps://HOST, with a port and credentials or without; null for anything else.
function parseSmtpUrl(text: string): Omit<SmtpSettings, "from"> | null {
  const url = URL.parse(text);
  if (url === null || !/^smtps?:$/.test(url.protocol)) return null;
  if (url.hostname === "" || !/^\/?$/.test(url.pathname) || url.search !== "" || url.hash !== "") {
    return null;
  }
  const secure = url.protocol === "smtps:";
  const [user, pass] = [decoded(url.username), decoded(url.password)];
  if (user === null || pass === null || (user === "" && pass !== "")) return null;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (secure ? 465 : 587) : Number(url.port),
    secure,
    auth: user === "" ? null : { user, pass },
  };
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
