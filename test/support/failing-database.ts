// A server whose database can be made to fail, and how one sees that it has come through.
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { getJson } from "../attacks/scene.ts";
import { emptyDatabase } from "./mongo-addresses.ts";
import type { TestServer } from "./server.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

export const ANSWER_MS = 3_000;
export const RECOVERY_MS = 5_000;
// What waits for a database that fails waits so long at least.
export const DATABASE_MS = 2_000;
// As src/adapters/mongo/database.ts has it, and a little.
const DISTRUST_MS = 1_200;

// A database of its own behind a proxy of its own.
export async function startProxied(): Promise<{ proxy: TcpProxy; env: Record<string, string> }> {
  const direct = new URL(emptyDatabase(process.env.TEST_STORE_URI ?? ""));
  const proxy = await startTcpProxy({ host: direct.hostname, port: Number(direct.port) });
  const uri = `mongodb://127.0.0.1:${proxy.port}${direct.pathname}?directConnection=true`;
  return { proxy, env: { MONGODB_URI: uri, SECRET: "only-for-tests-and-yet-of-32-bytes-or-more" } };
}

// How long something took, and what came of it.
export async function timed<T>(act: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const began = performance.now();
  const value = await act();
  return { ms: performance.now() - began, value };
}

export async function statusOf(
  url: string,
): Promise<{ status: number; retryAfter: string | null }> {
  const answer = await fetch(url, { redirect: "manual", headers: { Accept: "text/html" } });
  await answer.arrayBuffer();
  return { status: answer.status, retryAfter: answer.headers.get("Retry-After") };
}

// Milliseconds until it is ready again. Comes back when it has been for a while: at first the product waits but
// briefly for a database that has just failed it, which a busy machine could take for another failure.
export async function recovery(server: TestServer): Promise<number> {
  const began = performance.now();
  let readySince = Number.POSITIVE_INFINITY;
  while (performance.now() - readySince < DISTRUST_MS) {
    const isReady = (await statusOf(`${server.issuer}/readyz`)).status === 200;
    const now = performance.now();
    readySince = isReady ? Math.min(readySince, now) : Number.POSITIVE_INFINITY;
    assert.ok(isReady || now - began < 2 * RECOVERY_MS, "it does not recover");
    await delay(50);
  }
  return readySince - began;
}

// Until it listens. By then it heeds signals.
export async function untilAlive(server: TestServer): Promise<void> {
  const isAlive = () =>
    fetch(`${server.issuer}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isAlive())) await delay(50);
}

export async function assertDiscoveryIsUp(server: TestServer): Promise<void> {
  for (const path of ["/.well-known/openid-configuration", "/jwks", "/healthz"]) {
    const { ms, value } = await timed(() => getJson(`${server.issuer}${path}`));
    assert.equal(value.status, 200, path);
    assert.ok(ms < DATABASE_MS, `${path} took ${ms} ms`);
  }
}
