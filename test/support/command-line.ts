// The command line: in the test's own process, or in one of its own.
import { spawn } from "node:child_process";
import path from "node:path";
import { Readable } from "node:stream";
import { runCommand } from "../../scripts/latchkey.ts";
import { withTerminal } from "../../scripts/terminal.ts";

export interface Ran {
  // The exit code.
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Given {
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string | undefined;
}

export type RunLatchkey = (args: readonly string[], given: Given) => Promise<Ran>;

const ROOT = path.resolve(import.meta.dirname, "../..");

// Runs a command in this process: the same code as behind `npx latchkey`, without the half second that a process
// takes to start.
export async function runLatchkey(args: readonly string[], given: Given): Promise<Ran> {
  const printed = { stdout: "", stderr: "" };
  const output = (stream: keyof typeof printed) => ({
    write(text: string) {
      printed[stream] += text;
    },
  });
  const terminal = {
    args,
    env: given.env,
    stdin: Readable.from([Buffer.from(given.stdin ?? "")]),
    stdout: output("stdout"),
    stderr: output("stderr"),
  };
  const code = await withTerminal(terminal, runCommand);
  return { code, ...printed };
}

// Runs a command in a process of its own, for tests that are about that.
export function spawnLatchkey(args: readonly string[], given: Given): Promise<Ran> {
  const child = spawn(process.execPath, ["scripts/latchkey.mjs", ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...given.env },
  });
  const printed = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      printed[stream] += text;
    });
  }
  // Most commands end without reading it.
  child.stdin.on("error", () => {});
  child.stdin.end(given.stdin ?? "");
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? -1, ...printed }));
  });
}
