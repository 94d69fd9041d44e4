// Alive: the process answers. Ready: it can serve, which it cannot without its store or while stopping.
import type { Context, Middleware } from "koa";
import type { Storage } from "../ports/storage.ts";

export interface HealthDeps {
  readonly storage: Pick<Storage, "ping">;
  readonly isStopping: () => boolean;
}

// Answers /healthz and /readyz, under any Host.
export function health(deps: HealthDeps): Middleware {
  const isReady = createProbe(deps);
  return async (ctx, next) => {
    if (ctx.path !== "/healthz" && ctx.path !== "/readyz") return next();
    if (ctx.method !== "GET" && ctx.method !== "HEAD") {
      ctx.status = 405;
      ctx.set("Allow", "GET, HEAD");
      return;
    }
    ctx.set("Cache-Control", "no-store");
    if (ctx.path === "/healthz") ctx.body = { status: "ok" };
    else await answerReadiness(isReady, ctx);
  };
}

// Anybody may ask, and each look writes: so there is one at a time, for all who ask meanwhile.
function createProbe({ storage, isStopping }: HealthDeps): () => Promise<boolean> {
  let looking: Promise<boolean> | null = null;
  const look = async () => {
    try {
      await storage.ping();
      return true;
    } catch {
      // Why is in the log of whoever needed the store; here only that it is so.
      return false;
    } finally {
      looking = null;
    }
  };
  return async () => {
    if (isStopping()) return false;
    looking ??= look();
    return (await looking) && !isStopping();
  };
}

async function answerReadiness(isReady: () => Promise<boolean>, ctx: Context): Promise<void> {
  if (await isReady()) {
    ctx.body = { status: "ready" };
    return;
  }
  ctx.status = 503;
  ctx.set("Retry-After", "5");
  ctx.body = { status: "not-ready" };
}
