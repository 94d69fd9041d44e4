// Requests that the standards let an application make by POST as well (OpenID Connect Core, 3.1.2.1;
// RP-Initiated Logout, 2). Our cookies do not come along with a post from another site, so the browser
// is sent on to the same request by GET, where they do.
import { bodyParser } from "@koa/bodyparser";
import type { Middleware } from "koa";
import { AppError } from "./errors.ts";

const PATHS = new Set(["/auth", "/session/end"]);
const BODY_MAX = "56kb";

export function postToGet(base: string): Middleware {
  const parse = bodyParser({ enableTypes: ["form"], formLimit: BODY_MAX });
  return async (ctx, next) => {
    if (ctx.method !== "POST" || !PATHS.has(ctx.path)) return next();
    if (!ctx.is("application/x-www-form-urlencoded")) {
      throw new AppError("unsupported-type", "not a form");
    }
    await parse(ctx, async () => {});
    ctx.status = 303;
    ctx.redirect(`${base}${ctx.path}?${ctx.request.rawBody}`);
  };
}
