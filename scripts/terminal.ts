// What a command runs in: its arguments, its environment and its streams. They are the process's own, unless a caller
// brings others, as a test does that runs commands in its own process.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Readable } from "node:stream";

export interface Terminal {
  // Without the program's name.
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
}

export interface Output {
  write(text: string): unknown;
}

const brought = new AsyncLocalStorage<Terminal>();

// The terminal of the command that asks.
export function terminal(): Terminal {
  return brought.getStore() ?? ownTerminal();
}

// Does the work in another terminal than the process's own.
export function withTerminal<Result>(other: Terminal, work: () => Result): Result {
  return brought.run(other, work);
}

// Whether JSON was asked for. It is looked for before anything is parsed, so that a usage error comes as JSON too.
export function wantsJson(): boolean {
  return terminal().args.includes("--json");
}

function ownTerminal(): Terminal {
  const { argv, env, stdin, stdout, stderr } = process;
  return { args: argv.slice(2), env, stdin, stdout, stderr };
}
