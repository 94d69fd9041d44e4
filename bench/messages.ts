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

// What came of sweeping a store until nothing was left to sweep.
export interface Swept {
  readonly rows: number;
  readonly seconds: number;
  readonly slowestBatchMs: number;
  // Why it ended early; null: it did not.
  readonly failure: string | null;
}

type Message =
  | { readonly kind: "ready"; readonly setup: Setup }
  | { readonly kind: "usage"; readonly usage: Usage }
  | { readonly kind: "block"; readonly ms: number }
  | { readonly kind: "swept"; readonly swept: Swept };

type Kind = Message["kind"];
type Question = Exclude<Kind, "ready">;

// In the server: what only some of them can do.
export interface Chores {
  sweep(): Promise<Swept>;
  takeLongestBlockMs(): number;
}

// One question at a time.
export interface ServerUnderTest {
  readonly setup: Setup;
  usage(): Promise<Usage>;
  // How long its event loop stood still at most since this was last asked; the first time says nothing.
  takeLongestBlockMs(): Promise<number>;
  sweep(): Promise<Swept>;
  stop(): Promise<void>;
}

const ROOT = path.resolve(import.meta.dirname, "..");

export const REDIRECT_URI = "https://bench.example/cb";
export const SCOPE = "openid profile email phone offline_access";

// In the server: says that it is ready, and answers questions about what it has used and does beside requests.
export function answerQuestions(
  setup: Setup,
  statistics: () => { reads: number; writes: number },
  chores: Chores | null = null,
): void {
  const send = (message: Message) => process.send?.(message);
  const usage = (): Usage => {
    const { user, system } = process.cpuUsage();
    const rssBytes = process.memoryUsage.rss();
    return { cpuMicros: user + system, rssBytes, ...statistics() };
  };
  process.on("message", async (question: Question) => {
    if (question === "usage") return send({ kind: question, usage: usage() });
    if (chores === null) throw new Error("this server has no chores");
    if (question === "block") return send({ kind: question, ms: chores.takeLongestBlockMs() });
    return send({ kind: question, swept: await chores.sweep() });
  });
  process.on("disconnect", () => process.exit(0));
  send({ kind: "ready", setup });
}

// How `npm start` starts a server (package.json).
export const AS_STARTED = {
  options: ["--max-semi-space-size=4", "--import", path.join(ROOT, "scripts/require-node.mjs")],
  env: { MALLOC_MMAP_THRESHOLD_: "1048576" },
} as const;

// In the bench: starts a server under test, as `npm start` starts ours. `CPU_PROF_DIR` has it write a profile there.
export async function startUnderTest(
  file: string,
  env: Record<string, string>,
): Promise<ServerUnderTest> {
  const profiles = process.env.CPU_PROF_DIR;
  const options: string[] = [...AS_STARTED.options];
  if (profiles) options.push("--cpu-prof", `--cpu-prof-dir=${profiles}`);
  const child = spawn(process.execPath, [...options, path.join(import.meta.dirname, file)], {
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/", ...AS_STARTED.env, ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const { setup } = await nextMessage(child, "ready");
  const asked = <K extends Question>(question: K) => {
    const answer = nextMessage(child, question);
    child.send(question);
    return answer;
  };
  return {
    setup,
    usage: async () => (await asked("usage")).usage,
    takeLongestBlockMs: async () => (await asked("block")).ms,
    sweep: async () => (await asked("swept")).swept,
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

function nextMessage<K extends Kind>(
  child: ChildProcess,
  kind: K,
): Promise<Extract<Message, { kind: K }>> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error("the server under test ended"));
    child.once("exit", ended);
    child.once("message", (message: Message) => {
      child.off("exit", ended);
      if (isOf(message, kind)) resolve(message);
      else reject(new Error(`the server said "${message.kind}" instead of "${kind}"`));
    });
  });
}

function isOf<K extends Kind>(message: Message, kind: K): message is Extract<Message, { kind: K }> {
  return message.kind === kind;
}
