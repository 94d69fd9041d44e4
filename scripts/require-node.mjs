// Runs before anything else. Refuses an old Node with a sentence; plain JavaScript, so that an old Node can
// read it: it could not even load a .ts file.
import * as module from "node:module";
import { fileURLToPath } from "node:url";

const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `Latchkey needs Node 24 or newer; this is ${process.versions.node}. ` +
      "With npm, `npm ci` brings it along: start with `npm start` or `npx latchkey`.",
  );
  process.exit(1);
}

// Types are stripped and code is compiled once, not at every start. The folder is ours and not the one
// for temporary files, where others could leave code for us to run. Without it, starts are slower.
module.enableCompileCache(
  fileURLToPath(new URL("../node_modules/.cache/latchkey", import.meta.url)),
);
