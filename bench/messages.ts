// What a server under test and the bench say to each other over the channel between the processes.
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";

export interface BenchUser {
  readonly login: string;
  readonly password: string;
  readonly phone: string;
}

// What a server under test was set up with.
export interface Setup {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly users: readonly BenchUser[];
  // Where our texts are read; null where there is no second step.
  readonly outboxFile: string | null;
  // Hexadecimal. Lets the bench post a form without fetching its page.
  readonly csrfKey: string | null;
}

export interface Usage {
  readonly cpuMicros: number;
  readonly rssBytes: number;
  readonly reads: number;
  readonly writes: number;
}

type Message =
  | { readonly kind: "ready"; readonly setup: Setup }
  | { readonly kind: "usage"; readonly usage: Usage };

export interface ServerUnderTest {
  readonly setup: Setup;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

const ROOT = path.resolve(import.meta.dirname, "..");

export const REDIRECT_URI = "https://bench.example/cb";
export const SCOPE = "openid profile email phone offline_access";

// In the server: says that it is ready, and answers every question with what it has used.
export function answerUsage(
  setup: Setup,
  statistics: () => { reads: number; writes: number },
): void {
  const send = (message: Message) => process.send?.(message);
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    const rssBytes = process.memoryUsage.rss();
    send({ kind: "usage", usage: { cpuMicros: user + system, rssBytes, ...statistics() } });
  });
  process.on("disconnect", () => process.exit(0));
  send({ kind: "ready", setup });
}

// In the bench: starts a server under test, as `npm start` starts ours. `CPU_PROF_DIR` has it write a profile there.
export async function startUnderTest(
  file: string,
  env: Record<string, string>,
): Promise<ServerUnderTest> {
  const profiles = process.env.CPU_PROF_DIR;
  const options = ["--import", path.join(ROOT, "scripts/require-node.mjs")];
  if (profiles) options.push("--cpu-prof", `--cpu-prof-dir=${profiles}`);
  const child = spawn(process.execPath, [...options, path.join(import.meta.dirname, file)], {
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/", ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const first = await nextMessage(child);
  if (first.kind !== "ready") throw new Error("the server did not say that it is ready");
  return {
    setup: first.setup,
    async usage() {
      const answer = nextMessage(child);
      child.send("usage");
      const message = await answer;
      if (message.kind !== "usage") throw new Error("the server said something else");
      return message.usage;
    },
    stop: () => stopChild(child),
  };
}

export function stopChild(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    if (child.connected) child.disconnect();
    else child.kill("SIGTERM");
  });
}

function nextMessage(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error("the server under test ended"));
    child.once("exit", ended);
    child.once("message", (message: Message) => {
      child.off("exit", ended);
      resolve(message);
    });
  });
}
