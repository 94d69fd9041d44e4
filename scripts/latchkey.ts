// The command line: a thin door on src/admin. One file per group of commands; what is common to all of
// them (the store, output, errors, exit codes) is in run.ts and print.ts.
import { Command } from "commander";
import manifest from "../package.json" with { type: "json" };
import { addAuditCommands } from "./audit.ts";
import { addClientCommands } from "./client.ts";
import { addDemoCommand } from "./demo.ts";
import { addDoctorCommand } from "./doctor.ts";
import { addKeyCommands } from "./key.ts";
import { addMessageCommands } from "./message.ts";
import { addMfaCommands } from "./mfa.ts";
import { addResourceCommands } from "./resource.ts";
import { reportError } from "./run.ts";
import { addStoreCommands } from "./store.ts";
import { terminal, wantsJson } from "./terminal.ts";
import { addTestNumberCommands } from "./test-number.ts";
import { addUserCommands } from "./user.ts";

// Runs the command that the terminal's arguments name, and answers its exit code.
export async function runCommand(): Promise<number> {
  try {
    await createProgram().parseAsync(terminal().args, { from: "user" });
    return 0;
  } catch (error) {
    return reportError(error);
  }
}

function createProgram(): Command {
  const program = new Command("latchkey")
    .version(manifest.version)
    .description("Manage a Latchkey identity provider: its applications, users, rules and keys.")
    .exitOverride()
    // Problems are reported in one place, as JSON where that was asked for.
    .configureOutput({
      outputError: () => {},
      writeOut: (text) => terminal().stdout.write(text),
      writeErr: (text) => {
        if (!wantsJson()) terminal().stderr.write(text);
      },
    })
    .showHelpAfterError(false)
    .addHelpText(
      "after",
      "\nEvery command has --json and --help. It works on the store of DATA_DIR, with the server" +
        "\nrunning or not. Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 conflict.",
    );

  addClientCommands(program);
  addResourceCommands(program);
  addUserCommands(program);
  addMfaCommands(program);
  addKeyCommands(program);
  addAuditCommands(program);
  addMessageCommands(program);
  addTestNumberCommands(program);
  addStoreCommands(program);
  addDoctorCommand(program);
  addDemoCommand(program);
  return program;
}
