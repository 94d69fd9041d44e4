// The step that is due. It is read from what is stored; before anything is stored it follows from the
// request, so that a GET never has to write or to send.
import { NOTHING_PROVED } from "../domain/factors.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { needsLinkFirst } from "../domain/mfa-decision.ts";
import { isFirstFactorFresh, withFreshFirstFactor } from "./first-factor-again.ts";
import { decideSecondStep } from "./second-step.ts";
import type { FlowDeps, SignIn } from "./sign-in.ts";
import { canHaveCode } from "./test-numbers.ts";

const FIRST_FACTOR: InteractionState = {
  step: "first-factor",
  userId: null,
  sourceId: null,
  proved: NOTHING_PROVED,
  challenge: null,
  binding: false,
  refusal: null,
  decision: null,
};

// The state of a sign-in as it is now.
export async function dueState(
  deps: Pick<FlowDeps, "storage" | "limits" | "now" | "smsCountries" | "mailsGoOut">,
  signIn: SignIn,
): Promise<InteractionState> {
  const { interaction, request } = signIn;
  if (interaction.state !== null) return withFreshFirstFactor(deps, signIn, interaction.state);
  if (request.kind === "consent") return { ...FIRST_FACTOR, step: "consent" };
  if (request.kind === "sign-in" || request.session === null) return FIRST_FACTOR;
  return stepUpState(deps, signIn, request.session.userId);
}

// A step-up begins where a sign-in stands after the password.
async function stepUpState(
  deps: Pick<FlowDeps, "storage" | "limits" | "now" | "smsCountries" | "mailsGoOut">,
  signIn: SignIn,
  userId: string,
): Promise<InteractionState> {
  const { request } = signIn;
  const user = await deps.storage.users.find(userId);
  if (user === null || user.status !== "active") return FIRST_FACTOR;

  const question = { request, sourceId: "password", proved: NOTHING_PROVED, user };
  const decision = await decideSecondStep(deps, question);
  const begun = { ...FIRST_FACTOR, userId, sourceId: "password", decision };
  switch (decision.need) {
    case "none":
    // Nothing is missing any more: the rules changed meanwhile. A code does no harm, and the engine's
    // policy is what lets anybody in.
    case "code":
      if (user.phone === null) return { ...begun, step: "refused", refusal: "no-other-factor" };
      if (!(await canHaveCode(deps, user.phone))) {
        return { ...begun, step: "refused", refusal: "phone-cannot-be-texted" };
      }
      return { ...begun, step: "code" };
    case "bind-phone":
      // No mail is asked for on the strength of a cookie either.
      if (!isFirstFactorFresh(deps, signIn, begun)) return begun;
      if (!needsLinkFirst(decision)) return { ...begun, step: "bind-phone", binding: true };
      if (!deps.mailsGoOut) return { ...begun, step: "refused", refusal: "link-cannot-be-mailed" };
      return { ...begun, step: "mailed-link", binding: true };
    case "password":
      return { ...begun, step: "refused", refusal: "no-other-factor" };
    case "refuse":
      return { ...begun, step: "refused", refusal: decision.because };
  }
}
