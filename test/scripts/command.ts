// Commands on a store of their own.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Ran, type RunLatchkey, runLatchkey } from "../support/command-line.ts";

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

export function openLatchkey(runIt: RunLatchkey = runLatchkey): Latchkey {
  const dataDir = mkdtempSync(path.join(tmpdir(), "latchkey-scripts-"));
  const latchkey: Latchkey = {
    dataDir,
    run: (args, given = {}) =>
      runIt(args, { env: { DATA_DIR: dataDir, ...given.env }, stdin: given.stdin }),
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
