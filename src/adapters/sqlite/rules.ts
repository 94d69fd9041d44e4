// The security rules, read anew every time. They are in plain text: they hold no secret, and an
// administrator in need can read them with any SQLite tool.
import { isDeepStrictEqual } from "node:util";
import type { AuditEvent } from "../../domain/audit-event.ts";
import {
  DEFAULT_RULES,
  type SecurityRules,
  securityRulesSchema,
} from "../../domain/security-rules.ts";
import type { Vault } from "../../domain/vault.ts";
import { UnavailableError } from "../../ports/errors.ts";
import type { RulesStore } from "../../ports/storage.ts";
import { appendAudit } from "./audit.ts";
import type { Database } from "./database.ts";
import { type Sql, textIn } from "./sql.ts";

interface RulesChange {
  readonly applicationId: string | null;
  readonly before: SecurityRules | null;
  readonly after: SecurityRules | null;
  readonly audit: AuditEvent;
}

export function createRulesStore(database: Database, vault: Vault): RulesStore {
  return {
    find: (applicationId) => database.read((sql) => findRules(sql, applicationId)),
    async replace(applicationId, before, after, audit) {
      if (applicationId === null && after === null) {
        throw new RangeError("there are always global rules");
      }
      const checked = after && securityRulesSchema.parse(after);
      const change = { applicationId, before, after: checked, audit };
      return database.write((sql) => replaceRules(sql, vault, change));
    },
  };
}

// The row under which an application's own rules are kept; for null the global ones.
export function ruleScope(applicationId: string | null): string {
  return applicationId === null ? "global" : `client:${applicationId}`;
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
    return row === undefined ? null : parseRules(textIn(row, "rules"), scope);
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
  if (!isDeepStrictEqual(plain(current), plain(before))) return false;

  writeRules(sql, ruleScope(applicationId), after);
  appendAudit(sql, vault, [audit]);
  return true;
}

function applicationExists(sql: Sql, id: string): boolean {
  return sql.get("SELECT 1 FROM applications WHERE id = ?", id) !== undefined;
}

function writeRules(sql: Sql, scope: string, rules: SecurityRules | null): void {
  if (rules === null) {
    sql.run("DELETE FROM rules WHERE scope = ?", scope);
    return;
  }
  sql.run(
    `INSERT INTO rules (scope, rules) VALUES (?, ?)
     ON CONFLICT (scope) DO UPDATE SET rules = excluded.rules`,
    scope,
    JSON.stringify(rules),
  );
}

// Rules that cannot be read are not "off": whoever decides must refuse.
function parseRules(text: string, scope: string): SecurityRules {
  try {
    return securityRulesSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UnavailableError("store", `the rules of ${scope} cannot be read`, { cause });
  }
}

// Without prototypes and absent members, which say nothing about rules.
function plain(rules: SecurityRules | null): unknown {
  return JSON.parse(JSON.stringify(rules));
}
