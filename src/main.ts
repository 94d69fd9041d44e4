// Start: configuration, store, keys, application, listen. Stop in reverse order, after what is under way.
import { createServer, type Server } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { demoUris, hasDemoData, makeDemo } from "./admin/first-start.ts";
import { ensureSigningKeys } from "./admin/keys.ts";
import { type App, createApp, mayDemo } from "./app.ts";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { createLogger, type Logger } from "./log.ts";
import type { Storage } from "./ports/storage.ts";
import { createHasher, openStorage, readBlocklist } from "./store-access.ts";

const KEYS_CHECK_MS = 5_000;
const SWEEP_MS = 60_000;
const SWEEP_ROWS = 500;
const STOP_MS = 30_000;

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLogger(config.logLevel);
  if (config.withoutEffect.length > 0) {
    log.warn({ event: "settings-without-effect", names: config.withoutEffect });
  }
  const storage = await openStorage(config);
  const hasher = await createHasher(config);
  const admin = {
    storage,
    hasher,
    now: Date.now,
    actor: "system",
    limits: config.limits,
    blocklist: readBlocklist,
  };
  if (config.production && (await hasDemoData(storage))) {
    throw new ConfigError([
      "the store holds the demo application or user; remove them with: " +
        "npx latchkey client remove demo; npx latchkey user remove demo",
    ]);
  }
  await ensureSigningKeys(admin);
  const uris = demoUris(config.issuer);
  const made = mayDemo(config) ? await makeDemo(admin, uris) : null;

  let stopping = false;
  const app = await createApp({
    config,
    storage,
    hasher,
    log,
    now: Date.now,
    isStopping: () => stopping,
  });
  const server = await listen(config, app);
  const timers = startTimers(app, storage, log);

  const stop = (signal: string) => {
    // Who asks twice does not want to wait.
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ event: "stopping", signal });
    timers.stop();
    shutDown(server, storage, log).then((code) => process.exit(code));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);

  // Only now, when it can be stopped properly, does it say that it is there.
  print("issuer", config.issuer);
  if (mayDemo(config)) print("demo", uris.demo);
  if (made !== null) {
    print("login", made.login);
    print("password", made.password);
  }
  print(
    "texts",
    config.smsProviders.includes("outbox") ? config.outboxFile : config.smsProviders.join(", "),
  );
  log.info({ event: "ready", issuer: config.issuer, node: process.versions.node });
}

function listen(config: Config, app: App): Promise<Server> {
  // Whoever sends its headers or body too slowly is cut off; whoever is served is not.
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 },
    app.koa.callback(),
  );
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(config.port, config.host, () => resolve(server));
  });
}

// What goes on beside the requests: following the signing keys, and sweeping what has expired, a little
// at a time so that no request waits.
function startTimers(app: App, storage: Storage, log: Logger): { stop(): void } {
  const run = (name: string, work: () => Promise<void>, everyMs: number) => {
    const timer = setInterval(() => {
      work().catch((error: unknown) =>
        log.error({ event: "chore-failed", chore: name, err: error }),
      );
    }, everyMs);
    timer.unref();
    return timer;
  };
  const timers = [
    run("keys", () => app.engine.refreshKeys(), KEYS_CHECK_MS),
    run("sweep", () => sweep(storage), SWEEP_MS),
  ];
  return {
    stop() {
      for (const timer of timers) clearInterval(timer);
    },
  };
}

async function sweep(storage: Storage): Promise<void> {
  while ((await storage.sweep(Date.now(), SWEEP_ROWS)) === SWEEP_ROWS) await delay(20);
}

// Takes no more requests, finishes those under way, lets the store go. 0 when everything was finished.
async function shutDown(server: Server, storage: Storage, log: Logger): Promise<number> {
  const finished = new Promise<boolean>((resolve) => server.close(() => resolve(true)));
  const patience = delay(STOP_MS, false, { ref: false });
  // A connection that was busy when the signal came is kept alive after its answer unless it is closed.
  const closing = setInterval(() => server.closeIdleConnections(), 50);
  const done = await Promise.race([finished, patience]);
  clearInterval(closing);
  if (!done) log.warn({ event: "stopped-with-requests-under-way" });
  await storage.close();
  return done ? 0 : 1;
}

function print(name: string, value: string): void {
  console.log(`${`${name}:`.padEnd(10)}${value}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
});
