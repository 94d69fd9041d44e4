// Alive: the process answers. Ready: it can serve, which it cannot without its store or while stopping.
import type { Context, Middleware } from "koa";
import type { Storage } from "../ports/storage.ts";

export interface HealthDeps {
  readonly storage: Pick<Storage, "ping">;
  readonly isStopping: () => boolean;
}

// Answers /healthz and /readyz, under any Host.
export function health(deps: HealthDeps): Middleware {
  return async (ctx, next) => {
    if (ctx.path !== "/healthz" && ctx.path !== "/readyz") return next();
    if (ctx.method !== "GET" && ctx.method !== "HEAD") {
      ctx.status = 405;
      ctx.set("Allow", "GET, HEAD");
      return;
    }
    ctx.set("Cache-Control", "no-store");
    if (ctx.path === "/healthz") ctx.body = { status: "ok" };
    else await answerReadiness(deps, ctx);
  };
}

async function answerReadiness({ storage, isStopping }: HealthDeps, ctx: Context): Promise<void> {
  try {
    if (!isStopping()) {
      await storage.ping();
      ctx.body = { status: "ready" };
      return;
    }
  } catch {
    // Why is in the log of whoever needed the store; here only that it is so.
  }
  ctx.status = 503;
  ctx.set("Retry-After", "5");
  ctx.body = { status: "not-ready" };
}
