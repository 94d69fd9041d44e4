// A real server: the product's own start, as a child process, on a store and a port of its own.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const ROOT = path.resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

export interface OutboxText {
  readonly at: string;
  readonly channel: string;
  readonly to: string;
  readonly purpose: string;
  readonly text: string;
}

export interface TestServer {
  readonly issuer: string;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string>>;
  // Everything it has printed.
  output(): string;
  // Runs the command line on its store, and parses what it prints.
  // biome-ignore lint/suspicious/noExplicitAny: the commands print many shapes.
  latchkey(...args: string[]): Promise<any>;
  texts(): OutboxText[];
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
  readonly limits?: Record<string, number>;
  readonly issuerPath?: string;
}

// Starts a server and waits until it is ready.
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const dataDir = mkdtempSync(path.join(tmpdir(), "latchkey-"));
  const port = await freePort();
  const issuer = `http://localhost:${port}${options.issuerPath ?? ""}`;
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? "",
    HOME: process.env.HOME ?? "/",
    DATA_DIR: dataDir,
    PORT: String(port),
    ISSUER: issuer,
    ...options.env,
  };
  if (options.limits !== undefined) {
    env.LIMITS_FILE = path.join(dataDir, "limits.json");
    writeFileSync(env.LIMITS_FILE, JSON.stringify(options.limits));
  }
  let output = "";
  let child = await spawnServer(env, issuer, (text) => {
    output += text;
  });

  const server: TestServer = {
    issuer,
    dataDir,
    env,
    output: () => output,
    async latchkey(...args) {
      const { stdout } = await run(
        process.execPath,
        [path.join(ROOT, "scripts/latchkey.mjs"), ...args, "--json"],
        { env, cwd: ROOT },
      );
      return JSON.parse(stdout);
    },
    texts: () => readTexts(path.join(dataDir, "outbox.ndjson")),
    lastCode(number) {
      const text = server.texts().findLast(({ to }) => number === undefined || to === number);
      const code = /#(\d{6})$/.exec(text?.text ?? "")?.[1];
      if (code === undefined) throw new Error("no text with a code");
      return code;
    },
    kill: (signal = "SIGTERM") => stop(child, signal),
    async restart(changes = {}) {
      Object.assign(env, changes);
      child = await spawnServer(env, issuer, (text) => {
        output += text;
      });
    },
    async close() {
      await stop(child, "SIGKILL");
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return server;
}

async function spawnServer(
  env: Record<string, string>,
  issuer: string,
  onOutput: (text: string) => void,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["src/main.ts"], { env, cwd: ROOT });
  let errors = "";
  child.stdout.on("data", (data: Buffer) => onOutput(data.toString()));
  child.stderr.on("data", (data: Buffer) => {
    errors += data.toString();
    onOutput(data.toString());
  });
  const ready = new URL("/readyz", issuer);
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

function readTexts(file: string): OutboxText[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
