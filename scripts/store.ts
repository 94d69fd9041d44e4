// latchkey store: from the embedded store to MongoDB, and back.
import type { Command } from "commander";
import { AdminError } from "../src/admin/errors.ts";
import { copyStore } from "../src/admin/transfer.ts";
import { readConfig } from "../src/config.ts";
import { openForCopy } from "../src/store-access.ts";
import { printList } from "./print.ts";
import { addCommand } from "./run.ts";

export function addStoreCommands(program: Command): void {
  const store = program.command("store").description("the store as a whole");

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
    const config = readConfig();
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
