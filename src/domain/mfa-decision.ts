// Whether a second step is needed, and which: the table of docs/mfa-decision.md, in code. Questions 1
// to 3 say whether it is demanded, 4 and 5 whether it has been done, 6 to 8 how it is done.
// Whatever is not clearly "off" is on: an error while deciding must never let anybody in.
import { acceptsEnrolment, type Enrolment } from "./enrolment.ts";
import type { RequestedAcr } from "./requested-acr.ts";
import { effectiveRules, type RulesOfApplication, type SecurityRules } from "./security-rules.ts";
import { DAY_SECONDS } from "./time.ts";

export interface MfaQuestion {
  readonly request: RequestedAcr;
  readonly rules: RulesOfApplication;
  readonly sourceId: string;
  // Whether the upstream provider did a second step that this source is trusted for, recently enough.
  readonly upstreamDidIt: boolean;
  // The factor that the first step proved.
  readonly firstFactor: "pwd" | "sms";
  // How long ago the session proved the other factor; null: it did not, or not for this request.
  readonly otherFactorAgeSeconds: number | null;
  readonly user: {
    readonly phone: "none" | "assigned" | "bound";
    // How the phone became the user's; null: nobody knows, or there is none.
    readonly enrolment: Enrolment | null;
    readonly hasPassword: boolean;
    readonly factorOff: boolean;
    // Whether mail can go to an address that is known to be theirs.
    readonly hasVerifiedEmail: boolean;
    // Since the account was made; null: nobody knows.
    readonly ageSeconds: number | null;
  };
}

export type MfaDemand = "request-demands" | "application-rules" | "global-rules";

export type MfaOutcome =
  | {
      readonly need: "none";
      readonly because: "sms-off" | "source-off" | "upstream-did-it" | "factor-still-fresh";
    }
  | { readonly need: "code" | "bind-phone" | "password"; readonly because: MfaDemand }
  | {
      readonly need: "refuse";
      readonly because: "no-other-factor" | BindingRefusal | "factor-off" | "phone-not-accepted";
    };

type BindingRefusal = "binding-not-allowed" | "binding-too-late" | "no-verified-email";

export interface MfaLayer {
  readonly layer:
    | "request"
    | "rules"
    | "source"
    | "upstream"
    | "session"
    | "first-factor"
    | "phone"
    | "binding";
  readonly verdict: string;
  readonly because: string;
}

export type MfaDecision = MfaOutcome & { readonly layers: readonly MfaLayer[] };

// Rules as they may turn out to be in a store that somebody wrote to by hand: a part that is missing
// switches nothing off.
type MfaRules = Partial<SecurityRules["mfa"]>;

// Decides, and says what each question that was asked answered. Throws nothing, whatever the rules hold.
export function decideMfa(question: MfaQuestion): MfaDecision {
  const layers: MfaLayer[] = [];
  const outcome = ask(question, layers);
  return { ...outcome, layers };
}

// Whether whoever is to bind a phone has to open a link in a mail before: always, unless the decision says
// clearly that they need not.
export function needsLinkFirst({ layers }: Pick<MfaDecision, "layers">): boolean {
  return layers.find(({ layer }) => layer === "binding")?.verdict !== "bind-phone";
}

function ask(question: MfaQuestion, layers: MfaLayer[]): MfaOutcome {
  const rules: MfaRules = effectiveRules(question.rules).mfa ?? {};
  const demand = askWhetherDemanded(question, rules, layers);
  if (demand === "sms-off" || demand === "source-off") return { need: "none", because: demand };

  const done = askWhetherDone(question, rules, layers);
  if (done !== null) return { need: "none", because: done };

  return askHow(question, rules, demand, layers);
}

// Questions 1 to 3.
function askWhetherDemanded(
  question: MfaQuestion,
  rules: MfaRules,
  layers: MfaLayer[],
): MfaDemand | "sms-off" | "source-off" {
  const { request, sourceId } = question;
  if (request.level === "multi" || request.level === "unsupported") {
    const because = request.essential ? "essential-acr" : "acr-values";
    layers.push({ layer: "request", verdict: "demanded", because });
    return "request-demands";
  }
  layers.push({ layer: "request", verdict: "silent", because: `acr-${request.level}` });

  const whose = question.rules.own === null ? "global-rules" : "application-rules";
  if (rules.sms === false) {
    layers.push({ layer: "rules", verdict: "not-needed", because: `${whose}-sms-off` });
    return "sms-off";
  }
  layers.push({ layer: "rules", verdict: "demanded", because: `${whose}-sms-on` });

  const sources = rules.sources ?? {};
  const switched = Object.hasOwn(sources, sourceId) ? sources[sourceId] : null;
  if (switched === false) {
    layers.push({ layer: "source", verdict: "not-needed", because: "source-off" });
    return "source-off";
  }
  const because = switched === null ? "source-not-mentioned" : "source-on";
  layers.push({ layer: "source", verdict: "demanded", because });
  return whose;
}

