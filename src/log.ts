// One JSON line an event, on standard output. Fields that hold something private are redacted by
// their names, whoever logs them; nothing else may be logged of a request than what http/server.ts says.
import pino from "pino";
import type { Limits } from "./domain/limits.ts";

export type Logger = Pick<pino.Logger, "debug" | "info" | "warn" | "error">;

const PRIVATE_FIELDS = [
  "password",
  "code",
  "secret",
  "client_secret",
  "token",
  "access_token",
  "refresh_token",
  "id_token",
  "cookie",
  "authorization",
  "phone",
  "number",
  "text",
  "to",
];

// A logger of the given level. Line breaks and control characters in values are escaped by JSON.
export function createLogger(level: string, limits: Pick<Limits, "logQueueBytesMax">): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: PRIVATE_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: "[redacted]" },
    serializers: { err: errorForLog },
  };
  return pino(options, boundedOutput(process.stdout, limits.logQueueBytesMax));
}

// A pipe that nobody reads fills up. pino's own output then holds up the event loop, a stream keeps everything: this
// keeps so much and no more, and says how many lines are missing once somebody reads again.
function boundedOutput(output: NodeJS.WriteStream, bytesMax: number): pino.DestinationStream {
  let dropped = 0;
  output.on("drain", () => {
    if (dropped === 0) return;
    const time = new Date().toISOString();
    const line = { level: "warn", time, event: "log-lines-dropped", count: dropped };
    dropped = 0;
    output.write(`${JSON.stringify(line)}\n`);
  });
  // Whoever read the pipe is gone. That is no reason to stop serving.
  output.on("error", () => {});
  return {
    write(line) {
      if (!output.writable || output.writableLength > bytesMax) dropped++;
      else output.write(line);
    },
  };
}

// An error's own message may quote input; its stack is enough to find it, without its cause's data.
function errorForLog(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const cause = error.cause instanceof Error ? { cause: errorForLog(error.cause) } : {};
  return { type: error.name, message: error.message, stack: error.stack, ...cause };
}
