// latchkey store: a copy of it, and from the embedded store to MongoDB and back.
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { AdminError } from "../src/admin/errors.ts";
import { rotateDataKey } from "../src/admin/rotate-data-key.ts";
import { backUpStore, endAfterRestore } from "../src/admin/store-copies.ts";
import { copyStore } from "../src/admin/transfer.ts";
import { readConfig } from "../src/config.ts";
import { backUpEmbedded, openForCopy } from "../src/store-access.ts";
import { printList, printProgress, printThing } from "./print.ts";
import { addCommand, withStore } from "./run.ts";
import { terminal } from "./terminal.ts";

export function addStoreCommands(program: Command): void {
  const store = program.command("store").description("the store as a whole");

  addCommand(store, "backup <file>", {
    description:
      "copy the embedded store as it is at this moment into a new file, with the server running or not;" +
      " SECRET is not in it",
    examples: ["store backup /backups/latchkey-2026-11-24.sqlite"],
  }).action(async (file: string) => {
    const config = readConfig(terminal().env);
    if (config.store.kind !== "sqlite") {
      throw new AdminError("usage", "The store is MongoDB's: use its own backup, or store copy.");
    }
    const backUp = (target: string) => backUpEmbedded(config.embeddedFile, target);
    printThing(await backUpStore({ now: Date.now, backUp }, path.resolve(file)));
  });

  addCommand(store, "restored", {
    description:
      "after restoring a backup: end every session, token and sign-in under way, so that none that was" +
      " used up or revoked since is alive again",
    examples: ["store restored"],
  }).action(async () => {
    printThing(await withStore(endAfterRestore));
  });

  addCommand(store, "rotate-key", {
    description:
      "replace the data key, under which everything private in the store is sealed, for when somebody may know an old" +
      " SECRET: seals all that lasts anew, with the server running or not; broken off, it is simply run again",
    examples: ["store rotate-key"],
  }).action(async () => {
    const options = { waitUntil, onProgress: printProgress };
    printThing(await withStore((deps) => rotateDataKey(deps, options)));
  });

  addCommand(store, "copy <target>", {
    description:
      "copy everything that lasts to the store 'mongodb' or 'embedded', from the other of the two;" +
      " stop the server first",
    examples: [
      "store copy mongodb   # from DATA_DIR to MONGODB_URI",
      "store copy embedded  # and back",
    ],
  }).action(async (target: string) => {
    if (target !== "mongodb" && target !== "embedded") {
      throw new AdminError("usage", "The target is mongodb or embedded.");
    }
    const config = readConfig(terminal().env);
    if (config.store.kind !== "mongodb") {
      throw new AdminError("usage", "MONGODB_URI names the other store; it is not set.");
    }
    const stores = await openForCopy(config, target);
    try {
      printList(await copyStore(stores.source, stores.target), ["what", "count", "checksum"]);
    } finally {
      await stores.close();
    }
  });
}

async function waitUntil(at: number): Promise<void> {
  while (Date.now() < at) await delay(at - Date.now());
}
