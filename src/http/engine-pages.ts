// The engine's pages, drawn as ours: its errors, the two of signing out, and the forms that submit
// themselves, which it has no setting for.
import type { Context, Middleware, Next } from "koa";
import type { KoaContextWithOIDC } from "oidc-provider";
import { requestAgainOf } from "../oidc/engine-record.ts";
import type { EngineEvents } from "../oidc/events.ts";
import { InteractionNotEnded } from "../oidc/interaction-not-ended.ts";
import type { EnginePages } from "../oidc/provider.ts";
import { SessionChanged } from "../oidc/session-changed.ts";
import { UnavailableError } from "../ports/errors.ts";
import { createDevicePages } from "./device-pages.ts";
import { ANSWERS, AppError, respondWith } from "./errors.ts";
import { interactionPath } from "./interaction-gate.ts";
import type { ErrorModel, FormField, SubmitFormModel } from "./page-models.ts";
import { letFormsLeadOn } from "./security-headers.ts";
import { frameOf, languageOf, type Web } from "./web.ts";

// The pages that the engine's configuration asks for.
export function createEnginePages(web: Web): EnginePages {
  return {
    ...createDevicePages(web),
    error(ctx, out, cause) {
      // The browser came back to a sign-in that is over: not the application's mistake.
      const lost = cause.name === "SessionNotFound";
      if (lost) ctx.status = 404;
      const answer = lost ? ANSWERS["interaction-lost"] : oauthAnswer(ctx.status);
      const detail = { error: out.error, error_description: out.error_description ?? null };
      const model: ErrorModel = {
        frame: frameOf(web, null),
        ...answer,
        status: ctx.status,
        detail: lost ? null : detail,
        back: null,
        retryAfterSeconds: null,
      };
      draw(ctx, web.view.render("error", model, languageOf(web, ctx, null)));
    },
    logout(ctx, engineForm) {
      if (stringParam(ctx, "post_logout_redirect_uri") !== undefined) letFormsLeadOn(ctx);
      const model = { frame: frameOf(web, null), engineForm };
      const language = languageOf(web, ctx, stringParam(ctx, "ui_locales") ?? null);
      draw(ctx, web.view.render("logout", model, language));
    },
    loggedOut(ctx) {
      const model = { frame: frameOf(web, null), back: null };
      draw(ctx, web.view.render("logged-out", model, languageOf(web, ctx, null)));
    },
  };
}

// What the engine tells, for the log. A failure that it could not foresee is remembered for runEngine: the engine has
// turned it into an answer of its own.
export function createEngineEvents({ log }: Pick<Web, "log">): EngineEvents {
  return {
    happened: (event) => log.info(event),
    failed(error, ctx) {
      ctx.state.engineFailure = error;
      if (isForeseen(error)) return;
      log.error({ event: "engine-failed", route: ctx.oidc.route, err: error });
    },
  };
}

// Runs the engine, and puts right what it answers where it knows no better.
export function runEngine(web: Web): Middleware {
  return async (ctx: Context, next: Next) => {
    await web.engine().handle(ctx, next);
    const failure: unknown = ctx.state.engineFailure;
    if (failure instanceof SessionChanged) {
      ctx.remove("Location");
      respondWith(web, ctx, new AppError("session-changed", failure.message), again(web, failure));
      return;
    }
    if (failure instanceof InteractionNotEnded) {
      ctx.status = 303;
      ctx.redirect(interactionPath(web, failure.uid));
      return;
    }
    if (failure instanceof UnavailableError || failure instanceof AppError) {
      ctx.remove("Location");
      respondWith(web, ctx, failure);
      return;
    }
    redrawForm(web, ctx);
  };
}

// What is answered in its own way, and is no fault of ours.
function isForeseen(error: unknown): boolean {
  return (
    error instanceof AppError ||
    error instanceof InteractionNotEnded ||
    error instanceof SessionChanged ||
    error instanceof UnavailableError
  );
}

// To the same request as whoever signs in now: nobody gets there by a session that happens to be there.
function again(web: Web, { record }: SessionChanged): ErrorModel["back"] {
  const params = requestAgainOf(record);
  const label = { key: "failure.session-changed-again" } as const;
  return params === null ? null : { href: `${web.base}/auth?${params}`, label };
}

function oauthAnswer(status: number): Pick<ErrorModel, "title" | "sentence"> {
  if (status >= 500) return ANSWERS.internal;
  return {
    title: { key: "failure.oauth-title" },
    sentence: { key: "failure.oauth" },
  };
}

// A form that submits itself: the answer of response_mode=form_post, and the step that signs somebody
// else out before a new user comes in. Recognized by what the engine's own page looks like.
function redrawForm(web: Web, ctx: Context): void {
  const { body } = ctx;
  if (typeof body !== "string" || !body.includes("<title>Submitting Callback</title>")) return;
  const action = /<form method="post" action="([^"]*)">/.exec(body)?.[1];
  if (action === undefined) throw new Error("the engine's form has another look");

  const inputs = body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"\/>/g);
  const fields: FormField[] = [...inputs].map(([, name = "", value = ""]) => {
    return { name: unescapeHtml(name), value: unescapeHtml(value) };
  });
  const model: SubmitFormModel = {
    frame: frameOf(web, null),
    kind: formKindOf(ctx),
    action: unescapeHtml(action),
    fields,
  };
  letFormsLeadOn(ctx);
  ctx.body = web.view.render("submit-form", model, languageOf(web, ctx, null));
}

function formKindOf(ctx: Context): SubmitFormModel["kind"] {
  switch (ctx._matchedRouteName) {
    case "end_session":
      return "sign-out";
    case "resume":
      return isSwitch(ctx) ? "switch-user" : "form-post";
    default:
      return "form-post";
  }
}

// Only signing somebody out posts to us; an answer goes to the application.
function isSwitch(ctx: Context): boolean {
  return typeof ctx.body === "string" && ctx.body.includes('/session/end/confirm"');
}

function unescapeHtml(text: string): string {
  const characters: Record<string, string> = {
    "&amp;": "&",
    "&lt;": "<",
    "&gt;": ">",
    "&quot;": '"',
    "&#39;": "'",
    "&#x27;": "'",
  };
  return text.replace(/&(?:amp|lt|gt|quot|#39|#x27);/g, (entity) => characters[entity] ?? entity);
}

function stringParam(ctx: KoaContextWithOIDC, name: string): string | undefined {
  const value = ctx.oidc.params?.[name];
  return typeof value === "string" ? value : undefined;
}

function draw(ctx: Context, html: string): void {
  ctx.type = "html";
  ctx.body = html;
}
