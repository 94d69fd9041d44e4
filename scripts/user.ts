// latchkey user: users.
import { createReadStream } from "node:fs";
import type { Command } from "commander";
import { AdminError } from "../src/admin/errors.ts";
import { CLAIM_NAMES } from "../src/admin/profile-claims.ts";
import { makeRecoveryCodes, voidRecoveryCodes } from "../src/admin/recovery-codes.ts";
import { updateUser } from "../src/admin/user-changes.ts";
import { importUsers } from "../src/admin/user-import.ts";
import type { AddUser, ChangeUser } from "../src/admin/user-options.ts";
import { addUser, listUsers, removeUser, showUser } from "../src/admin/users.ts";
import { printList, printNote, printThing } from "./print.ts";
import { addCommand, collect, parseCount, readPassword, withStore } from "./run.ts";
import { terminal } from "./terminal.ts";

const PASSWORD = { member: "password", called: "password" };
const WHO = "USER is an id, a username, an e-mail address or a phone number.";

export function addUserCommands(program: Command): void {
  const user = program.command("user").description("users").addHelpText("after", `\n${WHO}`);
  addAdd(user);
  addUpdate(user);
  addImport(user);

  addCommand(user, "list", {
    description: "list users by id, their phone numbers masked",
    examples: ["user list", "user list --limit 1000 --after ID"],
  })
    .option("--limit <n>", "at most so many, up to 1000", parseCount, 100)
    .option("--after <id>", "the last id of the page before")
    .action(async ({ limit, after }: { limit: number; after?: string }) => {
      const items = await withStore((deps) => listUsers(deps, { limit, after }));
      printList(items, ["id", "username", "email", "loginPhone", "phoneStatus", "status"]);
      if (items.length === limit) printNote(`More: --after ${items.at(-1)?.id}`);
    });

  addCommand(user, "show <user>", {
    description: `show one user. ${WHO}`,
    examples: ["user show alice", "user show alice --reveal-phone"],
  })
    .option("--reveal-phone", "show the whole phone number; the audit log says so")
    .action(async (who: string, options: { revealPhone?: boolean }) => {
      printThing(await withStore((deps) => showUser(deps, who, options)));
    });

  addCommand(user, "recovery-codes <user>", {
    description: `make ten recovery codes, for when no text can be sent; they are printed once. ${WHO}`,
    examples: ["user recovery-codes alice", "user recovery-codes alice --void"],
  })
    .option("--void", "take the user's recovery codes away instead")
    .action(async (who: string, options: { void?: boolean }) => {
      if (options.void) return printThing(await withStore((deps) => voidRecoveryCodes(deps, who)));
      const made = await withStore((deps) => makeRecoveryCodes(deps, who));
      printThing(made, { member: "recoveryCodes", called: "set of recovery codes" });
    });

  addCommand(user, "remove <user>", {
    description: `remove a user. ${WHO}`,
    examples: ["user remove alice"],
  }).action(async (who: string) => {
    printThing(await withStore((deps) => removeUser(deps, who)));
  });
}

interface AddFlags extends Omit<AddUser, "password" | "claims"> {
  passwordStdin?: boolean;
  claim?: string[];
  // commander's name for --no-password.
  password?: boolean;
}

function addAdd(user: Command): void {
  addCommand(user, "add", {
    description: "make a user; without --password-stdin a password is generated and printed once",
    examples: [
      "user add --username alice",
      "user add --username bob --phone +14155552671 --email bob@example.com --email-verified",
      "user add --username carol --password-stdin < password.txt",
    ],
  })
    .option("--username <name>")
    .option("--email <address>")
    .option("--email-verified", "the address is known to be the user's")
    .option("--phone <number>", "login name and second factor, as +14155552671")
    .option("--name <name>", "the user's full name")
    .option("--claim <name=value>", `one of ${CLAIM_NAMES.join(", ")}; several times`, collect)
    .option("--password-stdin", "read the password from standard input")
    .option("--no-password", "signs in by phone alone")
    .action(async (flags: AddFlags) => {
      const { username, email, emailVerified, phone, name } = flags;
      const password = await passwordOf(flags);
      const claims = claimsIn(flags.claim);
      const input = { username, email, emailVerified, phone, name, claims, password };
      printThing(await withStore((deps) => addUser(deps, input)), PASSWORD);
    });
}

