// The SMS fraud guard at work: it looks at the range of numbers and the country that a text would go to, and pauses,
// tries and resumes them. A pause ends by itself, after a trial.
import type { AuditEvent } from "../domain/audit-event.ts";
import {
  type GuardVerdict,
  judgePlace,
  type Pause,
  type Place,
  scopeOf,
  textsToJudge,
  trialBeginsAt,
} from "../domain/fraud-guard.ts";
import type { Message } from "../domain/message.ts";
import type { SendBudget } from "../domain/send-caps.ts";
import type { Instant } from "../domain/time.ts";
import type { FlowDeps } from "./sign-in.ts";

export type Guarded =
  // With what it counts under as well, where it is one of a trial.
  | { readonly outcome: "free"; readonly budgets: readonly SendBudget[] }
  | { readonly outcome: "send-refused"; readonly because: "paused"; readonly retryAt: Instant };

// Whether a text may go out. One whose source is not judged is never held back: it goes to a number that
// its user has shown to be theirs. In the mode "record" everything is written down, and nothing is held back.
export async function guardText(
  deps: FlowDeps,
  message: Message | null,
  now: Instant,
): Promise<Guarded> {
  const { fraudGuard: mode, storage } = deps;
  const budgets: SendBudget[] = [];
  if (mode === "off" || !message?.source) return { outcome: "free", budgets };
  const places: Place[] = [{ prefix: message.prefix }, { country: message.country }];
  const pauses = await storage.messages.findPauses(places.map(scopeOf));
  for (const place of places) {
    const pause = pauses.find(({ scope }) => scope === scopeOf(place)) ?? null;
    const verdict = await judge(deps, place, pause, now);
    await carryOut(deps, { scope: scopeOf(place), pause, verdict, now });
    if (mode === "record") continue;
    if (verdict.verdict === "trial") budgets.push(verdict.budget);
    const retryAt = heldUntil(deps, verdict, now);
    if (retryAt !== null) return { outcome: "send-refused", because: "paused", retryAt };
  }
  return { outcome: "free", budgets };
}

async function judge(
  { storage, limits }: FlowDeps,
  place: Place,
  pause: Pause | null,
  now: Instant,
): Promise<GuardVerdict> {
  const which = textsToJudge(pause, now, limits);
  const texts = which.from > now ? [] : await storage.messages.listJudged(place, which);
  return judgePlace({ place, pause, texts }, now, limits);
}

// Null: it is not.
function heldUntil({ limits }: FlowDeps, verdict: GuardVerdict, now: Instant): Instant | null {
  switch (verdict.verdict) {
    case "held":
      return verdict.until;
    case "pause":
      return trialBeginsAt(now, limits);
    case "open":
    case "trial":
    case "resume":
      return null;
  }
}

async function carryOut(
  deps: FlowDeps,
  given: {
    readonly scope: string;
    readonly pause: Pause | null;
    readonly verdict: GuardVerdict;
    readonly now: Instant;
  },
): Promise<void> {
  const { scope, pause, verdict, now: at } = given;
  if (verdict.verdict !== "pause" && verdict.verdict !== "resume") return;
  const { messages } = deps.storage;
  const { conversion } = verdict;
  const event = { at, actor: "system", target: `sms:${scope}`, details: { ...conversion } };
  if (verdict.verdict === "resume") {
    const because = "codes-typed-in-trial";
    await messages.lift(scope, at, { ...event, action: "texts-resumed", because });
    return;
  }
  const because = verdict.again ? "few-codes-typed-in-trial" : "few-codes-typed";
  const { fraudGuard: mode, limits } = deps;
  const audit: AuditEvent = {
    ...event,
    action: "texts-paused",
    because: mode === "on" ? because : `${because}-recorded-only`,
  };
  const won = await messages.pause({ scope, at, since: pause?.pausedAt ?? null, audit });
  if (!won) return;
  deps.alarm({
    alarm: "sms-pumping",
    scope,
    mode,
    ...conversion,
    trialFrom: new Date(trialBeginsAt(at, limits)).toISOString(),
    lift: `latchkey message lift ${scope.slice(scope.indexOf(":") + 1)}`,
  });
}
