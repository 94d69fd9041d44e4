// One JSON line an event, on standard output. Fields that hold something private are redacted by
// their names, whoever logs them; nothing else may be logged of a request than what http/server.ts says.
import pino from "pino";

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
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: PRIVATE_FIELDS.flatMap((name) => [name, `*.${name}`]), censor: "[redacted]" },
    serializers: { err: errorForLog },
  });
}

// An error's own message may quote input; its stack is enough to find it, without its cause's data.
function errorForLog(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const cause = error.cause instanceof Error ? { cause: errorForLog(error.cause) } : {};
  return { type: error.name, message: error.message, stack: error.stack, ...cause };
}