// Undefined: one is to be generated.
async function passwordOf(flags: AddFlags): Promise<string | null | undefined> {
  if (flags.passwordStdin && flags.password === false) {
    throw new AdminError("usage", "Either --password-stdin or --no-password.");
  }
  if (flags.passwordStdin) return readPassword();
  return flags.password === false ? null : undefined;
}

interface UpdateFlags {
  username?: string;
  email?: string;
  emailVerified?: boolean;
  phone?: string;
  name?: string;
  claim?: string[];
  enable?: boolean;
  disable?: boolean;
  unlock?: boolean;
  resetPassword?: boolean;
  passwordStdin?: boolean;
}

function addUpdate(user: Command): void {
  addCommand(user, "update <user>", {
    description: `change what is given; an empty text takes a value away. ${WHO}`,
    examples: [
      "user update alice --email alice@example.com --email-verified",
      'user update alice --phone ""',
      "user update alice --reset-password",
      "user update alice --unlock",
    ],
  })
    .option("--username <name>")
    .option("--email <address>")
    .option("--email-verified", "the address is known to be the user's")
    .option("--no-email-verified", "it is not")
    .option("--phone <number>", "login name and second factor; ends the user's sessions")
    .option("--name <name>", "the user's full name")
    .option("--claim <name=value>", `one of ${CLAIM_NAMES.join(", ")}; several times`, collect)
    .option("--enable", "let the user sign in again")
    .option("--disable", "keep the user out, and end all sessions")
    .option("--unlock", "put the second factor back after too many wrong codes")
    .option("--reset-password", "generate a new password, and end all sessions")
    .option("--password-stdin", "read the new password from standard input, and end all sessions")
    .action(async (who: string, flags: UpdateFlags) => {
      const change = await changeOf(flags);
      printThing(await withStore((deps) => updateUser(deps, who, change)), PASSWORD);
    });
}

async function changeOf(flags: UpdateFlags): Promise<ChangeUser> {
  if (flags.enable && flags.disable) throw new AdminError("usage", "Either --enable or --disable.");
  if (flags.resetPassword && flags.passwordStdin) {
    throw new AdminError("usage", "Either --reset-password or --password-stdin.");
  }
  return {
    username: nullIfEmpty(flags.username),
    email: nullIfEmpty(flags.email),
    emailVerified: flags.emailVerified,
    phone: nullIfEmpty(flags.phone),
    name: nullIfEmpty(flags.name),
    claims: claimsIn(flags.claim),
    status: flags.enable ? "active" : flags.disable ? "disabled" : undefined,
    unlockSecondFactor: flags.unlock,
    password: await newPassword(flags),
  };
}

async function newPassword(flags: UpdateFlags): Promise<ChangeUser["password"]> {
  if (flags.resetPassword) return { kind: "generated" };
  return flags.passwordStdin ? { kind: "given", password: await readPassword() } : undefined;
}

function addImport(user: Command): void {
  addCommand(user, "import <file>", {
    description:
      "add the users of a CSV file (- for standard input) with the columns username, email, " +
      "email_verified, phone, name, password_hash (argon2id or bcrypt), and the names of --claim",
    examples: ["user import users.csv --dry-run", "user import - < users.csv"],
  })
    .option("--dry-run", "only say what would happen")
    .action(async (file: string, options: { dryRun?: boolean }) => {
      const dryRun = options.dryRun ?? false;
      const result = await withStore((deps) => {
        // Opened no sooner than it is read: nobody else would hear that it is not there.
        const csv = file === "-" ? terminal().stdin : createReadStream(file);
        return importUsers(deps, csv, { dryRun });
      });
      printThing(result);
      if (result.problemCount === 0) return;
      throw new AdminError("failed", `${result.problemCount} lines cannot be imported.`);
    });
}

// Which claims there are, and of what form, is admin's to check.
function claimsIn(given: readonly string[] | undefined): Record<string, string | null> | undefined {
  if (given === undefined) return undefined;
  const pairs = given.map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw new AdminError("usage", "A claim is given as name=value.");
    return [text.slice(0, at), nullIfEmpty(text.slice(at + 1)) ?? null] as const;
  });
  return Object.fromEntries(pairs);
}

function nullIfEmpty(text: string | undefined): string | null | undefined {
  return text === "" ? null : text;
}
