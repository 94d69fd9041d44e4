// The applications, each with its own rules in the same document: they go together.
import type { Application } from "../../domain/application.ts";
import type { AuditEvent } from "../../domain/audit-event.ts";
import type { Vault } from "../../domain/vault.ts";
import type { ApplicationStore, ChangeOutcome } from "../../ports/storage.ts";
import {
  createApplicationMemory,
  openApplication,
  sealApplication,
} from "../stored/application.ts";
import { ruleScope } from "../stored/rules.ts";
import { requireSuccessor } from "../stored/user.ts";
import { byId, changeDocument } from "./change.ts";
import type { Database, Scope } from "./database.ts";
import type { ApplicationDocument } from "./documents.ts";
import { eventsOf, owing, payAudit } from "./pending.ts";
import { finishRemoval } from "./removals.ts";

// All ids under which applications lie; the global rules are not among them.
const OF_CLIENTS = { $gte: ruleScope(""), $lt: ruleScope("").replace(":", ";") };

export function createApplicationStore(database: Database, vault: Vault): ApplicationStore {
  // Read every time, since another process may have changed it; opened once.
  const memory = createApplicationMemory(vault);
  return {
    create: (application, audit) =>
      database.write((scope) => create(scope, vault, application, audit)),
    find: (id) =>
      database.read(async ({ models }) => {
        const found = await models.applications
          .findOne(byId(ruleScope(id)), { sealed: 1, removed: 1 })
          .lean<ApplicationDocument>();
        if (found?.sealed && !found.removed) return memory.open(id, found.sealed);
        memory.forget(id);
        return null;
      }),
    async replace(before, after, audit) {
      requireSuccessor(before, after);
      return database.write((scope) => replace(scope, vault, { before, after, audit }));
    },
    remove: (id, audit) => database.write((scope) => remove(scope, vault, id, audit)),
    list: () =>
      database.read(async ({ models }) => {
        const found = await models.applications
          .find({ _id: OF_CLIENTS, removed: false })
          .sort({ _id: 1 })
          .lean<ApplicationDocument[]>();
        return found.flatMap(({ _id, sealed }) =>
          sealed === null ? [] : openApplication(vault, _id.slice(ruleScope("").length), sealed),
        );
      }),
  };
}

async function create(
  scope: Scope,
  vault: Vault,
  application: Application,
  audit: AuditEvent,
): Promise<"created" | "conflict"> {
  const events = eventsOf(scope, vault, [audit]);
  return change(scope, application.id, async (found) => {
    if (found !== null && !found.removed) return { keep: "conflict" };
    const put = {
      sealed: sealApplication(vault, application),
      updatedAt: application.updatedAt,
      // An application of a name that was there before must not find the rules of that one.
      rules: null,
      removed: false,
      ...owing(found?.pending, { audit: await events() }),
    };
    return { put, say: "created" };
  });
}

async function replace(
  scope: Scope,
  vault: Vault,
  { before, after, audit }: { before: Application; after: Application; audit: AuditEvent },
): Promise<ChangeOutcome> {
  const events = eventsOf(scope, vault, [audit]);
  return change<ChangeOutcome>(scope, before.id, async (found) => {
    if (found === null || found.removed) return { keep: "absent" };
    if (found.updatedAt !== before.updatedAt) return { keep: "stale" };
    const put = {
      ...found,
      sealed: sealApplication(vault, after),
      updatedAt: after.updatedAt,
      ...owing(found.pending, { audit: await events() }),
    };
    return { put, say: "changed" };
  });
}

async function remove(
  scope: Scope,
  vault: Vault,
  id: string,
  audit: AuditEvent,
): Promise<"changed" | "absent"> {
  const { applications } = scope.models;
  const events = eventsOf(scope, vault, [audit]);
  const { said, after } = await changeDocument<ApplicationDocument, "changed" | "absent">(
    scope,
    applications,
    ruleScope(id),
    async (found) => {
      if (found === null || found.removed) return { keep: "absent" };
      const owed = owing(found.pending, { audit: await events() });
      return { put: { ...found, rules: null, removed: true, ...owed }, say: "changed" };
    },
  );
  if (said === "changed" && after !== null) await finishRemoval(scope, applications, after);
  return said;
}

async function change<T>(
  scope: Scope,
  id: string,
  decide: Parameters<typeof changeDocument<ApplicationDocument, T>>[3],
): Promise<T> {
  const { applications } = scope.models;
  const { said, after } = await changeDocument(scope, applications, ruleScope(id), decide);
  await payAudit(scope, applications, after);
  return said;
}
