// The pages for who has forgotten the password: asking for a link, and where the link leads. They are in no sign-in,
// and lead into none.
import Router from "@koa/router";
import type { Context } from "koa";
import type { PasswordRefusal } from "../domain/password.ts";
import { type Instant, secondsUntil } from "../domain/time.ts";
import {
  isRecoveryOpen,
  newPasswordLengthMin,
  type OpenedLink,
  recoverAccount,
} from "../flow/recover-account.ts";
import { requestRecovery } from "../flow/request-recovery.ts";
import { formField } from "./form.ts";
import { ownFormToken, requireOwnForm } from "./form-cookie.ts";
import type { Message } from "./language.ts";
import { recoveryPath } from "./mailed-links.ts";
import type { PageModels } from "./page-models.ts";
import type { NewPasswordModel, RecoveryModel } from "./recovery-models.ts";
import { frameOf, languageOf, type Web } from "./web.ts";

// The routes below /recovery; none where no link can be had.
export function recoveryRoutes(web: Web): Router {
  const router = new Router({ sensitive: true });
  if (web.flow.recovery === "off") return router;
  router.get("/recovery", (ctx) => drawRequest(web, ctx, 200, { login: "", error: null }));
  router.post("/recovery", (ctx) => postRequest(web, ctx));
  router.get("/recovery/sent", (ctx) => showRequested(web, ctx));
  router.get("/recovery/done", (ctx) => draw(web, ctx, 200, "recovered", {}));
  router.get("/recovery/:user/:link", (ctx) => showNewPassword(web, ctx));
  router.post("/recovery/:user/:link", (ctx) => postNewPassword(web, ctx));
  return router;
}

async function postRequest(web: Web, ctx: Context): Promise<void> {
  requireOwnForm(web, ctx);
  const login = formField(ctx, "login") ?? "";
  const { tag: language } = languageOf(web, ctx, null);
  const result = await requestRecovery(web.flow, { login, address: ctx.ip, language });
  switch (result.outcome) {
    case "requested":
      return leadTo(web, ctx, "sent");
    case "malformed":
      return drawRequest(web, ctx, 422, {
        login,
        error: about<"login">("login", "problem.login-missing"),
      });
    case "limited": {
      const { retryAt } = result;
      ctx.set("Retry-After", String(secondsUntil(retryAt, web.flow.now())));
      const error = about<"login">(null, "problem.too-many-recoveries");
      return drawRequest(web, ctx, 429, { login, error, retryAt });
    }
  }
}

// The same whoever asked, and whatever comes of it.
function showRequested(web: Web, ctx: Context): void {
  const lifeMinutes = Math.ceil(web.flow.limits.recoveryLinkLifeSeconds / 60);
  draw(web, ctx, 200, "recovery-requested", { lifeMinutes });
}

// It looks whether the link is right, and changes nothing: mail scanners and previews open links too.
async function showNewPassword(web: Web, ctx: Context): Promise<void> {
  hideToken(ctx);
  const { token } = ctx.query;
  const link = linkOf(ctx, typeof token === "string" ? token : "");
  if (!(await isRecoveryOpen(web.flow, link))) return drawOver(web, ctx);
  await drawNewPassword(web, ctx, 200, link, null);
}

async function postNewPassword(web: Web, ctx: Context): Promise<void> {
  hideToken(ctx);
  requireOwnForm(web, ctx);
  const link = linkOf(ctx, formField(ctx, "token") ?? "");
  const { tag: language } = languageOf(web, ctx, null);
  const password = formField(ctx, "password") ?? "";
  const result = await recoverAccount(web.flow, link, { password, language });
  switch (result.outcome) {
    case "recovered":
      return leadTo(web, ctx, "done");
    case "password-missing":
      return drawNewPassword(
        web,
        ctx,
        422,
        link,
        about<"password">("password", "problem.password-missing"),
      );
    case "password-refused":
      return drawNewPassword(
        web,
        ctx,
        422,
        link,
        about<"password">("password", REFUSALS[result.because]),
      );
    case "over":
      return drawOver(web, ctx);
  }
}

const REFUSALS = {
  "too-short": "problem.new-password-too-short",
  "too-long": "problem.new-password-too-long",
  blocklisted: "problem.new-password-blocklisted",
  "contains-login": "problem.new-password-contains-login",
} as const satisfies Record<PasswordRefusal, Message["key"]>;

// What was typed is not posted once more when somebody reloads what came of it.
function leadTo(web: Web, ctx: Context, page: "sent" | "done"): void {
  ctx.status = 303;
  ctx.redirect(`${web.base}/recovery/${page}`);
}

// The address of the page holds the token, and nothing that it fetches or leads to is to learn of it. Browsers would
// say "Origin: null" of its form if it sent no referrer at all.
function hideToken(ctx: Context): void {
  ctx.set("Referrer-Policy", "strict-origin");
}

function linkOf(ctx: Context, token: string): OpenedLink {
  return { userId: String(ctx.params.user), id: String(ctx.params.link), token };
}

function about<Field extends "login" | "password">(
  field: Field | null,
  key:
    | "problem.login-missing"
    | "problem.password-missing"
    | "problem.too-many-recoveries"
    | (typeof REFUSALS)[PasswordRefusal],
): { readonly field: Field | null; readonly message: Message } {
  return { field, message: { key } };
}

function drawRequest(
  web: Web,
  ctx: Context,
  status: number,
  given: Pick<RecoveryModel, "error"> & { readonly login: string; readonly retryAt?: Instant },
): void {
  const { login, error, retryAt = null } = given;
  draw(web, ctx, status, "recovery", {
    csrf: ownFormToken(web, ctx),
    action: `${web.base}/recovery`,
    login: login.slice(0, 256),
    error,
    retryAt,
  });
}

async function drawNewPassword(
  web: Web,
  ctx: Context,
  status: number,
  link: OpenedLink,
  error: NewPasswordModel["error"],
): Promise<void> {
  draw(web, ctx, status, "new-password", {
    csrf: ownFormToken(web, ctx),
    action: `${web.base}${recoveryPath(link.userId, link.id)}`,
    token: link.token,
    lengthMin: await newPasswordLengthMin(web.flow),
    error,
    retryAt: null,
  });
}

// One answer for every link that does not work, whatever the reason.
function drawOver(web: Web, ctx: Context): void {
  draw(web, ctx, 410, "recovery-over", { href: `${web.base}/recovery` });
}

type OwnPage = "recovery" | "recovery-requested" | "new-password" | "recovered" | "recovery-over";

function draw<Page extends OwnPage>(
  web: Web,
  ctx: Context,
  status: number,
  page: Page,
  model: Omit<PageModels[Page], "frame">,
): void {
  const whole = { ...model, frame: frameOf(web, null) } as PageModels[Page];
  ctx.status = status;
  ctx.type = "html";
  ctx.body = web.view.render(page, whole, languageOf(web, ctx, null));
}
