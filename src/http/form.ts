// Forms: one media type, a small body, text fields that occur once. Whoever posts from another site is
// refused before anything else is looked at.
import { bodyParser } from "@koa/bodyparser";
import type { Context, Middleware } from "koa";
import { AppError } from "./errors.ts";

const BODY_MAX = "16kb";

// Reads the body of a POST of our own forms.
export function readForms(issuer: string): Middleware {
  const { origin } = new URL(issuer);
  const parse = bodyParser({ enableTypes: ["form"], formLimit: BODY_MAX });
  return async (ctx, next) => {
    if (ctx.method !== "POST") return next();
    if (!ctx.is("application/x-www-form-urlencoded")) {
      throw new AppError("unsupported-type", "not a form");
    }
    await parse(ctx, async () => {});
    if (isForeign(ctx, origin)) throw new AppError("foreign-form", "posted from another origin");
    // What belongs into a form must not stand in an address, where logs and histories keep it.
    if (ctx.querystring !== "") throw new AppError("unexpected-query", "a query on a form post");
    return next();
  };
}

// One field's text; undefined when it is missing, twice, or nested.
export function formField(ctx: Context, name: string): string | undefined {
  const body: unknown = ctx.request.body;
  if (typeof body !== "object" || body === null || !Object.hasOwn(body, name)) return undefined;
  const value: unknown = Reflect.get(body, name);
  return typeof value === "string" ? value : undefined;
}

// Browsers say where a post comes from; a client that says nothing is none that could be tricked.
function isForeign(ctx: Context, origin: string): boolean {
  const said = ctx.get("Origin");
  if (said !== "" && said !== origin) return true;
  const site = ctx.get("Sec-Fetch-Site");
  return site === "cross-site" || site === "same-site";
}
