// A real server: the product's own start, as a child process, on a store and a port of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { runLatchkey } from "./command-line.ts";
import { emptyDatabase } from "./mongo-addresses.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

export interface OutboxText {
  readonly at: string;
  readonly channel: string;
  readonly to: string;
  readonly purpose: string;
  readonly text: string;
  // Of a mail.
  readonly subject?: string;
}

export interface TestServer {
  readonly issuer: string;
  readonly dataDir: string;
  // What the next start and the command line get.
  readonly env: Record<string, string>;
  pid(): number;
  // Everything it has printed.
  output(): string;
  // Runs the command line on its store, and parses what it prints.
  // biome-ignore lint/suspicious/noExplicitAny: the commands print many shapes.
  latchkey(...args: string[]): Promise<any>;
  // The same with something on standard input.
  // biome-ignore lint/suspicious/noExplicitAny: the commands print many shapes.
  latchkeyReading(input: string, ...args: string[]): Promise<any>;
  texts(): OutboxText[];
  // Those that went into the outbox.
  mails(): OutboxText[];
  // The code in the last text to a number.
  lastCode(number?: string): string;
  kill(signal?: NodeJS.Signals): Promise<number | null>;
  // Starts it again on the same store and port.
  restart(env?: Record<string, string>): Promise<void>;
  // Stops it and deletes its store.
  close(): Promise<void>;
}

export interface TestServerOptions {
  readonly env?: Record<string, string>;
  readonly limits?: Record<string, number | number[]>;
  readonly issuerPath?: string;
  // Where the issuer is reached, if something stands in front.
  readonly issuerPort?: number;
  // False: returns at once, whether it ever gets ready or not.
  readonly untilReady?: boolean;
}

// Starts a server and waits until it is ready. Its store is the embedded one, or a database of its own on the
// MongoDB server that TEST_STORE_URI names.
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const dataDir = mkdtempSync(path.join(tmpdir(), "latchkey-"));
  const port = await freePort();
  const issuer = `http://localhost:${options.issuerPort ?? port}${options.issuerPath ?? ""}`;
  const { untilReady = true } = options;
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? "",
    HOME: process.env.HOME ?? "/",
    DATA_DIR: dataDir,
    PORT: String(port),
    ISSUER: issuer,
    ...storeOfTheRun(),
    ...options.env,
  };
  if (options.limits !== undefined) {
    env.LIMITS_FILE = path.join(dataDir, "limits.json");
    writeFileSync(env.LIMITS_FILE, JSON.stringify(options.limits));
  }
  let output = "";
  const start = () =>
    spawnServer(env, untilReady, (text) => {
      output += text;
    });
  let child = await start();

  const server: TestServer = {
    issuer,
    dataDir,
    env,
    pid: () => child.pid ?? 0,
    output: () => output,
    latchkey: (...args) => server.latchkeyReading("", ...args),
    async latchkeyReading(input, ...args) {
      const { code, stdout, stderr } = await runLatchkey([...args, "--json"], {
        env,
        stdin: input,
      });
      if (code !== 0) throw Object.assign(new Error(stderr), { code, stdout, stderr });
      return JSON.parse(stdout);
    },
    texts: () => readOutbox(env).filter(({ channel }) => channel === "sms"),
    mails: () => readOutbox(env).filter(({ channel }) => channel === "mail"),
    lastCode(number) {
      const codes = server.texts().flatMap(({ to, text }) => {
        const code = /#(\d{6})$/.exec(text)?.[1];
        return code !== undefined && (number === undefined || to === number) ? [code] : [];
      });
      const code = codes.at(-1);
      if (code === undefined) throw new Error("no text with a code");
      return code;
    },
    kill: (signal = "SIGTERM") => stop(child, signal),
    async restart(changes = {}) {
      Object.assign(env, changes);
      child = await start();
    },
    async close() {
      await stop(child, "SIGKILL");
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return server;
}

function storeOfTheRun(): Record<string, string> {
  const { TEST_STORE_URI } = process.env;
  if (TEST_STORE_URI === undefined) return {};
  return {
    MONGODB_URI: emptyDatabase(TEST_STORE_URI),
    SECRET: randomBytes(48).toString("base64url"),
  };
}

async function spawnServer(
  env: Record<string, string>,
  untilReady: boolean,
  onOutput: (text: string) => void,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["src/main.ts"], { env, cwd: ROOT });
  let errors = "";
  child.stdout.on("data", (data: Buffer) => onOutput(data.toString()));
  child.stderr.on("data", (data: Buffer) => {
    errors += data.toString();
    onOutput(data.toString());
  });
  if (!untilReady) return child;
  const ready = `http://localhost:${env.PORT}/readyz`;
  for (let waited = 0; waited < 15_000; waited += 50) {
    if (child.exitCode !== null) throw new Error(`the server ended: ${errors}`);
    const answer = await fetch(ready).catch(() => null);
    if (answer?.status === 200) return child;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill("SIGKILL");
  throw new Error(`the server did not get ready: ${errors}`);
}

function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once("exit", (code) => resolve(code));
    child.kill(signal);
  });
}

function readOutbox(env: Record<string, string>): OutboxText[] {
  try {
    return readFileSync(path.join(env.DATA_DIR ?? "", "outbox.ndjson"), "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  } catch {
    return [];
  }
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
