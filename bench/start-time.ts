// How long the product's own start takes until it is ready, and how much memory it has when idle.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AS_STARTED, stopChild } from "./messages.ts";

const ROOT = path.resolve(import.meta.dirname, "..");
const POLL_MS = 5;
const READY_MS_MAX = 20_000;
const SETTLE_MS = 2_000;

export interface StartTimes {
  readonly emptyMs: number;
  readonly existingMs: readonly number[];
  readonly idleRssBytes: number;
}

// Starts once on an empty store and then so many times on what that left.
export async function measureStarts(
  times: number,
  env: Record<string, string> = {},
): Promise<StartTimes> {
  const dataDir = mkdtempSync(path.join(tmpdir(), "latchkey-bench-"));
  try {
    const empty = await start(dataDir, env);
    await stopChild(empty.child);
    const existingMs: number[] = [];
    let idleRssBytes = 0;
    for (let i = 0; i < times; i++) {
      const { child, ms } = await start(dataDir, env);
      existingMs.push(ms);
      if (i === times - 1) {
        await delay(SETTLE_MS);
        idleRssBytes = rssOf(child);
      }
      await stopChild(child);
    }
    return { emptyMs: empty.ms, existingMs, idleRssBytes };
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function start(
  dataDir: string,
  env: Record<string, string>,
): Promise<{ child: ChildProcess; ms: number }> {
  const port = await freePort();
  const begun = performance.now();
  const child = spawn(process.execPath, [...AS_STARTED.options, "src/main.ts"], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: process.env.HOME ?? "/",
      ...AS_STARTED.env,
      DATA_DIR: dataDir,
      PORT: String(port),
      ...env,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  while (performance.now() - begun < READY_MS_MAX) {
    if (child.exitCode !== null) throw new Error("the server ended before it was ready");
    if (await isReady(port)) return { child, ms: performance.now() - begun };
    await delay(POLL_MS);
  }
  child.kill("SIGKILL");
  throw new Error("the server did not get ready");
}

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ port, host: "127.0.0.1", path: "/readyz" }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    }).on("error", () => resolve(false));
  });
}

function rssOf({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
