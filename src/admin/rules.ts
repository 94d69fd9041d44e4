// The switches of the second step: the global one, those of the identity sources, and an application's
// own rules. What is set already is left alone, and the audit log with it.
import type { AuditAction } from "../domain/audit-event.ts";
import { BUILT_IN_SOURCES, isIdentitySource } from "../domain/identity-source.ts";
import {
  BINDING_DAYS_MAX,
  effectiveRules,
  type RulesOfApplication,
  type SecurityRules,
  withRule,
  withSms,
  withSource,
} from "../domain/security-rules.ts";
import { readApplication } from "./applications.ts";
import { retryWhileStale } from "./compare-and-set.ts";
import { type AdminDeps, auditEvent, changesBetween } from "./deps.ts";
import { AdminError } from "./errors.ts";

type RulesDeps = Pick<AdminDeps, "storage" | "now" | "actor">;

// The rules that hold, with the switch of every identity source, mentioned or not.
export type ShownRules = SecurityRules["mfa"];

export interface ClientRules extends ShownRules {
  readonly client: string;
  readonly name: string;
  // Whether these are the application's own rules or the global ones.
  readonly customized: boolean;
}

// The global rules, and those of every application or of the one that is named.
export async function mfaShow(
  deps: Pick<AdminDeps, "storage">,
  clientId?: string,
): Promise<{ global: ShownRules; clients: ClientRules[] }> {
  const applications =
    clientId === undefined
      ? await deps.storage.applications.list()
      : [await readApplication(deps, clientId)];
  const { global } = await deps.storage.rules.find(null);
  const clients: ClientRules[] = [];
  for (const { id } of applications.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    clients.push(await clientRules(deps, id));
  }
  return { global: shown(global), clients };
}

// Sets the global SMS switch.
export async function setGlobal(deps: RulesDeps, on: boolean): Promise<ShownRules> {
  return changeGlobal(deps, "mfa-global-changed", (rules) => withSms(rules, on));
}

// Sets the switch of an identity source in the global rules; "not-found" for an unknown source.
export async function setSource(
  deps: RulesDeps,
  sourceId: string,
  on: boolean,
): Promise<ShownRules> {
  requireSource(sourceId);
  return changeGlobal(deps, "mfa-source-changed", (rules) => withSource(rules, sourceId, on));
}

// "on" and "off" give an application its own rules, a copy of the global ones to begin with, and set
// the SMS switch in them; "inherit" gives the own rules up.
export async function setClient(
  deps: RulesDeps,
  clientId: string,
  to: "on" | "off" | "inherit",
): Promise<ClientRules> {
  return changeClient(deps, clientId, "mfa-client-changed", (rules) =>
    to === "inherit" ? null : withSms(effectiveRules(rules), to === "on"),
  );
}

// Sets the switch of an identity source in an application's own rules, which it gets if it has none.
export async function setClientSource(
  deps: RulesDeps,
  { clientId, sourceId }: { clientId: string; sourceId: string },
  on: boolean,
): Promise<ClientRules> {
  requireSource(sourceId);
  return changeClient(deps, clientId, "mfa-client-source-changed", (rules) =>
    withSource(effectiveRules(rules), sourceId, on),
  );
}

// Sets who may bind a first phone ("binding": anybody, mailed-link, administrator, or within-days and how many), how
// old a proved second factor may be ("factor-age": seconds, or "session" for as old as the session), what happens when no
// text can be sent ("outage": closed, other-factor), or what becomes of refresh tokens that were earned with less than the
// rules demand ("refresh": recheck, keep), in the global rules or, with a client, in an application's own, which it gets if
// it has none. "usage" for another rule or value.
export async function setRule(
  deps: RulesDeps,
  given: {
    readonly rule: string;
    readonly value: string;
    // For within-days.
    readonly days?: string | undefined;
    readonly clientId?: string | undefined;
  },
): Promise<ShownRules | ClientRules> {
  const rule = ruleOf(given.rule, given.value, given.days);
  if (given.clientId === undefined) {
    return changeGlobal(deps, "mfa-rule-changed", (rules) => withRule(rules, rule));
  }
  return changeClient(deps, given.clientId, "mfa-client-rule-changed", (rules) =>
    withRule(effectiveRules(rules), rule),
  );
}

