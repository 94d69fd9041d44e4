// The security rules, read anew every time.
import type { AuditEvent } from "../../domain/audit-event.ts";
import { DEFAULT_RULES, type SecurityRules } from "../../domain/security-rules.ts";
import type { Vault } from "../../domain/vault.ts";
import type { RulesStore } from "../../ports/storage.ts";
import { openRules, ruleScope, sameRules, writeRules } from "../stored/rules.ts";
import { appendAudit } from "./audit.ts";
import type { Database } from "./database.ts";
import { type Sql, textIn } from "./sql.ts";

interface RulesChange {
  readonly applicationId: string | null;
  readonly before: SecurityRules | null;
  readonly after: string | null;
  readonly audit: AuditEvent;
}

export function createRulesStore(database: Database, vault: Vault): RulesStore {
  return {
    find: (applicationId) => database.read((sql) => findRules(sql, applicationId)),
    async replace(applicationId, before, after, audit) {
      if (applicationId === null && after === null) {
        throw new RangeError("there are always global rules");
      }
      const change = { applicationId, before, after: after && writeRules(after), audit };
      return database.write((sql) => replaceRules(sql, vault, change));
    },
  };
}

// Both in one statement: between two, a switch could be turned.
function findRules(
  sql: Sql,
  applicationId: string | null,
): { global: SecurityRules; own: SecurityRules | null } {
  const rows = sql.all(
    "SELECT scope, rules FROM rules WHERE scope IN (?, ?)",
    ruleScope(null),
    ruleScope(applicationId),
  );
  const stored = (scope: string): SecurityRules | null => {
    const row = rows.find((each) => each.scope === scope);
    return row === undefined ? null : openRules(textIn(row, "rules"), scope);
  };
  return {
    global: stored(ruleScope(null)) ?? DEFAULT_RULES,
    own: applicationId === null ? null : stored(ruleScope(applicationId)),
  };
}

function replaceRules(sql: Sql, vault: Vault, change: RulesChange): boolean {
  const { applicationId, before, after, audit } = change;
  if (applicationId !== null && !applicationExists(sql, applicationId)) return false;

  const found = findRules(sql, applicationId);
  const current = applicationId === null ? found.global : found.own;
  if (!sameRules(current, before)) return false;

  putRules(sql, ruleScope(applicationId), after);
  appendAudit(sql, vault, [audit]);
  return true;
}

function applicationExists(sql: Sql, id: string): boolean {
  return sql.get("SELECT 1 FROM applications WHERE id = ?", id) !== undefined;
}

export function putRules(sql: Sql, scope: string, rules: string | null): void {
  if (rules === null) {
    sql.run("DELETE FROM rules WHERE scope = ?", scope);
    return;
  }
  sql.run(
    `INSERT INTO rules (scope, rules) VALUES (?, ?)
     ON CONFLICT (scope) DO UPDATE SET rules = excluded.rules`,
    scope,
    rules,
  );
}
