// The headers of every answer, and the content security policy of its pages.
import type { Context, Middleware } from "koa";
import helmet from "koa-helmet";

// Headers for everything; a strict policy to begin with, which a page may widen for its own forms.
export function securityHeaders(options: { readonly https: boolean }): Middleware {
  const set = helmet({
    contentSecurityPolicy: false,
    // Sign-in windows that an application opened must be able to answer it.
    crossOriginOpenerPolicy: false,
    // Keys and discovery are for everybody.
    crossOriginResourcePolicy: false,
    hsts: options.https ? { maxAge: 31_536_000 } : false,
    // With no-referrer, browsers send "Origin: null" with our own forms.
    referrerPolicy: { policy: "same-origin" },
    xFrameOptions: { action: "deny" },
  });
  return async (ctx, next) => {
    keepFormsHere(ctx);
    await set(ctx, next);
  };
}

const IMAGES = "img-src 'self' data:";

const POLICY = [
  "default-src 'none'",
  // The engine looks for an explicit one to add to.
  "script-src 'self'",
  "style-src 'self'",
  IMAGES,
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
];

// The policy of a page whose forms come back to us.
function keepFormsHere(ctx: Context): void {
  ctx.set("Content-Security-Policy", [...POLICY, "form-action 'self'"].join("; "));
}

// The policy of a page whose form may end a sign-in, or a session, at an application. Chromium holds the whole
// chain of redirects after a form against form-action, and what the application's own address goes on to is part of it:
// any origin, [::1] and a native application's scheme among them, which no list of sources can name. So there is none.
// Nothing that comes from others is printed as markup, and no script of others runs: such a page sends only our forms.
export function letFormsLeadOn(ctx: Context): void {
  ctx.set("Content-Security-Policy", POLICY.join("; "));
}

// Lets this one page show an image of the host, too; nothing where there is none.
export function letImageShow(ctx: Context, image: string | null | undefined): void {
  const origin = image ? URL.parse(image)?.origin : undefined;
  if (origin === undefined || !/^https:\/\/[a-z0-9.-]+(:\d+)?$/.test(origin)) return;
  const policy = ctx.response.get("Content-Security-Policy");
  ctx.set("Content-Security-Policy", policy.replace(IMAGES, `${IMAGES} ${origin}`));
}
