// Mail through an SMTP server, one connection a mail: they are few. Nothing of a mail is logged here, and what
// the server says is not passed on, for it may quote an address.
import { createTransport } from "nodemailer";
import type { Mailbox } from "../../domain/mail-header.ts";
import type { ComposedMail, MailOutcome, MailSender } from "../../ports/mail.ts";

export interface SmtpOptions {
  readonly host: string;
  readonly port: number;
  // TLS from the first byte; else STARTTLS.
  readonly secure: boolean;
  // Plain text, on this very machine alone.
  readonly plain: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | null;
  readonly from: Mailbox;
}

export function createSmtpSender(options: SmtpOptions): MailSender {
  const { host, from } = options;
  return {
    name: `smtp ${host}`,
    send: (mail, timeoutSeconds) =>
      deliver(() =>
        createSmtpTransport(options, timeoutSeconds).sendMail(
          messageOf(mail, from, timeoutSeconds),
        ),
      ),
  };
}

function createSmtpTransport(options: SmtpOptions, timeoutSeconds: number) {
  const { host, port, secure, plain, auth } = options;
  const timeout = timeoutSeconds * 1000;
  return createTransport({
    host,
    port,
    secure,
    // A server, or somebody in between, that offers no TLS gets no mail.
    requireTLS: !secure && !plain,
    ignoreTLS: plain,
    ...(auth && { auth: { ...auth } }),
    tls: { minVersion: "TLSv1.2" },
    dnsTimeout: timeout,
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    logger: false,
  });
}

// Everything by fields; an address is never read out of a text with other things in it.
function messageOf(mail: ComposedMail, from: Mailbox, timeoutSeconds: number) {
  return {
    envelope: { from: from.address, to: [mail.to] },
    from: { ...from },
    to: { name: "", address: mail.to },
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    date: new Date(mail.date),
    // The same on every attempt, so that a mailbox that got it already can tell.
    messageId: `<${mail.id}@${from.address.split("@")[1]}>`,
    headers: {
      "Content-Language": mail.language,
      // No answers from holidays (RFC 3834, 5).
      "Auto-Submitted": "auto-generated",
    },
    disableFileAccess: true,
    disableUrlAccess: true,
    // Over all: a server that says a little every second would get around the other timeouts.
    signal: AbortSignal.timeout(timeoutSeconds * 1000),
  };
}

async function deliver(send: () => Promise<unknown>): Promise<MailOutcome> {
  try {
    await send();
    return { outcome: "accepted" };
  } catch (error) {
    const code = textIn(error, "code") ?? "failed";
    const answer = numberIn(error, "responseCode");
    const detail = answer === null ? code : `${code} ${answer}`;
    // For good (RFC 5321, 4.2.1), and about this mail: a wrong password for the server is put right later.
    const isRefused = answer !== null && answer >= 500 && /^(?:EENVELOPE|EMESSAGE)$/.test(code);
    return { outcome: isRefused ? "refused" : "failed", detail };
  }
}

function textIn(error: unknown, name: string): string | null {
  const value: unknown = error instanceof Error ? Reflect.get(error, name) : null;
  return typeof value === "string" ? value : null;
}

function numberIn(error: unknown, name: string): number | null {
  const value: unknown = error instanceof Error ? Reflect.get(error, name) : null;
  return typeof value === "number" ? value : null;
}
