// The files that pages refer to: stylesheet, scripts, icon. Read once, and found by their exact name
// alone, so no path is ever made from what a request says.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

export interface Asset {
  readonly body: Buffer;
  // The value of Content-Type.
  readonly type: string;
  // Changes with the body: what is served under a version may be cached for ever.
  readonly version: string;
  // The body as it is sent to who takes these (RFC 9110, 8.4).
  readonly encoded: Readonly<Record<"br" | "gzip", Buffer>>;
}

export interface Assets {
  find(name: string): Asset | null;
}

const TYPES = new Map([
  [".css", "text/css; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".svg", "image/svg+xml"],
]);

// Reads every file in `dir` that has a type of ours.
export function createAssets(dir: string): Assets {
  const assets = new Map<string, Asset>();
  for (const name of readdirSync(dir)) {
    const type = TYPES.get(extname(name));
    if (type !== undefined) assets.set(name, readAsset(join(dir, name), type));
  }
  return { find: (name) => assets.get(name) ?? null };
}

function readAsset(path: string, type: string): Asset {
  const body = readFileSync(path);
  const version = createHash("sha256").update(body).digest("base64url").slice(0, 16);
  const encoded = { br: brotliCompressSync(body), gzip: gzipSync(body, { level: 9 }) };
  return { body, type, version, encoded };
}
