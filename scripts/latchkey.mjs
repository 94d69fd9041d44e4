#!/usr/bin/env node
// The command line's first file: plain JavaScript, so that an old Node gets as far as being refused.
import "./require-node.mjs";
import module from "node:module";
import { fileURLToPath } from "node:url";

// Ours and not the one in the temporary directory, where others could leave code for us to run.
module.enableCompileCache(
  fileURLToPath(new URL("../node_modules/.cache/latchkey", import.meta.url)),
);
await import("./latchkey.ts");
