// latchkey mfa: the switches of the second step, and why it is asked for.
import { type Command, InvalidArgumentError } from "commander";
import { sentenceOfDecision } from "../src/admin/decision-sentence.ts";
import { AdminError } from "../src/admin/errors.ts";
import { explain } from "../src/admin/explain.ts";
import {
  mfaShow,
  setClient,
  setClientSource,
  setGlobal,
  setRule,
  setSource,
} from "../src/admin/rules.ts";
import { DEFAULT_SOURCE } from "../src/domain/identity-source.ts";
import { printList, printNote, printThing } from "./print.ts";
import { addCommand, needs, parseSwitch, type ScriptDeps, withStore } from "./run.ts";
import { wantsJson } from "./terminal.ts";

export function addMfaCommands(program: Command): void {
  const mfa = program.command("mfa").description("the second step: its switches and decisions");

  addCommand(mfa, "show", {
    description: "show the global rules and those of the applications",
    examples: ["mfa show", "mfa show --client demo --json"],
  })
    .option("--client <id>", "this application alone")
    .action(async (options: { client?: string }) => {
      const rules = await withStore((deps) => mfaShow(deps, options.client));
      if (wantsJson()) return printThing(rules);
      printNote("Global rules");
      printThing(rules.global);
      printNote("Applications");
      printList(rules.clients, ["client", "name", "customized", "sms", "sources"]);
    });

  addCommand(mfa, "global <on|off>", {
    description: "the global SMS switch",
    examples: ["mfa global on"],
  }).action(async (value: string) => {
    const on = switchOf(value);
    printThing(await withStore((deps) => setGlobal(deps, on)));
  });

  addCommand(mfa, "source <id> <on|off>", {
    description: "the global policy: the switch of an identity source (password, sms, scan)",
    examples: ["mfa source scan off"],
  }).action(async (id: string, value: string) => {
    const on = switchOf(value);
    printThing(await withStore((deps) => setSource(deps, id, on)));
  });

  addCommand(mfa, "client <id> <on|off|inherit|source> [source] [on|off]", {
    description:
      "an application's own rules: on and off customize them and set the SMS switch, inherit " +
      "gives them up, source sets the switch of an identity source in them",
    examples: ["mfa client shop on", "mfa client shop inherit", "mfa client shop source scan off"],
  }).action(async (id: string, what: string, source?: string, value?: string) => {
    const change = clientChange(id, [what, source, value]);
    printThing(await withStore(change));
  });

  addCommand(mfa, "rule <rule> <value> [days]", {
    description:
      "who may bind a first phone (binding anybody|mailed-link|administrator, or binding within-days and so many " +
      "days of the account), how old a proved second factor may be (factor-age SECONDS|session), whether a " +
      "recovery code will do when no text can be sent (outage closed|other-factor), and whether refresh tokens that " +
      "were earned with less than the rules demand end or are kept (refresh recheck|keep)",
    examples: [
      "mfa rule binding administrator",
      "mfa rule binding mailed-link --client shop",
      "mfa rule binding within-days 14",
      "mfa rule factor-age 3600 --client shop",
      "mfa rule outage other-factor --client shop",
      "mfa rule refresh keep --client shop",
    ],
  })
    .option("--client <id>", "in this application's own rules, which it gets if it has none")
    .action(async (rule: string, value: string, days?: string, flags?: { client?: string }) => {
      const given = { rule, value, days, clientId: flags?.client };
      printThing(await withStore((deps) => setRule(deps, given)));
    });

  addExplain(mfa);
}

interface ExplainFlags {
  client: string;
  user: string;
  source: string;
  acrValues?: string;
  session?: string;
}

function addExplain(mfa: Command): void {
  const command = addCommand(mfa, "explain", {
    description: "say what a sign-in would need, and why; nothing is changed",
    examples: [
      "mfa explain --client demo --user alice",
      "mfa explain --client demo --user alice --acr-values urn:latchkey:acr:2fa",
    ],
  })
    .option("--client <id>", "the application")
    .option("--user <user>", "an id, a username, an e-mail address or a phone number")
    .option("--source <id>", "the identity source of the first step", DEFAULT_SOURCE)
    .option("--acr-values <values>", "as in the authorization request")
    .option("--session <uid>", "a session of the user, whose proofs count")
    .action(async (flags: ExplainFlags) => {
      const { client, user, source, acrValues, session } = flags;
      const question = { client, user, source, acrValues, session };
      const decision = await withStore((deps) =>
        explain({ ...deps, acr: deps.config.acr }, question),
      );
      if (wantsJson()) return printThing(decision);
      printThing({ need: decision.need, because: decision.because });
      printList(decision.layers, ["layer", "verdict", "because"]);
      printNote(sentenceOfDecision(decision));
    });
  needs(command, "--client", "--user");
}

function clientChange(id: string, words: readonly (string | undefined)[]) {
  const [what, source, value] = words;
  if (what === "source" && source !== undefined && value !== undefined) {
    const on = switchOf(value);
    return (deps: ScriptDeps) => setClientSource(deps, { clientId: id, sourceId: source }, on);
  }
  if ((what === "on" || what === "off" || what === "inherit") && source === undefined) {
    return (deps: ScriptDeps) => setClient(deps, id, what);
  }
  throw new AdminError("usage", "Must be on, off, inherit, or source SOURCE on|off.");
}

function switchOf(value: string): boolean {
  try {
    return parseSwitch(value);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new AdminError("usage", error.message);
  }
}
