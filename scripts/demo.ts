// latchkey demo: something to try an empty installation with.
import type { Command } from "commander";
import { AdminError } from "../src/admin/errors.ts";
import { DEMO_USERNAME, demoUris, hasDemoData, makeDemo } from "../src/admin/first-start.ts";
import { isLoopback } from "../src/config.ts";
import { printThing } from "./print.ts";
import { addCommand, type ScriptDeps, withStore } from "./run.ts";

export function addDemoCommand(program: Command): void {
  addCommand(program, "demo", {
    description:
      "say where the demo is, and make its application and user if the store is empty; the " +
      "password is printed once (later: user update demo --reset-password)",
    examples: ["demo", "demo --json"],
  }).action(async () => {
    printThing(await withStore(demo), { member: "password", called: "password of demo" });
  });
}

async function demo(deps: ScriptDeps) {
  const { issuer, production } = deps.config;
  if (production || !isLoopback(new URL(issuer).hostname)) {
    throw new AdminError("usage", "There is a demo on loopback only, and never in production.");
  }
  const { demo: where, ...uris } = demoUris(issuer);
  const made = await makeDemo(deps, uris);
  if (made === null && !(await hasDemoData(deps.storage))) {
    throw new AdminError(
      "not-found",
      "There is no demo: it is made only in a store that never had applications or users.",
    );
  }
  return { issuer, demo: where, login: DEMO_USERNAME, ...made };
}
