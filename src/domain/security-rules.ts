// The security rules: one global set, and an application's own where it customizes them.
import { z } from "zod";

// The longest that within-days may say.
export const BINDING_DAYS_MAX = 3650;

const rulesSchema = z.strictObject({
  mfa: z.strictObject({
    // The SMS code switch.
    sms: z.boolean(),
    // The MFA switch of each identity source, by its id. One that is not mentioned counts as on.
    sources: z.record(z.string(), z.boolean()),
    // How old a proved second factor may be before it is asked for again; null: as old as the session.
    factorAgeSecondsMax: z.int().min(0).nullable(),
    // Who may bind a first phone on the strength of the first factor alone.
    binding: z.enum(["anybody", "mailed-link", "within-days", "administrator"]),
    // How many days after an account was made a first phone may be bound, where that is the rule. Rules from
    // before there was this one lack it.
    bindingDaysMax: z.int().min(1).max(BINDING_DAYS_MAX).nullable().default(null),
    // What happens when no text can be sent: nobody gets on, or another factor will do, if the user has one.
    // Rules from before there was a choice do not mention it.
    outage: z.enum(["closed", "other-factor"]).default("closed"),
    // Whether a refresh token that was earned with less than these rules demand ends at the next refresh, or is kept.
    // Rules from before there was a choice do not mention it.
    refresh: z.enum(["recheck", "keep"]).default("recheck"),
  }),
});

// A rule that needs a figure has it.
export const securityRulesSchema = rulesSchema.refine(
  ({ mfa }) => mfa.binding !== "within-days" || mfa.bindingDaysMax !== null,
  { error: "within-days needs a number of days", path: ["mfa", "bindingDaysMax"] },
);

export type SecurityRules = Readonly<z.infer<typeof securityRulesSchema>>;

export const DEFAULT_RULES: SecurityRules = {
  mfa: {
    sms: false,
    sources: {},
    factorAgeSecondsMax: null,
    binding: "anybody",
    bindingDaysMax: null,
    outage: "closed",
    refresh: "recheck",
  },
};

// What is stored for one application: the global rules always, its own only if it customizes.
export interface RulesOfApplication {
  readonly global: SecurityRules;
  readonly own: SecurityRules | null;
}

// The rules that hold: the application's own if it customizes them, else the global ones.
export function effectiveRules(rules: RulesOfApplication): SecurityRules {
  return rules.own ?? rules.global;
}

// The same rules with the SMS switch set.
export function withSms(rules: SecurityRules, on: boolean): SecurityRules {
  return { ...rules, mfa: { ...rules.mfa, sms: on } };
}

// The same rules with another one about who may bind a phone, how old a proved factor may be, what happens when no text
// can be sent, or what becomes of refresh tokens.
export function withRule(
  rules: SecurityRules,
  rule: Partial<Omit<SecurityRules["mfa"], "sms" | "sources">>,
): SecurityRules {
  return { ...rules, mfa: { ...rules.mfa, ...rule } };
}

// The same rules with one identity source's switch set.
export function withSource(rules: SecurityRules, sourceId: string, on: boolean): SecurityRules {
  return { ...rules, mfa: { ...rules.mfa, sources: { ...rules.mfa.sources, [sourceId]: on } } };
}
