// The outbox: a file instead of a network, one JSON line a text or a mail, for development, tests and the
// demo. It holds codes in the clear, so it is its owner's alone, and production refuses it.
import { open } from "node:fs/promises";
import { z } from "zod";
import type { MailSender } from "../../ports/mail.ts";
import type { SmsProvider } from "../../ports/sms.ts";

// A line as it is read: mails share the file, and have a subject.
const lineSchema = z.object({
  at: z.string(),
  channel: z.enum(["sms", "mail"]),
  to: z.string(),
  purpose: z.string(),
  subject: z.string().optional(),
  text: z.string(),
});

export type OutboxLine = Readonly<z.infer<typeof lineSchema>>;

// How much of the file is read for a line; a text is far shorter, a mail may come near it.
const LINE_BYTES = 16_384;

interface OutboxOptions {
  readonly file: string;
  readonly now?: () => number;
}

export function createOutbox({ file, now = Date.now }: OutboxOptions): SmsProvider {
  return {
    name: "outbox",
    async send({ to, purpose, text }) {
      const at = new Date(now()).toISOString();
      const failure = await append(file, { at, channel: "sms", to, purpose, text });
      if (failure === null) return { outcome: "accepted", providerMessageId: null };
      return { outcome: "failed", because: "provider-down", detail: failure };
    },
  };
}

// The same file for mails, as the text that they hold beside their HTML.
export function createMailOutbox({ file, now = Date.now }: OutboxOptions): MailSender {
  return {
    name: "outbox",
    async send({ to, purpose, subject, text }) {
      const at = new Date(now()).toISOString();
      const failure = await append(file, { at, channel: "mail", to, purpose, subject, text });
      return failure === null ? { outcome: "accepted" } : { outcome: "failed", detail: failure };
    },
  };
}

// The last lines, oldest first. A line that is still being written, or is none of ours, is left out.
export async function readOutbox(
  file: string,
  options: { readonly limit: number },
): Promise<OutboxLine[]> {
  const text = await readTail(file, options.limit * LINE_BYTES);
  const lines = text.split("\n").flatMap(parseLine);
  return options.limit === 0 ? [] : lines.slice(-options.limit);
}

// What went wrong; null: nothing.
async function append(file: string, line: OutboxLine): Promise<string | null> {
  try {
    // O_APPEND and one write: lines of several processes do not mix.
    const handle = await open(file, "a", 0o600);
    try {
      await handle.chmod(0o600);
      await handle.appendFile(`${JSON.stringify(line)}\n`);
    } finally {
      await handle.close();
    }
    return null;
  } catch (error) {
    return `outbox ${codeOf(error)}`;
  }
}

async function readTail(file: string, bytesMax: number): Promise<string> {
  const handle = await open(file, "r").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  });
  if (handle === null) return "";
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, bytesMax);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function parseLine(line: string): OutboxLine[] {
  try {
    const parsed = lineSchema.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}

// The code of a system error alone: its message names the path.
function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) return "failed";
  return String(error.code);
}
