// One process that serves: store, keys, application, listen. Stops in reverse order, after what is under way.
import cluster from "node:cluster";
import { createServer, type RequestListener, type Server } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { AdminDeps } from "./admin/deps.ts";
import { type DemoLogin, demoUris, hasDemoData, prepareDemo } from "./admin/first-start.ts";
import { ensureSigningKeys } from "./admin/keys.ts";
import { createNameReview } from "./admin/old-names.ts";
import { type App, createApp, mayDemo } from "./app.ts";
import { type Config, ConfigError } from "./config.ts";
import { listen } from "./listen.ts";
import type { Logger } from "./log.ts";
import { UnavailableError } from "./ports/errors.ts";
import type { PasswordHasher } from "./ports/password-hasher.ts";
import type { Storage } from "./ports/storage.ts";
import { namedProviders } from "./sms-settings.ts";
import { createHasher, openStorage, readBlocklist } from "./store-access.ts";
import { type Sweeping, sweepAll } from "./sweep.ts";

const KEYS_CHECK_MS = 5_000;
const MAILS_MS = 2_000;
const LOGOUTS_MS = 1_000;
const NAMES_MS = 1_000;
const SWEEP_MS = 60_000;
const STOP_MS = 30_000;
const RETRY_MS_MAX = 5_000;

// What this process has to say once it can be used, a line each.
type Tell = (lines: Readonly<Record<string, string>>) => void;

export async function serve(config: Config, log: Logger, tell: Tell): Promise<void> {
  const running: Running = { server: null, storage: null, timers: null, stopping: false };
  stopOnSignals(running, log);

  // First of all, so that nothing is made where the port is taken; and a database elsewhere may come later than we:
  // until then whoever asks is told to come again.
  const door = createDoor();
  running.server = await listenFor(config, door.answer);
  const storage = await openStore(config, running, log);
  if (storage === null) return;
  running.storage = storage;

  const admin = await adminDeps(config, storage);
  const demo = await setUp(config, admin);
  const app = await createApp({
    config,
    ...(await measure(config, { storage, hasher: admin.hasher, log })),
    now: Date.now,
    isStopping: () => running.stopping,
  });
  door.open(app.koa.callback());
  const { limits, acr } = config;
  const sweeping = { storage, limits, acr, now: Date.now };
  running.timers = startTimers(app, { sweeping, reviewNames: createNameReview(admin) }, log);
  if (app.deliverMails === null) log.warn({ event: "no-mail", because: "no-smtp-url" });

  // Only now, when it can be stopped properly, does it say that it is there.
  tell(linesOf(config, demo));
  log.info({ event: "ready", issuer: config.issuer, node: process.versions.node });
}

interface Running {
  server: Server | null;
  storage: Storage | null;
  timers: Timers | null;
  stopping: boolean;
}

interface Timers {
  // Begins nothing any more, and waits for what is under way.
  stop(): Promise<void>;
}

function stopOnSignals(running: Running, log: Logger): void {
  const stop = (signal: string) => {
    if (running.stopping) {
      // Who asks twice does not want to wait. A worker may be told by its supervisor and by the system.
      if (!cluster.isWorker) process.exit(1);
      return;
    }
    running.stopping = true;
    log.info({ event: "stopping", signal });
    void shutDown(running, log).then((code) => process.exit(code));
  };
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("SIGINT", () => stop("SIGINT"));
  // The supervisor is gone: nobody would replace or stop this worker.
  process.on("disconnect", () => stop("disconnect"));
}

// Answers from the start: at first that we are alive and not ready, then what the application says.
function createDoor(): { readonly answer: RequestListener; open(to: RequestListener): void } {
  let inside: RequestListener = (request, response) => {
    const alive = request.url === "/healthz";
    response.writeHead(alive ? 200 : 503, {
      "Content-Type": "application/json",
      "Cache-Control": "no-store",
      ...(alive ? {} : { "Retry-After": "5" }),
    });
    response.end(JSON.stringify({ status: alive ? "ok" : "not-ready" }));
  };
  return {
    answer: (request, response) => inside(request, response),
    open(to) {
      inside = to;
    },
  };
}

function listenFor(config: Config, answer: RequestListener): Promise<Server> {
  // Whoever sends its headers or body too slowly is cut off; whoever is served is not.
  const patience = { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 };
  const { host, port } = config;
  return listen(createServer(patience, answer), { host, port, setting: "PORT" });
}

// With METRICS_PORT the same parts, measured; the supervisor of several processes tells for all of them.
async function measure<Parts extends { storage: Storage; hasher: PasswordHasher; log: Logger }>(
  { host, metricsPort }: Config,
  parts: Parts,
): Promise<Parts> {
  if (metricsPort === null) return parts;
  const { measured, serveMetrics, ownMetrics } = await import("./metrics.ts");
  if (!cluster.isWorker) await serveMetrics({ host, port: metricsPort }, ownMetrics);
  return { ...parts, ...measured(parts) };
}

