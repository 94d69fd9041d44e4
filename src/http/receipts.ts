// POST /sms/receipts/:provider: what became of a text, by the provider that took it. Only what is signed
// counts, and only the first word on how a text ended.
import type { Context, Middleware } from "koa";
import type { ReceiptReader } from "../ports/sms-receipts.ts";
import type { Web } from "./web.ts";

const BODY_BYTES_MAX = 65_536;

export function receipts(web: Web, readers: readonly ReceiptReader[]): Middleware {
  return async (ctx, next) => {
    const name = /^\/sms\/receipts\/([a-z]+)$/.exec(ctx.path)?.[1];
    if (name === undefined) return next();
    const reader = readers.find(({ provider }) => provider === name);
    ctx.set("Cache-Control", "no-store");
    if (reader === undefined) {
      ctx.status = 404;
      return;
    }
    if (ctx.method !== "POST") {
      ctx.status = 405;
      ctx.set("Allow", "POST");
      return;
    }
    ctx.status = await take(web, ctx, reader);
  };
}

// The status: providers try again after anything but a 2xx.
async function take(web: Web, ctx: Context, reader: ReceiptReader): Promise<number> {
  if (!ctx.is("application/json", "application/x-www-form-urlencoded")) return 415;
  const body = await bodyOf(ctx);
  if (body === null) return 413;
  const now = web.flow.now();
  const headers = Object.fromEntries(
    Object.entries(ctx.headers).map(([header, value]) => [header, [value].flat().join(",")]),
  );
  // As the provider was told it, whatever stands in between.
  const read = reader.read({ url: `${web.issuer}${ctx.path}${ctx.search}`, headers, body }, now);
  switch (read.outcome) {
    case "forged":
      web.log.warn({ event: "receipt-refused", provider: reader.provider });
      return 401;
    case "malformed":
      return 400;
    case "on-its-way":
      return 204;
    case "receipt": {
      const taken = await web.flow.storage.messages.receive(read.receipt, now);
      if (taken === "updated") {
        const { status, because } = read.receipt;
        web.log.info({ event: "receipt", provider: reader.provider, status, because });
      }
      return taken === "unknown" ? 404 : 204;
    }
  }
}

async function bodyOf(ctx: Context): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of ctx.req) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
