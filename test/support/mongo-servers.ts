// A server that speaks MongoDB's protocol, as a child process on a port and in a directory of its own. What it is good
// for is in test/mongodb/README.md.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Prepared, prepareMongoJavaServer } from "../mongodb/install.ts";

const START_MS_MAX = 30_000;

export interface MongoServer {
  readonly port: number;
  // Without a database: mongodb://127.0.0.1:PORT.
  readonly uri: string;
  // SIGTERM unless told. Returns once the process is gone; SIGSTOP and SIGCONT return at once.
  kill(signal?: NodeJS.Signals): Promise<void>;
  // Ends it if it still runs, and starts it again on the same port and files.
  restart(): Promise<void>;
  // Stops it and deletes its files.
  close(): Promise<void>;
}

// In memory, unless durable: then in a file that survives SIGTERM. It is written about once a second, so
// SIGKILL loses what came last.
export async function startMongoJavaServer(
  options: { durable?: boolean } = {},
): Promise<MongoServer> {
  return start(await prepareMongoJavaServer(), (port, directory) =>
    options.durable ? [String(port), path.join(directory, "store.h2")] : [String(port)],
  );
}

async function start(
  prepared: Prepared,
  argumentsFor: (port: number, directory: string) => string[],
): Promise<MongoServer> {
  if (prepared.missing !== null) throw new Error(prepared.missing);
  const { command, args } = prepared;
  const port = await freePort();
  const directory = mkdtempSync(path.join(tmpdir(), "latchkey-mongodb-"));
  endWithUs();
  directories.add(directory);
  const launch = () => spawnReady(command, [...args, ...argumentsFor(port, directory)], port);
  let child = await launch();

  return {
    port,
    uri: `mongodb://127.0.0.1:${port}`,
    kill: (signal = "SIGTERM") => kill(child, signal),
    async restart() {
      await kill(child, "SIGTERM");
      child = await launch();
    },
    async close() {
      await kill(child, "SIGKILL");
      rmSync(directory, { recursive: true, force: true });
      directories.delete(directory);
    },
  };
}

async function spawnReady(command: string, args: string[], port: number): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let output = "";
  let failure: Error | null = null;
  child.once("error", (error) => {
    failure = error;
  });
  for (const stream of [child.stdout, child.stderr]) {
    // Kept to its end: a server that logs every command must not fill our memory.
    stream.on("data", (data: Buffer) => {
      output = (output + data.toString()).slice(-20_000);
    });
  }

  const deadline = performance.now() + START_MS_MAX;
  let printed = false;
  while (performance.now() < deadline) {
    if (failure !== null) throw failure;
    if (hasEnded(child)) throw new Error(`the database ended: ${output}`);
    printed ||= /^ready$/m.test(output);
    if (printed && (await canConnect(port))) return child;
    await delay(20);
  }
  child.kill("SIGKILL");
  throw new Error(`the database did not get ready: ${output}`);
}

function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return Promise.resolve();
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill(signal);
    if (signal === "SIGSTOP" || signal === "SIGCONT") resolve();
  });
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

const running = new Set<ChildProcess>();
const directories = new Set<string>();

// However the test process ends, short of SIGKILL, no database and no file of one stays behind.
function endWithUs(): void {
  if (process.listeners("exit").includes(removeAll)) return;
  process.on("exit", removeAll);
  // By default a signal ends the process without "exit".
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
}

function removeAll(): void {
  for (const child of running) child.kill("SIGKILL");
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

// Below the ports that Linux gives to outgoing connections: one of those could take the port while the
// server is down, and it could not be started again.
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await canListen(port)) return port;
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