function ruleOf(
  rule: string,
  value: string,
  days: string | undefined,
): Parameters<typeof withRule>[1] {
  const bindingDaysMax = daysOf(days);
  if (rule === "binding" && value === "within-days" && bindingDaysMax !== null) {
    return { binding: value, bindingDaysMax };
  }
  if (days !== undefined) throw unknownRule();
  if (
    rule === "binding" &&
    (value === "anybody" || value === "mailed-link" || value === "administrator")
  ) {
    return { binding: value, bindingDaysMax: null };
  }
  if (rule === "factor-age" && value === "session") return { factorAgeSecondsMax: null };
  if (rule === "factor-age" && /^\d{1,9}$/.test(value)) {
    return { factorAgeSecondsMax: Number(value) };
  }
  if (rule === "outage" && (value === "closed" || value === "other-factor")) {
    return { outage: value };
  }
  if (rule === "refresh" && (value === "recheck" || value === "keep")) return { refresh: value };
  throw unknownRule();
}

// Null for what is no number of days that a rule can have.
function daysOf(text: string | undefined): number | null {
  if (text === undefined || !/^[1-9]\d{0,3}$/.test(text)) return null;
  return Number(text) <= BINDING_DAYS_MAX ? Number(text) : null;
}

function unknownRule(): AdminError {
  return new AdminError(
    "usage",
    "The rules are: binding anybody|mailed-link|administrator, binding within-days DAYS (1 to 3650), " +
      "factor-age SECONDS|session, outage closed|other-factor, refresh recheck|keep.",
  );
}

// Refuses, with "not-found", an identity source that does not exist.
export function requireSource(sourceId: string): void {
  if (isIdentitySource(sourceId)) return;
  throw new AdminError(
    "not-found",
    `There is no identity source ${JSON.stringify(sourceId)}; there are: ${BUILT_IN_SOURCES.join(", ")}.`,
  );
}

function changeGlobal(
  deps: RulesDeps,
  action: AuditAction,
  change: (rules: SecurityRules) => SecurityRules,
): Promise<ShownRules> {
  return retryWhileStale(async () => {
    const { global: before } = await deps.storage.rules.find(null);
    const after = change(before);
    if (isSame(before, after)) return shown(before);
    const details = changesBetween(before.mfa, after.mfa);
    const audit = auditEvent(deps, { action, target: "rules:global", details });
    const replaced = await deps.storage.rules.replace(null, before, after, audit);
    return replaced ? shown(after) : "stale";
  });
}

// The application is looked for every time round: rules are not replaced where it was removed.
function changeClient(
  deps: RulesDeps,
  clientId: string,
  action: AuditAction,
  change: (rules: RulesOfApplication) => SecurityRules | null,
): Promise<ClientRules> {
  return retryWhileStale(async () => {
    const { id } = await readApplication(deps, clientId);
    const rules = await deps.storage.rules.find(id);
    const after = change(rules);
    if (!isSame(rules.own, after)) {
      const details = { before: rules.own?.mfa ?? "inherit", after: after?.mfa ?? "inherit" };
      const audit = auditEvent(deps, { action, target: `client:${id}`, details });
      const replaced = await deps.storage.rules.replace(id, rules.own, after, audit);
      if (!replaced) return "stale";
    }
    return clientRules(deps, id);
  });
}

async function clientRules(deps: Pick<AdminDeps, "storage">, id: string): Promise<ClientRules> {
  const { metadata } = await readApplication(deps, id);
  const rules = await deps.storage.rules.find(id);
  return {
    client: id,
    name: metadata.client_name,
    customized: rules.own !== null,
    ...shown(effectiveRules(rules)),
  };
}

function shown(rules: SecurityRules): ShownRules {
  const unmentioned = Object.fromEntries(BUILT_IN_SOURCES.map((source) => [source, true]));
  return { ...rules.mfa, sources: { ...unmentioned, ...rules.mfa.sources } };
}

function isSame(one: SecurityRules | null, other: SecurityRules | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
