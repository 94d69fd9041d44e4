// A relying party of our own, to try the provider with: it signs in with openid-client like any other
// application, over HTTP, and shows what it got. On loopback only, and never in production.
import { randomBytes } from "node:crypto";
import type { Context, Middleware } from "koa";
import type * as OpenIdClient from "openid-client";
import { isLoopbackAddress } from "../domain/network.ts";
import type { DemoLink, DemoModel, DemoTokensModel, SentText } from "./demo-models.ts";
import { AppError } from "./errors.ts";
import { frameOf, languageOf, type Web } from "./web.ts";

export interface DemoOptions {
  readonly web: Web;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly postLogoutRedirectUri: string;
  readonly login: string;
  readonly acrMulti: string;
  // The texts sent, oldest first.
  readonly readTexts: () => Promise<readonly SentText[]>;
}

// What the demo remembers of a browser; in memory, since it is only a demo.
interface Visitor {
  pending: { verifier: string; state: string; nonce: string } | null;
  tokens: Pick<DemoTokensModel, "idTokenClaims" | "userinfo" | "accessToken"> | null;
  idToken: string | null;
}

export const DEMO_PATH = "/demo";

const COOKIE = "latchkey_demo";
const VISITORS_MAX = 100;
const TEXTS_MAX = 10;

// The ways to sign in, and what each adds to the authorization request.
const WAYS = {
  rules: { label: "demo.sign-in", hint: "demo.sign-in-hint" },
  "two-factors": { label: "demo.sign-in-two-factors", hint: "demo.sign-in-two-factors-hint" },
  fresh: { label: "demo.sign-in-fresh", hint: "demo.sign-in-fresh-hint" },
} as const;

// Serves /demo, /demo/sign-in, /demo/callback.
export function createDemo(options: DemoOptions): Middleware {
  const visitors = new Map<string, Visitor>();
  const client = createClient(options);
  const routes: Record<string, (ctx: Context) => Promise<void>> = {
    "/demo": (ctx) => showDemo(options, ctx, visitorOf(visitors, ctx)),
    "/demo/sign-in": (ctx) => client.start(ctx, visitorOf(visitors, ctx)),
    "/demo/callback": (ctx) => client.finish(ctx, visitorOf(visitors, ctx)),
  };
  return async (ctx, next) => {
    const route = routes[ctx.path];
    if (route === undefined) return next();
    if (!isLocal(ctx)) throw new AppError("not-found", "the demo is on loopback only");
    if (ctx.method !== "GET" && ctx.method !== "HEAD") {
      ctx.status = 405;
      ctx.set("Allow", "GET, HEAD");
      return;
    }
    await route(ctx);
  };
}

function createClient(options: DemoOptions) {
  let loaded: Promise<{ library: typeof OpenIdClient; config: OpenIdClient.Configuration }> | null =
    null;
  // Loaded and discovered at the first visit, when the server is listening for sure.
  const load = async () => {
    const library = await import("openid-client");
    const config = await library.discovery(
      new URL(options.web.issuer),
      options.clientId,
      undefined,
      library.None(),
      { execute: [library.allowInsecureRequests] },
    );
    return { library, config };
  };
  const ready = () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = null;
      throw error;
    });
    return loaded;
  };

  return {
    async start(ctx: Context, visitor: Visitor): Promise<void> {
      const { library, config } = await ready();
      const verifier = library.randomPKCECodeVerifier();
      visitor.pending = { verifier, state: library.randomState(), nonce: library.randomNonce() };
      const url = library.buildAuthorizationUrl(config, {
        redirect_uri: options.redirectUri,
        scope: "openid profile email phone",
        code_challenge: await library.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        state: visitor.pending.state,
        nonce: visitor.pending.nonce,
        ...wishesOf(ctx, options),
      });
      ctx.status = 303;
      ctx.redirect(url.href);
    },
    async finish(ctx: Context, visitor: Visitor): Promise<void> {
      const { library, config } = await ready();
      const { pending } = visitor;
      visitor.pending = null;
      if (pending !== null && ctx.query.error === undefined) {
        const current = new URL(`${options.redirectUri}${ctx.search}`);
        const tokens = await library.authorizationCodeGrant(config, current, {
          pkceCodeVerifier: pending.verifier,
          expectedState: pending.state,
          expectedNonce: pending.nonce,
        });
        const claims = tokens.claims();
        if (claims === undefined) throw new Error("the provider gave no ID token");
        visitor.tokens = {
          idTokenClaims: claims,
          userinfo: await library.fetchUserInfo(config, tokens.access_token, claims.sub),
          accessToken: {
            token_type: tokens.token_type,
            expires_in: tokens.expires_in,
            scope: tokens.scope,
          },
        };
        visitor.idToken = tokens.id_token ?? null;
      }
      ctx.status = 303;
      ctx.redirect(`${options.web.base}/demo`);
    },
  };
}

function wishesOf(ctx: Context, options: DemoOptions): Record<string, string> {
  switch (ctx.query.way) {
    case "two-factors":
      return { acr_values: options.acrMulti };
    case "fresh":
      return { prompt: "login" };
    default:
      return {};
  }
}

async function showDemo(options: DemoOptions, ctx: Context, visitor: Visitor): Promise<void> {
  const { web } = options;
  const language = languageOf(web, ctx, null);
  const frame = frameOf(web, null);
  const texts = (await options.readTexts()).slice(-TEXTS_MAX).toReversed();
  const links: DemoLink[] = Object.entries(WAYS).map(([way, { label, hint }]) => {
    return { href: `${web.base}/demo/sign-in?way=${way}`, label, hint };
  });
  ctx.type = "html";
  if (visitor.tokens === null) {
    const model: DemoModel = { frame, signInLinks: links, texts, login: options.login };
    ctx.body = web.view.render("demo", model, language);
    return;
  }
  const { amr, acr } = visitor.tokens.idTokenClaims;
  const model: DemoTokensModel = {
    ...visitor.tokens,
    frame,
    amr: Array.isArray(amr) ? amr.map(String) : [],
    acr: String(acr),
    texts,
    links,
    logoutAction: `${web.base}/session/end`,
    logoutFields: [
      { name: "id_token_hint", value: visitor.idToken ?? "" },
      { name: "post_logout_redirect_uri", value: options.postLogoutRedirectUri },
      // Comes back with the browser, and tells that it has signed out.
      { name: "state", value: "signed-out" },
    ],
  };
  ctx.body = web.view.render("demo-tokens", model, language);
}

function visitorOf(visitors: Map<string, Visitor>, ctx: Context): Visitor {
  const known = ctx.cookies.get(COOKIE, { signed: true });
  const visitor = known === undefined ? undefined : visitors.get(known);
  if (visitor !== undefined) {
    if (ctx.query.state === "signed-out") Object.assign(visitor, { tokens: null, idToken: null });
    return visitor;
  }
  const id = randomBytes(16).toString("base64url");
  const fresh: Visitor = { pending: null, tokens: null, idToken: null };
  visitors.set(id, fresh);
  const [oldest] = visitors.keys();
  if (visitors.size > VISITORS_MAX && oldest !== undefined) visitors.delete(oldest);
  ctx.cookies.set(COOKIE, id, { signed: true, httpOnly: true, sameSite: "lax" });
  return fresh;
}

// Both ends: the browser that asks, and whoever is connected to us.
function isLocal(ctx: Context): boolean {
  return [ctx.ip, ctx.req.socket.remoteAddress ?? ""].every(isLoopbackAddress);
}
