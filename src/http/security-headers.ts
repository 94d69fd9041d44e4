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
    setContentSecurityPolicy(ctx, []);
    await set(ctx, next);
  };
}

// The policy of a page whose form ends at these places besides ourselves. The engine looks for an
// explicit script-src to add to.
export function setContentSecurityPolicy(ctx: Context, formTargets: readonly string[]): void {
  ctx.set(
    "Content-Security-Policy",
    [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "connect-src 'self'",
      `form-action ${["'self'", ...formTargets].join(" ")}`,
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
  );
}

// Where the last form of a sign-in may lead: Chromium holds the whole chain of redirects after it
// against form-action, the application's own onward redirects among them. So a web application may go
// on to any https address, one on loopback to loopback, a native one to its scheme.
export function formTargetsOf(redirectUri: string | undefined): string[] {
  const url = redirectUri === undefined ? null : URL.parse(redirectUri);
  if (url === null) return [];
  switch (url.protocol) {
    case "https:":
      return ["https:"];
    case "http:":
      return ["https:", url.origin, "http://localhost:*", "http://127.0.0.1:*"];
    default:
      return /^[a-z][a-z0-9+.-]*:$/.test(url.protocol) ? [url.protocol] : [];
  }
}
