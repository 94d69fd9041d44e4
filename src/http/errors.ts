// What cannot go on: a closed list, one place that answers. The log learns the truth; the browser learns
// one sentence.
import type { Context, Middleware } from "koa";
import type { Logger } from "../log.ts";
import { UnavailableError } from "../ports/errors.ts";
import type { Message } from "./language.ts";
import type { ErrorModel } from "./page-models.ts";
import { frameOf, languageOf, type Web } from "./web.ts";

export type ErrorCode =
  | "bad-request"
  | "foreign-form"
  | "internal"
  | "interaction-lost"
  | "link-elsewhere"
  | "method-not-allowed"
  | "misdirected"
  | "not-found"
  | "session-changed"
  | "too-large"
  | "too-many"
  | "unavailable"
  | "unexpected-query"
  | "unsupported-type"
  | "wrong-step";

interface Answer {
  readonly status: number;
  readonly title: Message;
  readonly sentence: Message;
}

const answer = <Name extends string>(status: number, name: Name) =>
  ({
    status,
    title: { key: `failure.${name}-title` },
    sentence: { key: `failure.${name}` },
  }) as const;

export const ANSWERS: Record<ErrorCode, Answer> = {
  "bad-request": answer(400, "bad-request"),
  "foreign-form": answer(403, "foreign-form"),
  internal: answer(500, "internal"),
  "interaction-lost": answer(404, "interaction-lost"),
  "link-elsewhere": answer(404, "link-elsewhere"),
  "method-not-allowed": answer(405, "method-not-allowed"),
  misdirected: answer(421, "misdirected"),
  "not-found": answer(404, "not-found"),
  "session-changed": answer(409, "session-changed"),
  "too-large": answer(413, "too-large"),
  "too-many": answer(429, "too-many"),
  unavailable: answer(503, "unavailable"),
  "unexpected-query": answer(422, "bad-request"),
  "unsupported-type": answer(415, "unsupported-type"),
  "wrong-step": answer(409, "wrong-step"),
};

export class AppError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterSeconds: number | null;

  // `detail` is for the log; the browser only ever sees the sentence above.
  constructor(
    code: ErrorCode,
    detail: string,
    options: { cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }
}

// Turns every error of what comes after it into a page, or into JSON for who wants that.
export function answerErrors(web: Web): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.body != null) return;
      if (ctx.status === 404) throw new AppError("not-found", "no such page");
      if (ctx.status === 405 || ctx.status === 501) {
        throw new AppError("method-not-allowed", "a method that is not for this address");
      }
    } catch (error) {
      respondWith(web, ctx, error);
    }
  };
}

// Answers with an error, whatever was going to be answered before.
export function respondWith(
  web: Web,
  ctx: Context,
  error: unknown,
  back: ErrorModel["back"] = null,
): void {
  const code = error === ctx.req.errored ? "bad-request" : codeOf(error);
  logError(web.log, ctx, code, error);
  const waits = error instanceof UnavailableError || error instanceof AppError;
  const retryAfterSeconds = waits ? error.retryAfterSeconds : null;
  const { status, title, sentence } = ANSWERS[code];
  ctx.status = status;
  ctx.set("Cache-Control", "no-store");
  if (retryAfterSeconds !== null) ctx.set("Retry-After", String(retryAfterSeconds));
  if (ctx.accepts("html", "json") === "json") {
    ctx.body = { error: retryAfterSeconds !== null ? "temporarily_unavailable" : code };
    return;
  }
  ctx.type = "html";
  ctx.body = web.view.render(
    "error",
    {
      frame: frameOf(web, null),
      status,
      title,
      sentence,
      detail: null,
      back: code === "misdirected" ? linkToIssuer(web.issuer) : back,
      retryAfterSeconds,
    },
    languageOf(web, ctx, null),
  );
}

// Somebody who came by another name of this machine, or by an old one.
function linkToIssuer(issuer: string): ErrorModel["back"] {
  return { href: issuer, label: { key: "failure.misdirected-link", params: { issuer } } };
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof AppError) return error.code;
  if (error instanceof UnavailableError) return "unavailable";
  // Koa's parsers and routers throw errors with a status (http-errors).
  const status = error instanceof Error && "status" in error ? error.status : 500;
  switch (status) {
    case 400:
      return "bad-request";
    case 404:
      return "not-found";
    case 405:
    case 501:
      return "method-not-allowed";
    case 413:
      return "too-large";
    case 415:
      return "unsupported-type";
    default:
      return "internal";
  }
}

// Refusals are ordinary life; what nobody foresaw is not. Paths can hold the id of an interaction, which
// is a secret, so only the route is told.
function logError(log: Logger, ctx: Context, code: ErrorCode, error: unknown): void {
  const event = {
    event: "request-failed",
    failure: code,
    route: ctx._matchedRoute,
    method: ctx.method,
  };
  if (code === "internal") log.error({ ...event, err: error });
  else if (code === "unavailable") log.error({ ...event, because: messageOf(error) });
  else log.info({ ...event, because: messageOf(error) });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown";
}
