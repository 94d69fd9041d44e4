// The security rules, read anew every time. An application's own lie in its document, the global ones in one
// beside them, so that both are read by one query: between two, a switch could be turned.
import type { AuditEvent } from "../../domain/audit-event.ts";
import { DEFAULT_RULES, type SecurityRules } from "../../domain/security-rules.ts";
import type { Vault } from "../../domain/vault.ts";
import type { RulesStore } from "../../ports/storage.ts";
import { openRules, ruleScope, sameRules, writeRules } from "../stored/rules.ts";
import { type Change, changeDocument } from "./change.ts";
import type { Database, Scope } from "./database.ts";
import type { ApplicationDocument } from "./documents.ts";
import { eventsOf, owing, payAudit } from "./pending.ts";

interface RulesChange {
  readonly applicationId: string | null;
  readonly before: SecurityRules | null;
  readonly after: string | null;
  readonly audit: AuditEvent;
}

export function createRulesStore(database: Database, vault: Vault): RulesStore {
  return {
    find: (applicationId) => database.read((scope) => findRules(scope, applicationId)),
    async replace(applicationId, before, after, audit) {
      if (applicationId === null && after === null) {
        throw new RangeError("there are always global rules");
      }
      const change = { applicationId, before, after: after && writeRules(after), audit };
      return database.write((scope) => replaceRules(scope, vault, change));
    },
  };
}

async function findRules({ models }: Scope, applicationId: string | null) {
  const scopes = [ruleScope(null), ruleScope(applicationId)];
  const found = await models.applications
    .find({ _id: { $in: scopes }, removed: false }, { rules: 1 })
    .lean<Pick<ApplicationDocument, "_id" | "rules">[]>();
  const stored = (scope: string) => rulesIn(found.find(({ _id }) => _id === scope) ?? null);
  return {
    global: stored(ruleScope(null)) ?? DEFAULT_RULES,
    own: applicationId === null ? null : stored(ruleScope(applicationId)),
  };
}

async function replaceRules(scope: Scope, vault: Vault, change: RulesChange): Promise<boolean> {
  const { applications } = scope.models;
  const { applicationId, before, after, audit } = change;
  const events = eventsOf(scope, vault, [audit]);

  const decide = async (
    found: ApplicationDocument | null,
  ): Promise<Change<ApplicationDocument, boolean>> => {
    const current = rulesIn(found) ?? (applicationId === null ? DEFAULT_RULES : null);
    if (applicationId !== null && (found === null || found.removed)) return { keep: false };
    if (!sameRules(current, before)) return { keep: false };
    const put = {
      sealed: found?.sealed ?? null,
      updatedAt: found?.updatedAt ?? 0,
      rules: after,
      removed: false,
      ...owing(found?.pending, { audit: await events() }),
    };
    return { put, say: true };
  };
  const changed = await changeDocument(scope, applications, ruleScope(applicationId), decide);
  await payAudit(scope, applications, changed.after);
  return changed.said;
}

function rulesIn(found: Pick<ApplicationDocument, "_id" | "rules"> | null): SecurityRules | null {
  return found === null || found.rules === null ? null : openRules(found.rules, found._id);
}
