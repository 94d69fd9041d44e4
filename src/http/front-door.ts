// The proxy and host guard: what a request says of its host, its scheme and its sender is checked, and replaced by
// what we know, before anything else looks at it. The engine builds its addresses from these headers.
import type { Context, Middleware } from "koa";
import { parseAddress } from "../domain/network.ts";
import { isLoopback } from "../loopback.ts";
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

// Checks the hosts, sets the forwarded headers, and takes the issuer's path off.
export function frontDoor(options: DoorOptions): Middleware {
  const issuer = new URL(options.issuer);
  return async (ctx, next) => {
    const hosts = readHosts(ctx, options.trustProxy);
    const { headers, socket } = ctx.req;
    const peer = socket.remoteAddress ?? "unknown";
    const client = clientAddress(headers["x-forwarded-for"], peer, options.trustProxy);
    for (const name of SPOOFABLE) delete headers[name];

    if (!HEALTH.has(ctx.path)) {
      if (!hosts.every((host) => host === issuer.host)) {
        if (isLoopbackAlias(ctx, hosts, issuer)) return redirectToIssuer(ctx, issuer);
        throw new AppError("misdirected", "a foreign host");
      }
      ctx.url = withoutBase(metadataInBase(ctx.url, options.base), options.base);
      // The engine puts this before the paths of its addresses.
      ctx.mountPath = options.base;
    }
    headers.host = issuer.host;
    headers["x-forwarded-host"] = issuer.host;
    headers["x-forwarded-proto"] = issuer.protocol.slice(0, -1);
    headers["x-forwarded-for"] = client;
    await next();
  };
}

// The hosts that a request names: by its headers, and by its target where that has an authority, which is taken
// off (RFC 9112, 3.2.2). The others forms of a target, and more than one Host, are refused with 400 (3.2).
function readHosts(ctx: Context, trustProxy: number): string[] {
  const { headers, headersDistinct } = ctx.req;
  if ((headersDistinct.host ?? []).length > 1) throw new AppError("bad-request", "several hosts");
  const [, authority, rest] = /^(?:https?:\/\/([^/?#]*))?(.*)$/is.exec(ctx.url) ?? [];
  if (authority !== undefined) {
    ctx.url = rest?.startsWith("/") ? rest : `/${rest}`;
    ctx.originalUrl = ctx.url;
  }
  if (!ctx.url.startsWith("/")) throw new AppError("bad-request", "not a target of ours");
  const forwarded = trustProxy > 0 ? hopOf(headers["x-forwarded-host"], trustProxy) : undefined;
  const host = forwarded ?? headers.host ?? "";
  return [host, ...(authority === undefined ? [] : [authority])].map((each) => each.toLowerCase());
}

// The address that the outermost of our own proxies saw. What is no address counts as the proxy's own.
export function clientAddress(
  forwarded: string | string[] | undefined,
  peer: string,
  trustProxy: number,
): string {
  const hop = trustProxy > 0 ? hopOf(forwarded, trustProxy) : undefined;
  return parseAddress(hop ?? "") ?? parseAddress(peer) ?? peer;
}

// What the outermost of our own proxies wrote: counted from the right, since what stands further left is the
// sender's to write.
function hopOf(header: string | string[] | undefined, trustProxy: number): string | undefined {
  const hops = String(header ?? "")
    .split(",")
    .map((hop) => hop.trim())
    .filter(Boolean);
  return hops.at(-trustProxy) ?? hops[0];
}

// Whether somebody typed 127.0.0.1 or [::1] where an issuer on this machine is called otherwise.
function isLoopbackAlias(ctx: Context, hosts: readonly string[], issuer: URL): boolean {
  if (issuer.protocol !== "http:" || !isLoopback(issuer.hostname)) return false;
  return /^(GET|HEAD)$/.test(ctx.method) && hosts.every((host) => isAliasOf(issuer, host));
}

function isAliasOf(issuer: URL, host: string): boolean {
  const url = URL.parse(`http://${host}`);
  return url?.host === host && url.port === issuer.port && isLoopback(url.hostname);
}

// Not for ever (308): browsers keep that, and the port may be another program's tomorrow.
function redirectToIssuer(ctx: Context, issuer: URL): void {
  ctx.status = 307;
  ctx.set("Cache-Control", "no-store");
  ctx.redirect(`${issuer.origin}${ctx.url}`);
}

// RFC 8414 puts its well-known name before the issuer's path, where OpenID Connect puts its own behind (5).
function metadataInBase(url: string, base: string): string {
  const before = `/.well-known/oauth-authorization-server${base}`;
  return base !== "" && (url === before || url.startsWith(`${before}?`))
    ? `${base}/.well-known/oauth-authorization-server${url.slice(before.length)}`
    : url;
}

function withoutBase(url: string, base: string): string {
  if (base === "") return url;
  const rest = url.slice(base.length);
  if (!url.startsWith(base) || (rest !== "" && !/^[/?]/.test(rest))) {
    throw new AppError("not-found", "outside the issuer's path");
  }
  return rest.startsWith("/") ? rest : `/${rest}`;
}
