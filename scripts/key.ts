// latchkey key: the keys that sign tokens.
import type { Command } from "commander";
import { listKeys, rotateKeys } from "../src/admin/keys.ts";
import { printList } from "./print.ts";
import { addCommand, withStore } from "./run.ts";

export function addKeyCommands(program: Command): void {
  const key = program.command("key").description("the keys that sign tokens");

  addCommand(key, "list", {
    description: "list the keys, those that sign first; never their private parts",
    examples: ["key list"],
  }).action(async () => {
    printList(await withStore(listKeys), ["kid", "alg", "state", "created", "signsFrom"]);
  });

  addCommand(key, "rotate", {
    description: "make new keys, which sign once relying parties have had time to learn them",
    examples: ["key rotate", "key rotate --now --forget-old"],
  })
    .option("--now", "sign with the new keys at once; for emergencies")
    .option("--forget-old", "with --now: forget the old keys; what they signed is void")
    .action(async (options: { now?: boolean; forgetOld?: boolean }) => {
      const { now: atOnce, forgetOld } = options;
      const keys = await withStore((deps) => rotateKeys(deps, { atOnce, forgetOld }));
      printList(keys, ["kid", "alg", "state", "created", "signsFrom"]);
    });
}
