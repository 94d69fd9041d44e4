// latchkey client: applications.
import type { Command } from "commander";
import { setText, showTexts, type TextDeps } from "../src/admin/application-texts.ts";
import {
  addApplication,
  listApplications,
  removeApplication,
  rotateSecret,
  showApplication,
  updateApplication,
} from "../src/admin/applications.ts";
import { AdminError } from "../src/admin/errors.ts";
import { readOwnTemplates, textFrameOf } from "../src/text-catalog.ts";
import { addSettings, type Flags, settingsOf } from "./client-options.ts";
import { printList, printThing } from "./print.ts";
import { addCommand, collect, needs, readInput, type ScriptDeps, withStore } from "./run.ts";

const SECRET = { member: "client_secret", called: "client secret" };

export function addClientCommands(program: Command): void {
  const client = program.command("client").description("applications (OAuth clients)");
  addAdd(client);
  addUpdate(client);
  addText(client);

  addCommand(client, "list", {
    description: "list all applications",
    examples: ["client list", "client list --json"],
  }).action(async () => {
    const items = await withStore(listApplications);
    printList(items, ["client_id", "client_name", "token_endpoint_auth_method", "redirect_uris"]);
  });

  addCommand(client, "show <id>", {
    description: "show one application, never its secret",
    examples: ["client show demo"],
  }).action(async (id: string) => {
    printThing(await withStore((deps) => showApplication(deps, id)));
  });

  addCommand(client, "remove <id>", {
    description: "remove an application with its rules",
    examples: ["client remove demo"],
  }).action(async (id: string) => {
    printThing(await withStore((deps) => removeApplication(deps, id)));
  });

  addCommand(client, "secret <id>", {
    description: "make a new secret; the old one stops working at once",
    examples: ["client secret shop"],
  }).action(async (id: string) => {
    printThing(await withStore((deps) => rotateSecret(deps, id)), SECRET);
  });
}

function addText(client: Command): void {
  addCommand(client, "text <id> [language]", {
    description:
      "the texts of an application; with a language, its own one is read from standard input: one " +
      "line with {code}, and {minutes} and {brand} if you like",
    examples: [
      "client text shop",
      "client text shop en < text.txt",
      "client text shop en --remove",
    ],
  })
    .option("--remove", "give the own text in this language up")
    .action(async (clientId: string, language: string | undefined, flags: { remove?: boolean }) => {
      if (language === undefined) {
        if (flags.remove) throw new AdminError("usage", "--remove needs a language.");
        const items = await withStore((deps) => showTexts(textDeps(deps), clientId));
        return printList(items, ["language", "own", "segments", "template"]);
      }
      const template = flags.remove ? null : await readInput("The text is read", "text");
      const change = { clientId, language, template };
      printThing(await withStore((deps) => setText(textDeps(deps), change)));
    });
}

function textDeps(deps: ScriptDeps): TextDeps {
  return { ...deps, frame: textFrameOf(deps.config), ours: readOwnTemplates() };
}

function addAdd(client: Command): void {
  const add = addCommand(client, "add", {
    description: "register an application; its secret is printed once",
    examples: [
      "client add --id shop --name Shop --redirect-uri https://shop.example/callback",
      "client add --id mail-api --name Mail --resource-server https://mail.example/api",
      "client add --id nightly --name Nightly --grant client_credentials --resource https://api.example --scope orders:read",
      "client add --id tv --name TV --public --grant device_code --grant refresh_token",
      "client add --id spa --name Spa --redirect-uri http://localhost:5173/callback --public",
    ],
  })
    .option("--id <id>", "client_id; left out, one is made")
    .option("--name <name>", "what people call it")
    .option("--redirect-uri <uri>", "may be given several times", collect)
    .option("--public", "has no secret and uses PKCE (RFC 7636)")
    .option("--consent", "users are asked for consent");
  needs(add, "--name", "--redirect-uri|--resource-server|--grant-type");
  addSettings(add).action(async (flags: Flags & { id?: string }) => {
    const { id, name = "", redirectUri = [] } = flags;
    const input = { ...settingsOf(flags), id, name, redirectUris: redirectUri };
    printThing(await withStore((deps) => addApplication(deps, input)), SECRET);
  });
}

function addUpdate(client: Command): void {
  const update = addCommand(client, "update <id>", {
    description: "change what is given; lists are replaced, and an empty text takes a value away",
    examples: [
      'client update shop --name "The shop"',
      'client update shop --post-logout-redirect-uri "" --no-consent',
    ],
  })
    .option("--name <name>", "what people call it")
    .option("--redirect-uri <uri>", "may be given several times", collect)
    .option("--public", "has no secret")
    .option("--no-public", "has a secret, which is printed once")
    .option("--consent", "users are asked for consent")
    .option("--no-consent", "users are not asked for consent");
  // After the options that they turn off, or they would be given by default.
  addSettings(update)
    .option("--no-require-par", "requests that are not pushed as well")
    .option("--no-require-pkce", "without PKCE as well, where it has a secret or keys")
    .option("--no-require-signed-request", "unsigned ones as well")
    .option("--no-dpop", "tokens for whoever has them")
    .option("--no-id-token-claims", "userinfo has them")
    .action(async (id: string, flags: Flags) => {
      printThing(await withStore((deps) => updateApplication(deps, id, settingsOf(flags))), SECRET);
    });
}
