// The user lets an application have what it asked for.
import { NOTHING_PROVED } from "../domain/factors.ts";
import type { EngineRecord, InteractionState } from "../domain/interaction.ts";
import { auditStep } from "./audit-trail.ts";
import { dueState } from "./due-state.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn } from "./sign-in.ts";

export type ConsentOutcome =
  | { readonly outcome: "moved"; readonly state: InteractionState }
  | typeof OUT_OF_ORDER;

// Ends a consent interaction with the record that `grant` makes: the engine's grant with what the page
// showed.
export async function giveConsent(
  deps: FlowDeps,
  signIn: SignIn,
  grant: (userId: string) => Promise<EngineRecord>,
): Promise<ConsentOutcome> {
  const due = await dueState(deps, signIn);
  const userId = signIn.request.session?.userId;
  if (due.step !== "consent" || userId === undefined) return OUT_OF_ORDER;

  const now = deps.now();
  const state: InteractionState = { ...due, step: "done", userId, proved: NOTHING_PROVED };
  const moved = await deps.storage.interactions.move({
    uid: signIn.interaction.uid,
    now,
    from: { version: signIn.interaction.version },
    to: state,
    resetAttempts: true,
    record: await grant(userId),
    effects: { audit: [auditStep(signIn.request, userId, "consent-given", now)] },
  });
  return moved.outcome === "moved" ? { outcome: "moved", state } : OUT_OF_ORDER;
}
