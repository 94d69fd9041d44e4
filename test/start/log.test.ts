// The log's way out: standard output, whoever reads it or not.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";

const LINES = 20_000;
const LOG = new URL("../../src/log.ts", import.meta.url);

// Logs, lets the event loop turn, and then says how much it keeps in memory.
const PROGRAM = `
  import { createLogger } from ${JSON.stringify(LOG.href)};
  const log = createLogger("info", { logQueueBytesMax: 2 ** 20 });
  console.log("{}");
  for (let i = 0; i < ${LINES}; i++) log.info({ event: "one-of-many", i, filling: "x".repeat(200) });
  setImmediate(() => process.send({ kept: process.stdout.writableLength }));
  process.once("message", () => {
    process.disconnect();
  });
`;

describe("the log", () => {
  it("drops what nobody reads, and counts it, instead of keeping it (FLT-48)", async () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM], {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    const { stdout } = child;
    assert.ok(stdout !== null);
    // Nobody reads: not even as much as a stream reads ahead.
    stdout.pause();
    const [{ kept }] = await once(child, "message");
    assert.ok(kept < 2 ** 21, `${kept} bytes wait in memory`);

    let output = "";
    stdout.on("data", (data: Buffer) => {
      output += data.toString();
    });
    stdout.resume();
    child.send("goodbye");
    await once(child, "close");
    const lines = output.trimEnd().split("\n").slice(1);
    const events: { event: string; count?: number }[] = lines.map((line) => JSON.parse(line));
    const written = events.filter(({ event }) => event === "one-of-many").length;
    const dropped = events.filter(({ event }) => event === "log-lines-dropped");
    assert.equal(dropped.length, 1, "it is not told that lines are missing");
    assert.equal(written + Number(dropped[0]?.count), LINES);
  });
});
