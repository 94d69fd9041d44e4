// The door: whatever a request says of its host, its scheme and its sender is replaced by what we know
// before anything else looks at it. The engine builds its addresses from these headers.
import type { Middleware } from "koa";
import { AppError } from "./errors.ts";

export interface DoorOptions {
  readonly issuer: string;
  // The path of the issuer, without a slash at its end.
  readonly base: string;
  // How many proxies in front are ours.
  readonly trustProxy: number;
}

const HEALTH = new Set(["/healthz", "/readyz"]);

// Names that some proxies use for what we take from X-Forwarded-For alone.
const SPOOFABLE = ["x-real-ip", "true-client-ip", "cf-connecting-ip", "forwarded"];

// Checks the Host, sets the forwarded headers, and takes the issuer's path off.
export function frontDoor(options: DoorOptions): Middleware {
  const { host, protocol } = new URL(options.issuer);
  return async (ctx, next) => {
    const { headers, socket } = ctx.req;
    const saidHost = options.trustProxy > 0 ? firstOf(headers["x-forwarded-host"]) : undefined;
    const peer = socket.remoteAddress ?? "unknown";
    const client = clientAddress(headers["x-forwarded-for"], peer, options.trustProxy);
    for (const name of SPOOFABLE) delete headers[name];

    if (!HEALTH.has(ctx.path)) {
      if ((saidHost ?? headers.host)?.toLowerCase() !== host.toLowerCase()) {
        throw new AppError("misdirected", "a foreign host");
      }
      ctx.url = withoutBase(ctx.url, options.base);
      // The engine puts this before the paths of its addresses.
      ctx.mountPath = options.base;
    }
    headers.host = host;
    headers["x-forwarded-host"] = host;
    headers["x-forwarded-proto"] = protocol.slice(0, -1);
    headers["x-forwarded-for"] = client;
    await next();
  };
}

// The address that the outermost of our own proxies saw: counted from the right, since what stands
// further left is the sender's to write.
export function clientAddress(
  forwarded: string | string[] | undefined,
  peer: string,
  trustProxy: number,
): string {
  if (trustProxy === 0 || forwarded === undefined) return peer;
  const hops = String(forwarded)
    .split(",")
    .map((hop) => hop.trim())
    .filter(Boolean);
  return hops.at(-trustProxy) ?? hops[0] ?? peer;
}

function withoutBase(url: string, base: string): string {
  if (base === "") return url;
  const rest = url.slice(base.length);
  if (!url.startsWith(base) || (rest !== "" && !/^[/?]/.test(rest))) {
    throw new AppError("not-found", "outside the issuer's path");
  }
  return rest.startsWith("/") ? rest : `/${rest}`;
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return (
    String(header ?? "")
      .split(",")[0]
      ?.trim() || undefined
  );
}
