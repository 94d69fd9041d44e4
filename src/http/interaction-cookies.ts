// What binds an interaction to the browser that began it. The engine's cookies are bound to paths, so that a sibling
// host could plant them; this one has __Host- with https, which no other host can set (RFC 6265bis, 4.1.3.2). Its value
// is a keyed digest of the interaction's uid: nothing has to be stored. One for each interaction, since tabs begin at
// the same time.
import type { Context } from "koa";
import type { Limits } from "../domain/limits.ts";
import type { BegunInteractions } from "../oidc/begun-interactions.ts";
import type { Csrf } from "./csrf.ts";

const PREFIX = "latchkey_begun_";

export function createInteractionCookies(
  csrf: Csrf,
  limits: Pick<Limits, "interactionLifeSeconds" | "interactionsPerBrowser">,
): BegunInteractions {
  const maxAge = limits.interactionLifeSeconds * 1000;
  return {
    begin(ctx, uid) {
      // Browsers send the oldest first (RFC 6265, 5.4). Too many would be too large a header.
      const [kept, begun] = [limits.interactionsPerBrowser - 1, begunCookies(ctx)];
      for (const [name] of begun.slice(0, Math.max(0, begun.length - kept))) expire(ctx, name);
      setCookie(ctx, nameOf(ctx, uid), csrf.tokenFor(purposeOf(uid)), { maxAge });
    },
    isBegunHere: (ctx, uid) =>
      begunCookies(ctx).some(
        ([name, value]) => name === nameOf(ctx, uid) && csrf.matches(value, purposeOf(uid)),
      ),
    end: (ctx, uid) => expire(ctx, nameOf(ctx, uid)),
  };
}

// Read here, since Koa's cookies keep an expression for every name that they were ever asked for.
function begunCookies(ctx: Context): (readonly [name: string, value: string])[] {
  return ctx
    .get("Cookie")
    .split(";")
    .map((cookie) => {
      const [name = "", ...value] = cookie.trim().split("=");
      return [name, value.join("=")] as const;
    })
    .filter(([name]) => name.startsWith(nameOf(ctx, "")));
}

function expire(ctx: Context, name: string): void {
  setCookie(ctx, name, null, {});
}

function setCookie(
  ctx: Context,
  name: string,
  value: string | null,
  life: { readonly maxAge?: number },
): void {
  const options = { signed: false, httpOnly: true, sameSite: "lax", path: "/", ...life } as const;
  ctx.cookies.set(name, value, options);
}

// Koa makes it Secure with https.
function nameOf(ctx: Context, uid: string): string {
  return `${ctx.secure ? "__Host-" : ""}${PREFIX}${uid}`;
}

// Not the token of the interaction's forms.
function purposeOf(uid: string): string {
  return `begun:${uid}`;
}
