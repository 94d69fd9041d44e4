// How security rules lie in any store: in plain text, since they hold no secret, and an administrator in
// need can read them with any tool.
import { isDeepStrictEqual } from "node:util";
import { type SecurityRules, securityRulesSchema } from "../../domain/security-rules.ts";
import { UnavailableError } from "../../ports/errors.ts";

// Where the rules of an application are kept; for null the global ones. No application can be named so
// that its rules are taken for the global ones.
export function ruleScope(applicationId: string | null): string {
  return applicationId === null ? "global" : `client:${applicationId}`;
}

// Rules that cannot be read are not "off": whoever decides must refuse.
export function openRules(text: string, scope: string): SecurityRules {
  try {
    return securityRulesSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UnavailableError("store", `the rules of ${scope} cannot be read`, { cause });
  }
}

// The text that is stored; throws for what are no rules.
export function writeRules(rules: SecurityRules): string {
  return JSON.stringify(securityRulesSchema.parse(rules));
}

// Whether they say the same. Without prototypes and absent members, which say nothing about rules.
export function sameRules(one: SecurityRules | null, other: SecurityRules | null): boolean {
  return isDeepStrictEqual(plain(one), plain(other));
}

function plain(rules: SecurityRules | null): unknown {
  return JSON.parse(JSON.stringify(rules));
}
