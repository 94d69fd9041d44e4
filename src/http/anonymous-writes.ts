// How much somebody who has proved nothing may have us store (oidc/anonymous-writes.ts).
import type { Context, Middleware } from "koa";
import type { Limits } from "../domain/limits.ts";
import { createNetworkRate } from "../domain/network-rate.ts";
import type { FlowDeps } from "../flow/sign-in.ts";
import { AppError } from "./errors.ts";

// Counts once for the network that a request comes from; 429 when that was too often.
export function createAnonymousWriteCount({
  limits,
  isOwnAddress,
  now,
}: Pick<FlowDeps, "limits" | "isOwnAddress" | "now">): (ctx: Context) => void {
  const max = limits.anonymousWritesPerNetworkPerMinute;
  const count = createNetworkRate({ kind: "window", max, windowSeconds: 60 });
  return (ctx) => {
    if (isOwnAddress(ctx.ip)) return;
    const retryAt = count(ctx.ip, now());
    if (retryAt === null) return;
    const retryAfterSeconds = Math.ceil((retryAt - now()) / 1000);
    throw new AppError("too-many", "anonymous writes of this network", { retryAfterSeconds });
  };
}

// A request to sign out is stored until it is confirmed.
export function refuseLargeSignOut(limits: Pick<Limits, "authorizationRequestBytes">): Middleware {
  return async (ctx, next) => {
    const bytes = Buffer.byteLength(ctx.querystring);
    if (ctx.path === "/session/end" && bytes > limits.authorizationRequestBytes) {
      throw new AppError("bad-request", "the request to sign out is too large");
    }
    await next();
  };
}
