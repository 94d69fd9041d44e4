// latchkey audit: who did what, and when.
import type { Command } from "commander";
import { listAudit } from "../src/admin/audit.ts";
import { printList, printNote } from "./print.ts";
import { addCommand, parseCount, withStore } from "./run.ts";

interface AuditFlags {
  action?: string;
  target?: string;
  after?: number;
  limit: number;
  oldestFirst?: boolean;
}

export function addAuditCommands(program: Command): void {
  const audit = program.command("audit").description("the audit log");

  addCommand(audit, "list", {
    description: "list sign-ins and changes, the newest first",
    examples: [
      "audit list --limit 20",
      "audit list --action mfa-global-changed --target rules:global",
    ],
  })
    .option("--action <action>", "this kind of event alone, such as sign-in or user-added")
    .option("--target <target>", "what it was done to: user:ID, client:ID, rules:global")
    .option("--after <id>", "the id of the last event of the page before", parseCount)
    .option("--limit <n>", "at most so many, up to 1000", parseCount, 100)
    .option("--oldest-first", "the other way round")
    .action(async (flags: AuditFlags) => {
      const { action, target, after, limit, oldestFirst } = flags;
      const filter = { action, target, after, limit, oldestFirst };
      const items = await withStore((deps) => listAudit(deps, filter));
      printList(items, ["id", "at", "actor", "action", "target", "because"]);
      if (items.length === limit) printNote(`More: --after ${items.at(-1)?.id}`);
    });
}