// Questions 4 and 5.
function askWhetherDone(
  question: MfaQuestion,
  rules: MfaRules,
  layers: MfaLayer[],
): "upstream-did-it" | "factor-still-fresh" | null {
  if (question.upstreamDidIt === true) {
    layers.push({ layer: "upstream", verdict: "done", because: "upstream-did-it" });
    return "upstream-did-it";
  }
  layers.push({ layer: "upstream", verdict: "not-done", because: "not-proved-upstream" });

  const age = question.otherFactorAgeSeconds;
  const ageMax = rules.factorAgeSecondsMax;
  if (age === null || !Number.isFinite(age)) {
    layers.push({ layer: "session", verdict: "not-done", because: "not-proved" });
    return null;
  }
  // A code to a phone that does not count here proved nothing here, nor did a recovery code in its place.
  if (!isPhoneAccepted(question, rules)) {
    layers.push({ layer: "session", verdict: "not-done", because: PHONE_NOT_ACCEPTED });
    return null;
  }
  // Asked this way round because comparisons with what is no number are false.
  const isYoungEnough = ageMax === null || (typeof ageMax === "number" && age <= ageMax);
  if (!isYoungEnough) {
    layers.push({ layer: "session", verdict: "not-done", because: "factor-too-old" });
    return null;
  }
  layers.push({ layer: "session", verdict: "done", because: "factor-still-fresh" });
  return "factor-still-fresh";
}

// Questions 6 to 8.
function askHow(
  question: MfaQuestion,
  rules: MfaRules,
  demand: MfaDemand,
  layers: MfaLayer[],
): MfaOutcome {
  const { user } = question;
  // The same phone never counts twice: after a code, the other factor is the password.
  if (question.firstFactor === "sms") {
    const verdict = user.hasPassword ? "password" : "refuse";
    const because = user.hasPassword ? "phone-was-first" : "no-other-factor";
    layers.push({ layer: "first-factor", verdict, because });
    if (!user.hasPassword) return { need: "refuse", because: "no-other-factor" };
    if (!isPhoneAccepted(question, rules)) return refusePhone(layers);
    return { need: "password", because: demand };
  }
  layers.push({ layer: "first-factor", verdict: "sms", because: "password-was-first" });

  if (user.factorOff) {
    layers.push({ layer: "phone", verdict: "refuse", because: "factor-off" });
    return { need: "refuse", because: "factor-off" };
  }
  if (!isPhoneAccepted(question, rules)) return refusePhone(layers);
  if (user.phone !== "none") {
    layers.push({ layer: "phone", verdict: "code", because: `phone-${user.phone}` });
    return { need: "code", because: demand };
  }
  layers.push({ layer: "phone", verdict: "absent", because: "no-phone" });

  // Binding beats skipping: a user without a phone must not become the way around rules that every
  // other user obeys.
  const binding = askWhetherToBind(user, rules);
  layers.push({ layer: "binding", ...binding });
  if (binding.verdict === "refuse") return { need: "refuse", because: binding.because };
  return { need: "bind-phone", because: demand };
}

const PHONE_NOT_ACCEPTED = "phone-not-accepted";

// Whether the phone that is there, if there is one, was bound as strictly as these rules ask for.
function isPhoneAccepted({ user }: MfaQuestion, rules: MfaRules): boolean {
  return user.phone === "none" || acceptsEnrolment(rules, user.enrolment);
}

// Nor may another one be bound over it: what is there is not the password's to replace.
function refusePhone(layers: MfaLayer[]): MfaOutcome {
  layers.push({ layer: "phone", verdict: "refuse", because: PHONE_NOT_ACCEPTED });
  return { need: "refuse", because: PHONE_NOT_ACCEPTED };
}

type BindingVerdict =
  | { readonly verdict: "bind-phone"; readonly because: "anybody-may-bind" | "account-is-new" }
  | { readonly verdict: "mailed-link"; readonly because: "verified-email" }
  | { readonly verdict: "refuse"; readonly because: BindingRefusal };

// Question 8. A rule that is unknown, or lacks its figure, lets nobody bind.
function askWhetherToBind(
  { ageSeconds, hasVerifiedEmail }: MfaQuestion["user"],
  { binding, bindingDaysMax: daysMax }: MfaRules,
): BindingVerdict {
  if (binding === "anybody") return { verdict: "bind-phone", because: "anybody-may-bind" };
  if (binding === "mailed-link") {
    if (!hasVerifiedEmail) return { verdict: "refuse", because: "no-verified-email" };
    return { verdict: "mailed-link", because: "verified-email" };
  }
  if (binding === "within-days" && typeof daysMax === "number") {
    const isNew = ageSeconds !== null && ageSeconds <= daysMax * DAY_SECONDS;
    if (!isNew) return { verdict: "refuse", because: "binding-too-late" };
    return { verdict: "bind-phone", because: "account-is-new" };
  }
  return { verdict: "refuse", because: "binding-not-allowed" };
}
