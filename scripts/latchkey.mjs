#!/usr/bin/env node
// The command line's first file: plain JavaScript, so that an old Node gets as far as being refused.
import "./require-node.mjs";

await import("./latchkey.ts");
