// The web server: one Koa application, and the order of what a request goes through.
import { constants } from "node:zlib";
import Koa, { type Context, type Middleware } from "koa";
import compress from "koa-compress";
import { ACCOUNT_PATH } from "../domain/account-application.ts";
import type { Logger } from "../log.ts";
import type { ReceiptReader } from "../ports/sms-receipts.ts";
import type { Storage } from "../ports/storage.ts";
import { accountRoutes } from "./account-routes.ts";
import { refuseLargeSignOut } from "./anonymous-writes.ts";
import { DEMO_PATH } from "./demo.ts";
import { deviceGate } from "./device-pages.ts";
import { runEngine } from "./engine-pages.ts";
import { AppError, answerErrors } from "./errors.ts";
import { readForms } from "./form.ts";
import { frontDoor } from "./front-door.ts";
import { health } from "./health.ts";
import { interactionRoutes } from "./interaction-routes.ts";
import { postToGet } from "./post-to-get.ts";
import { receipts } from "./receipts.ts";
import { recoveryRoutes } from "./recovery-pages.ts";
import { securityHeaders } from "./security-headers.ts";
import type { Web } from "./web.ts";

export interface ServerOptions {
  readonly web: Web;
  readonly storage: Storage;
  readonly cookieKeys: readonly string[];
  readonly trustProxy: number;
  readonly isStopping: () => boolean;
  readonly receiptReaders: readonly ReceiptReader[];
  // The relying party of our own, where it may be.
  readonly demo: Middleware | null;
}

// The application, ready to be given requests.
export function createServer(options: ServerOptions): Koa {
  const { web } = options;
  const app = new Koa({ proxy: true, keys: [...options.cookieKeys] });
  app.on("error", (error: unknown, ctx?: Context) => logBroken(web.log, error, ctx));

  const forms = [interactionRoutes(web), accountRoutes(web), recoveryRoutes(web)];
  app.use(noTypeWithoutBody);
  app.use(securityHeaders({ https: web.issuer.startsWith("https:") }));
  app.use(compressPages);
  app.use(closeWhenStopping(options.isStopping));
  app.use(answerErrors(web));
  app.use(frontDoor({ issuer: web.issuer, base: web.base, trustProxy: options.trustProxy }));
  app.use(health(options));
  app.use(serveAssets(web));
  app.use(receipts(web, options.receiptReaders));
  app.use(neverStored);
  // Before the body is looked at, a wrong method is told; and a body before what it says.
  for (const routes of forms) app.use(routes.allowedMethods());
  for (const routes of forms) {
    app.use(whereItLeads(readForms(web.issuer), routes.match.bind(routes)));
    app.use(routes.routes());
  }
  app.use(leadOn(web.base, options.demo === null ? ACCOUNT_PATH : DEMO_PATH));
  if (options.demo !== null) app.use(options.demo);
  app.use(oneSpelling);
  app.use(refuseLargeSignOut(web.flow.limits));
  app.use(postToGet(web.base));
  app.use(engineMethods);
  app.use(deviceGate(web));
  app.use(runEngine(web));
  return app;
}

// Anybody can hang up, or send what is no HTTP: that is told at debug, in a line of a bounded length.
function logBroken(log: Logger, error: unknown, ctx: Context | undefined): void {
  if (error instanceof Error && error === ctx?.req.socket.errored) {
    const because = "code" in error ? String(error.code) : "unknown";
    log.debug({ event: "connection-broken", because });
    return;
  }
  log.error({ event: "request-broken", err: error });
}

// An empty body is of no type; clients that look at the type first try to read it.
const noTypeWithoutBody: Middleware = async (ctx, next) => {
  await next();
  if (ctx.length === 0) ctx.remove("Content-Type");
};

// Who types the bare address wants to try it, or to see their own page.
function leadOn(base: string, to: string): Middleware {
  return async (ctx, next) => {
    if (ctx.path !== "/" || !/^(GET|HEAD)$/.test(ctx.method)) return next();
    ctx.status = 303;
    ctx.redirect(`${base}${to}`);
  };
}

// Reads forms only where a route takes the post, so that a wrong method or address is told first.
function whereItLeads(
  middleware: Middleware,
  match: (path: string, method: string) => { readonly route: boolean },
): Middleware {
  return async (ctx, next) => {
    if (!match(ctx.path, ctx.method).route) return next();
    return middleware(ctx, next);
  };
}

// Pages and tokens are for one reader alone (RFC 6749, 5.1); what may be cached says so itself.
const neverStored: Middleware = async (ctx, next) => {
  ctx.set("Cache-Control", "no-store");
  await next();
};

// Pages alone. Those of ours hold no secret that stays the same beside what others can put there: form tokens are
// masked (csrf.ts), the engine's forms have another secret each time, and what is JSON holds tokens.
const compressPages = compress({
  filter: (type) => type === "text/html",
  br: { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } },
  deflate: false,
  zstd: false,
});

const YEAR = "public, max-age=31536000, immutable";

function serveAssets({ assets }: Web): Middleware {
  return async (ctx, next) => {
    const name = /^\/assets\/([^/]+)$/.exec(ctx.path)?.[1];
    const asset = name === undefined ? null : assets.find(name);
    if (asset === null || !/^(GET|HEAD)$/.test(ctx.method)) return next();
    ctx.type = asset.type;
    ctx.set("Cache-Control", ctx.query.v === asset.version ? YEAR : "public, max-age=300");
    ctx.vary("Accept-Encoding");
    const encoding = ctx.acceptsEncodings("br", "gzip", "identity");
    const isEncoded = encoding === "br" || encoding === "gzip";
    if (isEncoded) ctx.set("Content-Encoding", encoding);
    ctx.body = isEncoded ? asset.encoded[encoding] : asset.body;
  };
}

// What the engine's endpoints take; it answers 404 for everything else.
const ENGINE_METHODS = new Map([
  ["/auth", "GET, HEAD, POST"],
  ["/token", "POST, OPTIONS"],
  ["/me", "GET, HEAD, POST, OPTIONS"],
  ["/jwks", "GET, HEAD, OPTIONS"],
  ["/request", "POST, OPTIONS"],
  ["/device", "GET, HEAD, POST"],
  ["/device/auth", "POST, OPTIONS"],
  ["/token/introspection", "POST, OPTIONS"],
  ["/token/revocation", "POST, OPTIONS"],
  ["/session/end", "GET, HEAD, POST"],
  ["/session/end/confirm", "POST"],
]);

// The engine takes its addresses in letters of any case, and with a slash behind them; what stands here before it knows one
// spelling alone, and would be gone around.
const oneSpelling: Middleware = async (ctx, next) => {
  const plain = ctx.path.toLowerCase().replace(/\/$/, "");
  if (plain === ctx.path || !ENGINE_METHODS.has(plain)) return next();
  throw new AppError("not-found", "another spelling of an address");
};

const engineMethods: Middleware = async (ctx: Context, next) => {
  const allowed = ENGINE_METHODS.get(ctx.path);
  if (allowed === undefined || allowed.split(", ").includes(ctx.method)) return next();
  ctx.status = 405;
  ctx.set("Allow", allowed);
};

function closeWhenStopping(isStopping: () => boolean): Middleware {
  return async (ctx, next) => {
    if (isStopping()) ctx.set("Connection", "close");
    await next();
  };
}
