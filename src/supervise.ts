// Several processes on one machine: this one serves nothing, it keeps so many others running and hands their
// connections out. What they share is in the store.
import cluster, { type Worker } from "node:cluster";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "./log.ts";

type Lines = Readonly<Record<string, string>>;

// One that dies at once would die again at once.
const SHORT_LIFE_MS = 5_000;
const PAUSE_MS = 1_000;

// Starts the workers, replaces those that die, and tells once what they have to say once all are ready.
// Ends when all have ended after a signal.
export async function supervise(
  workers: number,
  log: Logger,
  tell: (lines: Lines) => void,
): Promise<void> {
  let stopping = false;
  let exitCode = 0;
  const ready = new Set<Worker>();
  let everReady = false;
  let told = false;
  let lines: Lines = {};

  function start(): void {
    const worker = cluster.fork();
    const startedAt = performance.now();
    worker.on("message", (message: unknown) => {
      const more = linesIn(message);
      // Metrics come the same way.
      if (more === null) return;
      ready.add(worker);
      everReady = true;
      // One of them has made the first start's user, and has more to say.
      if (!("password" in lines)) lines = more;
      if (told || ready.size < workers) return;
      told = true;
      tell(lines);
    });
    worker.on("exit", (code, signal) => {
      ready.delete(worker);
      if (stopping) {
        if (code !== 0) exitCode ||= 1;
        return;
      }
      log.error({ event: "worker-died", pid: worker.process.pid, code, signal });
      // One that could not even begin has said why; so would the others.
      if (!everReady && code !== null && code !== 0) return end("SIGTERM", code);
      const lived = performance.now() - startedAt;
      void delay(lived < SHORT_LIFE_MS ? PAUSE_MS : 0).then(() => {
        if (!stopping) start();
      });
    });
  }

  function end(signal: NodeJS.Signals, code = 0): void {
    const alive = workersAlive();
    if (stopping) {
      // Who asks twice does not want to wait.
      for (const worker of alive) worker.process.kill("SIGKILL");
      process.exit(1);
    }
    stopping = true;
    exitCode = code;
    log.info({ event: "stopping", signal });
    for (const worker of alive) worker.process.kill("SIGTERM");
    void Promise.all(alive.map(ended)).then(() => process.exit(exitCode));
  }

  process.on("SIGTERM", () => end("SIGTERM"));
  process.on("SIGINT", () => end("SIGINT"));
  for (let i = 0; i < workers; i++) start();
}

function workersAlive(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}

function ended(worker: Worker): Promise<void> {
  return new Promise((resolve) => worker.once("exit", () => resolve()));
}

function linesIn(message: unknown): Lines | null {
  const { ready } = Object(message);
  return typeof ready === "object" && ready !== null ? ready : null;
}
