// The user gives up, or refuses consent: the application hears access_denied.
import { NOTHING_PROVED } from "../domain/factors.ts";
import type { InteractionState } from "../domain/interaction.ts";
import type { Instant } from "../domain/time.ts";
import type { MoveEffects } from "../ports/interactions.ts";
import { auditStep } from "./audit-trail.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn } from "./sign-in.ts";
import { tellItsUser, unfinishedDetails } from "./unfinished-sign-in.ts";

export type AbortOutcome =
  | { readonly outcome: "moved"; readonly state: InteractionState }
  | typeof OUT_OF_ORDER;

// Ends the interaction without a sign-in.
export async function abortSignIn(deps: FlowDeps, signIn: SignIn): Promise<AbortOutcome> {
  const { interaction, request } = signIn;
  if (interaction.state?.step === "done") return OUT_OF_ORDER;

  const now = deps.now();
  const userId = interaction.state?.userId ?? request.session?.userId ?? null;
  const state: InteractionState = {
    step: "done",
    userId,
    sourceId: interaction.state?.sourceId ?? null,
    proved: NOTHING_PROVED,
    challenge: null,
    binding: false,
    refusal: null,
    decision: interaction.state?.decision ?? null,
  };
  const moved = await deps.storage.interactions.move({
    uid: interaction.uid,
    now,
    from: { version: interaction.version },
    to: state,
    resetAttempts: true,
    record: deps.withResult(interaction.record, {
      outcome: "refused",
      error: "access_denied",
      description: "the user gave up",
    }),
    effects: userId === null ? {} : await effectsOf(deps, signIn, userId, now),
  });
  return moved.outcome === "moved" ? { outcome: "moved", state } : OUT_OF_ORDER;
}

// Whoever gives up after a right password may not be its owner: that is worth a line, and a mail.
async function effectsOf(
  deps: FlowDeps,
  signIn: SignIn,
  userId: string,
  now: Instant,
): Promise<MoveEffects> {
  const { interaction, request } = signIn;
  const details = unfinishedDetails(interaction);
  return {
    audit: [auditStep(request, userId, `${request.kind}-aborted`, now, details)],
    ...(await tellItsUser(deps, signIn, now)),
  };
}
