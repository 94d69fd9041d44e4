#!/usr/bin/env node
// The command line's first file: plain JavaScript, so that an old Node gets as far as being refused.
import "./require-node.mjs";

const { runCommand } = await import("./latchkey.ts");

// Whoever reads our output may stop early (| head).
process.stdout.on("error", ({ code }) => process.exit(code === "EPIPE" ? 0 : 1));
process.exitCode = await runCommand();
