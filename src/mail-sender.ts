// The way out for mails, as the configuration has it.
import { createMailOutbox } from "./adapters/sms/outbox.ts";
import type { Config } from "./config.ts";
import type { RecoveryPolicy } from "./domain/recovery.ts";
import type { MailSender } from "./ports/mail.ts";

// In production a file that nobody looks at is no way to tell people anything.
export function mayMail({ smtp, production }: Config): boolean {
  return smtp !== null || !production;
}

// Null: no mail leaves this installation.
export async function mailSenderOf(config: Config): Promise<MailSender | null> {
  if (!mayMail(config)) return null;
  if (config.smtp === null) return createMailOutbox({ file: config.outboxFile });
  const { createSmtpSender } = await import("./adapters/mail/smtp.ts");
  return createSmtpSender(config.smtp);
}

// Where no mail goes out, no link does.
export function recoveryPolicyOf(config: Config): RecoveryPolicy {
  return mayMail(config) ? config.recovery : "off";
}
