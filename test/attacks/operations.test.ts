// What goes wrong around the process: a disk that is full, a SECRET that is not the store's.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { itOnMongodb } from "../support/it-on-mongodb.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const OTHER_SECRET = "Jq7xW2mVb9TzLc4Nd8RfKs1HgYp6Ee3u";

describe("a full disk (FLT-47)", () => {
  let server: TestServer;
  // The embedded store is what writes to our disk.
  before(async () => {
    server = await startServer({ env: { MONGODB_URI: "", SECRET: "" } });
  });
  after(() => server.close());

  // No file of the server may grow past a size any more: to the store that is a disk without space.
  const limitFiles = (bytes: string) =>
    execFileSync("prlimit", ["--pid", String(server.pid()), `--fsize=${bytes}:unlimited`]);
  const statusOf = async (where: string) => (await fetch(`${server.issuer}${where}`)).status;

  it("is told by /readyz while nothing can be written, and is over by itself", async () => {
    limitFiles("1");
    await until(async () => (await statusOf("/readyz")) === 503);
    assert.equal(await statusOf("/healthz"), 200);
    assert.equal(await statusOf("/jwks"), 200);
    limitFiles("unlimited");
    await until(async () => (await statusOf("/readyz")) === 200);
  });
});

describe("a store beside another SECRET, or none", () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await startServer();
    await server.kill();
  });
  afterEach(() => server.close());

  it("is refused in one sentence that names the variable, with exit 78 (FLT-49)", async () => {
    const { code, errors } = await startOf({ ...server.env, SECRET: OTHER_SECRET });
    assert.equal(code, 78);
    assert.match(errors, /^[^\n]*\bSECRET\b[^\n]*\n$/);
  });

  itOnMongodb("is refused with several processes just the same (FLT-49)", async () => {
    const { code, errors } = await startOf({ ...server.env, SECRET: OTHER_SECRET, WORKERS: "2" });
    assert.equal(code, 78);
    assert.doesNotMatch(errors, /\n\s+at /);
  });

  it("is refused where the secret is gone, and no other one is made (FLT-51)", async () => {
    const secret = path.join(server.dataDir, "secret");
    rmSync(secret, { force: true });
    const { code, errors } = await startOf({ ...server.env, SECRET: "" });
    assert.equal(code, 78);
    assert.match(errors, /\bSECRET\b/);
    assert.doesNotMatch(errors, /\n\s+at /);
    assert.equal(existsSync(secret), false);
  });
});

function startOf(
  env: Record<string, string>,
): Promise<{ readonly code: number | null; readonly errors: string }> {
  const child = spawn(process.execPath, ["src/main.ts"], { cwd: ROOT, env });
  let errors = "";
  child.stderr.on("data", (data: Buffer) => {
    errors += data.toString();
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, errors })));
}
