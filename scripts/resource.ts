// latchkey resource: APIs that applications ask access tokens for.
import type { Command } from "commander";
import {
  addResource,
  type ChangeResource,
  listResources,
  removeResource,
  showResource,
  updateResource,
} from "../src/admin/resources.ts";
import { printList, printThing } from "./print.ts";
import { addCommand, collect, withStore } from "./run.ts";

interface Flags {
  name?: string;
  scope?: string[];
  audience?: string;
  claim?: string[];
}

export function addResourceCommands(program: Command): void {
  const resource = program
    .command("resource")
    .description("APIs (resource servers) that applications ask access tokens for");

  addSettings(
    addCommand(resource, "add", {
      description:
        "register an API; applications then name it with --resource and its scopes with --scope",
      examples: [
        'resource add --id https://api.example --name "Orders" --scope orders:read --scope orders:write',
      ],
    })
      .requiredOption("--id <uri>", "its resource indicator (RFC 8707)")
      .requiredOption("--name <name>", "what people call it"),
  ).action(async ({ id, name, ...flags }: Flags & { id: string; name: string }) => {
    const input = { ...settingsOf(flags), id, name };
    printThing(await withStore((deps) => addResource(deps, input)));
  });

  addSettings(
    addCommand(resource, "update <id>", {
      description: "change what is given; lists are replaced, and an empty text takes a value away",
      examples: ["resource update https://api.example --scope orders:read"],
    }).option("--name <name>", "what people call it"),
  ).action(async (id: string, flags: Flags) => {
    printThing(await withStore((deps) => updateResource(deps, id, settingsOf(flags))));
  });

  addCommand(resource, "list", {
    description: "list all APIs",
    examples: ["resource list"],
  }).action(async () => {
    printList(await withStore(listResources), ["id", "name", "scopes", "audience"]);
  });

  addCommand(resource, "show <id>", {
    description: "show one API",
    examples: ["resource show https://api.example"],
  }).action(async (id: string) => {
    printThing(await withStore((deps) => showResource(deps, id)));
  });

  addCommand(resource, "remove <id>", {
    description: "remove an API that no application names any more",
    examples: ["resource remove https://api.example"],
  }).action(async (id: string) => {
    printThing(await withStore((deps) => removeResource(deps, id)));
  });
}

function addSettings(command: Command): Command {
  return command
    .option("--scope <scope>", "one of its scopes; may be given several times", collect)
    .option("--audience <value>", "what its tokens say in aud; the id unless it is given")
    .option("--claim <claim>", "a user's claim in its tokens; may be given several times", collect);
}

// What they may be is admin's to check.
function settingsOf({ name, scope, audience, claim }: Flags): ChangeResource {
  const listed = (given: string[] | undefined) => given?.filter((each) => each !== "");
  return {
    name,
    audience,
    scopes: listed(scope),
    claims: listed(claim) as ChangeResource["claims"],
  };
}