// Tries until the database is there; what it says no to is no for ever. Null: stopped meanwhile.
async function openStore(config: Config, running: Running, log: Logger): Promise<Storage | null> {
  for (let pause = 250; !running.stopping; pause = Math.min(2 * pause, RETRY_MS_MAX)) {
    try {
      return await openStorage(config);
    } catch (error) {
      const mayCome = error instanceof UnavailableError && config.store.kind === "mongodb";
      if (!mayCome) throw error;
      log.warn({ event: "store-unavailable", err: error });
    }
    await delay(pause);
  }
  return null;
}

async function adminDeps(config: Config, storage: Storage): Promise<AdminDeps> {
  return {
    storage,
    hasher: await createHasher(config),
    now: Date.now,
    actor: "system",
    limits: config.limits,
    privateFetchHosts: config.privateFetchHosts,
    blocklist: readBlocklist,
  };
}

// What a store must hold before it is used, and what a first start makes in it.
async function setUp(config: Config, admin: AdminDeps): Promise<DemoLogin | null> {
  if (config.production && (await hasDemoData(admin.storage))) {
    throw new ConfigError([
      "the store holds the demo application or user; remove them with: " +
        "npx latchkey client remove demo; npx latchkey user remove demo",
    ]);
  }
  if (await admin.storage.transfer.isUnderWay()) {
    throw new ConfigError(["the store is half copied; finish it with: npx latchkey store copy"]);
  }
  await ensureSigningKeys(admin);
  return mayDemo(config) ? prepareDemo(admin, demoUris(config.issuer)) : null;
}

function linesOf(config: Config, demo: DemoLogin | null): Readonly<Record<string, string>> {
  const providers = namedProviders(config);
  return {
    issuer: config.issuer,
    ...(mayDemo(config) ? { demo: demoUris(config.issuer).demo } : {}),
    ...demo,
    texts: providers.includes("outbox") ? config.outboxFile : providers.join(", "),
  };
}

interface Chores {
  readonly sweeping: Sweeping;
  readonly reviewNames: () => Promise<void>;
}

// What goes on beside the requests: following the signing keys, sending mails and texts, and sweeping what has expired,
// a little at a time so that no request waits.
function startTimers(app: App, { sweeping, reviewNames }: Chores, log: Logger): Timers {
  let stopped = false;
  const isOver = () => stopped;
  const underWay = new Map<string, Promise<void>>();
  const run = (name: string, work: () => Promise<void>, everyMs: number) => {
    const timer = setInterval(() => {
      // A mail server or a provider can take longer than the pause.
      if (underWay.has(name)) return;
      const working = work()
        .catch((error: unknown) => log.error({ event: "chore-failed", chore: name, err: error }))
        .finally(() => underWay.delete(name));
      underWay.set(name, working);
    }, everyMs);
    timer.unref();
    return timer;
  };
  const { deliverMails, deliverTexts } = app;
  const timers = [
    run("keys", () => app.engine.refreshKeys(), KEYS_CHECK_MS),
    run("names", reviewNames, NAMES_MS),
    run("sweep", () => sweepAll(sweeping, { isOver }), SWEEP_MS),
    run("logouts", () => app.deliverLogouts(isOver), LOGOUTS_MS),
    run("texts", () => deliverTexts(isOver), MAILS_MS),
    ...(deliverMails === null ? [] : [run("mails", () => deliverMails(isOver), MAILS_MS)]),
  ];
  return {
    async stop() {
      stopped = true;
      for (const timer of timers) clearInterval(timer);
      await Promise.all(underWay.values());
    },
  };
}

// Takes no more requests, finishes those under way and the mail or text that is, lets the store go. 0 when everything
// was finished.
async function shutDown({ server, storage, timers }: Running, log: Logger): Promise<number> {
  const choresDone = Promise.race([timers?.stop(), delay(STOP_MS, undefined, { ref: false })]);
  const done = server === null || (await closed(server));
  await choresDone;
  if (!done) log.warn({ event: "stopped-with-requests-under-way" });
  await storage?.close();
  return done ? 0 : 1;
}

async function closed(server: Server): Promise<boolean> {
  const finished = new Promise<boolean>((resolve) => server.close(() => resolve(true)));
  const patience = delay(STOP_MS, false, { ref: false });
  // A connection that was busy when the signal came is kept alive after its answer unless it is closed.
  const closing = setInterval(() => server.closeIdleConnections(), 50);
  const done = await Promise.race([finished, patience]);
  clearInterval(closing);
  return done;
}
