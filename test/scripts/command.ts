// The real command as a child process, on a store of its own.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const ROOT = path.resolve(import.meta.dirname, "../..");

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Latchkey {
  readonly dataDir: string;
  // Runs a command, with what it finds on standard input.
  run(
    args: readonly string[],
    given?: { stdin?: string; env?: Record<string, string> },
  ): Promise<Ran>;
  // Runs it with --json; fails unless it exits 0 and prints one JSON object and nothing else.
  // biome-ignore lint/suspicious/noExplicitAny: the commands print many shapes.
  json(...args: string[]): Promise<any>;
  // Runs it with --json; fails unless it is refused with this exit code and error code.
  refused(code: number, args: readonly string[], stdin?: string): Promise<string>;
  close(): void;
}

const CODES: Record<number, string> = { 1: "failed", 2: "usage", 3: "not-found", 4: "conflict" };

export function openLatchkey(): Latchkey {
  const dataDir = mkdtempSync(path.join(tmpdir(), "latchkey-scripts-"));
  const latchkey: Latchkey = {
    dataDir,
    run: (args, given = {}) =>
      spawnLatchkey(args, { env: { DATA_DIR: dataDir, ...given.env }, stdin: given.stdin ?? "" }),
    async json(...args) {
      const { code, stdout, stderr } = await latchkey.run([...args, "--json"]);
      assert.equal(code, 0, stderr);
      assert.equal(stderr, "");
      return JSON.parse(stdout);
    },
    async refused(code, args, stdin = "") {
      const ran = await latchkey.run([...args, "--json"], { stdin });
      assert.equal(ran.code, code, ran.stderr + ran.stdout);
      assert.equal(ran.stdout, "");
      const { error, ...more } = JSON.parse(ran.stderr);
      assert.deepEqual(more, {});
      assert.deepEqual(Object.keys(error), ["code", "message"]);
      assert.equal(error.code, CODES[code]);
      return error.message;
    },
    close: () => rmSync(dataDir, { recursive: true, force: true }),
  };
  return latchkey;
}

function spawnLatchkey(
  args: readonly string[],
  given: { env: Record<string, string>; stdin: string },
): Promise<Ran> {
  const child = spawn(process.execPath, ["scripts/latchkey.mjs", ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...given.env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // Most commands end without reading it.
  child.stdin.on("error", () => {});
  child.stdin.end(given.stdin);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}
