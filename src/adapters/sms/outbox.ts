// The outbox: a file instead of a network, one JSON line a text, for development, tests and the demo.
// It holds codes in the clear, so it is its owner's alone, and production refuses it.
import { open } from "node:fs/promises";
import { z } from "zod";
import type { SendOutcome, SmsProvider, TextMessage } from "../../ports/sms.ts";

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

export function createOutbox(options: {
  readonly file: string;
  readonly now?: () => number;
}): SmsProvider {
  const now = options.now ?? Date.now;
  return {
    name: "outbox",
    send: (message) => append(options.file, message, now()),
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

async function append(file: string, message: TextMessage, now: number): Promise<SendOutcome> {
  const { to, purpose, text } = message;
  const at = new Date(now).toISOString();
  const line = JSON.stringify({ at, channel: "sms", to, purpose, text } satisfies OutboxLine);
  try {
    // O_APPEND and one write: lines of several processes do not mix.
    const handle = await open(file, "a", 0o600);
    try {
      await handle.chmod(0o600);
      await handle.appendFile(`${line}\n`);
    } finally {
      await handle.close();
    }
    return { outcome: "accepted", providerMessageId: null };
  } catch (error) {
    return { outcome: "failed", because: "provider-down", detail: `outbox ${codeOf(error)}` };
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
