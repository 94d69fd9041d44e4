// What is measured, for Prometheus, and where it is told: on a port of its own, which nobody outside should reach.
// Labels are names from closed lists; never who, from where or to which number.
import cluster from "node:cluster";
import { createServer } from "node:http";
import {
  AggregatorRegistry,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  register,
} from "prom-client";
import { listen } from "./listen.ts";
import type { Logger } from "./log.ts";
import type { PasswordHasher } from "./ports/password-hasher.ts";
import type { Storage } from "./ports/storage.ts";

interface Measurable {
  readonly storage: Storage;
  readonly hasher: PasswordHasher;
  readonly log: Logger;
}

// The same parts, measured from now on.
export function measured({ storage, hasher, log }: Measurable): Measurable {
  // Answers the supervisor, which adds up what its workers have.
  if (cluster.isWorker) new AggregatorRegistry();
  collectDefaultMetrics();
  measureReadiness(storage);
  return {
    storage: { ...storage, interactions: countSteps(storage.interactions) },
    hasher: timeHasher(hasher),
    log: countTexts(log),
  };
}

export const ownMetrics = (): Promise<string> => register.metrics();

// Of all workers of this supervisor.
export function createWorkersMetrics(): () => Promise<string> {
  const all = new AggregatorRegistry();
  return () => all.clusterMetrics();
}

// Tells what `collect` says at /metrics.
export async function serveMetrics(
  place: { readonly host: string; readonly port: number },
  collect: () => Promise<string>,
): Promise<void> {
  const server = createServer(async (request, response) => {
    if (request.url !== "/metrics" || request.method !== "GET") {
      response.writeHead(404).end();
      return;
    }
    try {
      const text = await collect();
      response.writeHead(200, { "Content-Type": AggregatorRegistry.PROMETHEUS_CONTENT_TYPE });
      response.end(text);
    } catch {
      // A worker did not answer in time.
      response.writeHead(503).end();
    }
  });
  await listen(server, { ...place, setting: "METRICS_PORT" });
  // It holds up no stop.
  server.unref();
}

function measureReadiness({ ping }: Storage): void {
  new Gauge({
    name: "latchkey_ready",
    help: "1 while the store can be read and written, as /readyz says",
    aggregator: "min",
    async collect() {
      this.set(
        await ping().then(
          () => 1,
          () => 0,
        ),
      );
    },
  });
}

// By the names of the audit log: sign-in, sign-in-refused, step-up, code-rejected and so on.
function countSteps(interactions: Storage["interactions"]): Storage["interactions"] {
  const steps = new Counter({
    name: "latchkey_sign_in_events_total",
    help: "What happened to sign-ins, by the action of the audit log",
    labelNames: ["action"],
  });
  return {
    ...interactions,
    async move(move) {
      const moved = await interactions.move(move);
      if (moved.outcome === "moved") {
        for (const { action } of move.effects.audit ?? []) steps.inc({ action });
      }
      return moved;
    },
  };
}

function timeHasher({ hash, verify }: PasswordHasher): PasswordHasher {
  const seconds = new Histogram({
    name: "latchkey_password_check_seconds",
    help: "How long a typed password took, the wait in the queue with it, by outcome",
    labelNames: ["outcome"],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
  });
  return {
    hash,
    async verify(known, typed) {
      const stop = seconds.startTimer();
      try {
        const result = await verify(known, typed);
        stop({ outcome: result.matches ? "right" : "wrong" });
        return result;
      } catch (error) {
        stop({ outcome: "refused" });
        throw error;
      }
    },
  };
}

// A text is told in the log, whichever way it was sent.
function countTexts(log: Logger): Logger {
  const texts = new Counter({
    name: "latchkey_texts_total",
    help: "Texts that were handed to a provider, by provider and outcome",
    labelNames: ["provider", "outcome"],
  });
  const info = (fields: { event?: string; provider?: string; outcome?: string }) => {
    if (fields.event === "text-sent") {
      texts.inc({ provider: fields.provider ?? "none", outcome: fields.outcome ?? "unknown" });
    }
    log.info(fields);
  };
  return {
    debug: log.debug.bind(log),
    info: info as Logger["info"],
    warn: log.warn.bind(log),
    error: log.error.bind(log),
  };
}
