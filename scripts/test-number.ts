// latchkey test-number: numbers to which nothing is sent, and whose code is fixed.
import type { Command } from "commander";
import { addTestNumber, listTestNumbers, removeTestNumber } from "../src/admin/test-numbers.ts";
import { printList, printNote, printThing } from "./print.ts";
import { addCommand, needs, readSecret, withStore } from "./run.ts";

const CODE = { member: "code", called: "code" };

const WARNING =
  "Users have this number as their phone: whoever has the code passes their second step.";

interface AddFlags {
  name: string;
  until: string;
  codeStdin?: boolean;
}

export function addTestNumberCommands(program: Command): void {
  const testNumber = program
    .command("test-number")
    .description("numbers to which nothing is sent, and whose code is fixed, for rehearsals");

  const add = addCommand(testNumber, "add <number>", {
    description:
      "list a number; best one that is reserved for fiction. Whoever has its code passes the second step of" +
      " every user with this number. Without --code-stdin a code is generated and printed once",
    examples: [
      'test-number add +447700900123 --name "App review" --until 2026-12-31',
      'test-number add +12025550123 --name "Nightly" --until 2026-12-31T06:00:00Z --code-stdin < code.txt',
    ],
  })
    .option("--name <name>", "what it is for; the audit log says it at each use")
    .option("--until <day>", "the last day, or the instant of its end; UTC, 366 days at most")
    .option("--code-stdin", "read the six digits from standard input")
    .action(async (number: string, { name, until, codeStdin }: AddFlags) => {
      const code = codeStdin ? await readSecret("code") : undefined;
      const added = await withStore((deps) => addTestNumber(deps, { number, name, until, code }));
      printThing(added, CODE);
      if (added.users > 0) printNote(WARNING);
    });
  needs(add, "--name", "--until");

  addCommand(testNumber, "list", {
    description: "list them, those that have ended too; never a whole number or a code",
    examples: ["test-number list"],
  }).action(async () => {
    const items = await withStore(listTestNumbers);
    printList(items, ["id", "number", "name", "until", "expired"]);
  });

  addCommand(testNumber, "remove <number>", {
    description: "take one off the list, by its number or the id of its listing",
    examples: ["test-number remove +447700900123"],
  }).action(async (number: string) => {
    printThing(await withStore((deps) => removeTestNumber(deps, number)));
  });
}
