// What every command has in common: its options, the store around it, and the exit code at its end.
import { userInfo } from "node:os";
import { type Command, CommanderError, InvalidArgumentError } from "commander";
import type { AdminDeps } from "../src/admin/deps.ts";
import { AdminError, type AdminErrorCode } from "../src/admin/errors.ts";
import { type Config, readConfig } from "../src/config.ts";
import { createHasher, openStorage, readBlocklist } from "../src/store-access.ts";
import { terminal, wantsJson } from "./terminal.ts";

const EXIT_CODES: Record<AdminErrorCode, number> = {
  failed: 1,
  usage: 2,
  "not-found": 3,
  conflict: 4,
};

const INPUT_BYTES_MAX = 4096;

export interface ScriptDeps extends AdminDeps {
  readonly config: Config;
}

// A command under a group, with the options that all have.
export function addCommand(
  group: Command,
  usage: string,
  text: { readonly description: string; readonly examples: readonly string[] },
): Command {
  const examples = text.examples.map((example) => `  $ npx latchkey ${example}`);
  return group
    .command(usage)
    .description(text.description)
    .option("--json", "print JSON and nothing else")
    .addHelpText("after", ["", "Examples:", ...examples].join("\n"));
}

// Options without which a command does nothing. Commander would miss them before it told of an unknown one, which is
// more often what is wrong. "--a|--b": the first, unless the second is there.
export function needs(command: Command, ...names: readonly string[]): Command {
  const isGiven = (name: string) => {
    const option = command.options.find(({ long }) => long === name);
    return option && command.getOptionValue(option.attributeName()) !== undefined;
  };
  return command.hook("preAction", () => {
    const missing = names
      .map((name) => name.split("|"))
      .filter((alternatives) => !alternatives.some(isGiven))
      .map(([first]) => command.options.find(({ long }) => long === first)?.flags);
    if (missing.length === 0) return;
    const flags = missing.join(" and ");
    throw new AdminError("usage", `${flags} ${missing.length === 1 ? "is" : "are"} needed.`);
  });
}

// Opens the store, does the work, and closes the store whatever came of it.
export async function withStore<Result>(
  work: (deps: ScriptDeps) => Promise<Result>,
): Promise<Result> {
  const config = readConfig(terminal().env);
  const storage = await openStorage(config);
  try {
    return await work({
      config,
      storage,
      now: Date.now,
      actor: `cli:${osUser()}`,
      limits: config.limits,
      privateFetchHosts: config.privateFetchHosts,
      hasher: {
        hash: async (password) => (await createHasher(config)).hash(password),
        verify: async (hash, password) => (await createHasher(config)).verify(hash, password),
      },
      blocklist: readBlocklist,
    });
  } finally {
    await storage.close();
  }
}

// Says on standard error what went wrong, and answers the exit code for it.
export function reportError(error: unknown): number {
  const known = asAdminError(error);
  if (known === null) return 0;
  const { code, message } = known;
  const text = wantsJson() ? JSON.stringify({ error: { code, message } }) : `Error: ${message}`;
  terminal().stderr.write(`${text}\n`);
  return EXIT_CODES[code];
}

// A password from standard input, without the line's end.
export function readPassword(): Promise<string> {
  return readSecret("password");
}

// The same for a secret of another name; its option is --NAME-stdin.
export function readSecret(name: "password" | "code"): Promise<string> {
  return readInput(`--${name}-stdin needs the ${name}`, name);
}

// A line from standard input, without its end. Nobody types one into nothing: "usage".
export async function readInput(needs: string, called: string): Promise<string> {
  const { stdin } = terminal();
  if (stdin.isTTY) throw new AdminError("usage", `${needs} on standard input.`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    const read = Buffer.from(chunk);
    bytes += read.length;
    if (bytes > INPUT_BYTES_MAX) throw new AdminError("usage", `The ${called} is too long.`);
    chunks.push(read);
  }
  const input = Buffer.concat(chunks)
    .toString()
    .replace(/\r?\n$/, "");
  if (input === "") throw new AdminError("usage", `There is no ${called} on standard input.`);
  return input;
}

// An option's parser for "on" and "off".
export function parseSwitch(value: string): boolean {
  if (value === "on" || value === "off") return value === "on";
  throw new InvalidArgumentError("Must be on or off.");
}

// An option's parser for whole numbers.
export function parseCount(value: string): number {
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("Must be a whole number.");
}

// An option's parser for what may be given several times.
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

// Null: all is well, help was asked for.
function asAdminError(error: unknown): { code: AdminErrorCode; message: string } | null {
  if (error instanceof AdminError) return error;
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return null;
    const message =
      error.code === "commander.help"
        ? "A command is missing; see --help."
        : error.message.replace(/^error: /, "");
    return { code: "usage", message };
  }
  return { code: "failed", message: error instanceof Error ? error.message : String(error) };
}

// In a container the user may have no name.
function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? "unknown"}`;
  }
}
