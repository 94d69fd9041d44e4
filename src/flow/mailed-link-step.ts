// The link that has to be opened before a first phone is bound: sent, or sent again, and confirmed. Opening it
// does nothing by itself, since mail scanners open links too; what confirms it is a post from the browser that
// began the sign-in. Confirmed elsewhere it would let who has the password have its owner click for them.
import { findLinkToken, isLinkDead } from "../domain/binding-link.ts";
import { sameCode } from "../domain/code.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { verifiedAddressOf } from "../domain/mail.ts";
import { needsLinkFirst } from "../domain/mfa-decision.ts";
import { auditStep } from "./audit-trail.ts";
import { type AskedAgain, askAgain, beginAgain } from "./binding.ts";
import { dueState } from "./due-state.ts";
import type { BeginOutcome } from "./send-code.ts";
import { type LinkOutcome, linkToSend, moveAndMail } from "./send-link.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn } from "./sign-in.ts";

export type ConfirmLinkOutcome =
  | BeginOutcome
  | { readonly outcome: "rejected"; readonly state: InteractionState }
  // Too many wrong tokens in this interaction.
  | { readonly outcome: "dead"; readonly state: InteractionState };

// Mails the link, if that is what is due and the limits allow it.
export async function takeSendLinkStep(
  deps: FlowDeps,
  signIn: SignIn,
): Promise<LinkOutcome | BeginOutcome> {
  const state = await dueState(deps, signIn);
  if (state.step !== "mailed-link") return OUT_OF_ORDER;
  const asked = await askAgain(deps, signIn, state);
  if (asked === null) return OUT_OF_ORDER;
  const { user } = asked;
  const address = verifiedAddressOf(user);
  if (!isLinkDue(asked) || address === null) return beginAgain(deps, signIn, state, asked);

  const link = linkToSend(deps, state.link ?? null, address);
  return moveAndMail(deps, signIn, { state, user, link });
}

// Judges the token of an opened link, and lets a phone be bound when it is right. Single use: the move away from
// this step succeeds once, and it counts a wrong token in the same statement that tells of it.
export async function confirmLink(
  deps: FlowDeps,
  signIn: SignIn,
  token: string,
): Promise<ConfirmLinkOutcome> {
  const state = await dueState(deps, signIn);
  const { link, userId } = state;
  if (state.step !== "mailed-link" || !link?.isMailed || userId === null) {
    return OUT_OF_ORDER;
  }
  const asked = await askAgain(deps, signIn, state);
  if (asked === null) return OUT_OF_ORDER;
  if (!isLinkDue(asked) || verifiedAddressOf(asked.user) !== link.address) {
    return beginAgain(deps, signIn, state, asked);
  }
  if (isLinkDead(link, deps.limits)) return { outcome: "dead", state };

  const { uid, version } = signIn.interaction;
  const owner = { uid, userId, address: link.address, id: link.id };
  const expected = findLinkToken(owner, link.keyId, deps.linkKeys);
  const isRight = expected !== null && sameCode(token, expected);
  const now = deps.now();
  const to: InteractionState = isRight
    ? { ...state, step: "bind-phone", link: { ...link, confirmedAt: now } }
    : { ...state, link: { ...link, attempts: link.attempts + 1 } };
  const action = isRight ? "binding-link-confirmed" : "binding-link-rejected";
  const moved = await deps.storage.interactions.move({
    uid,
    now,
    from: { version },
    to,
    resetAttempts: false,
    effects: { audit: [auditStep(signIn.request, userId, action, now, becauseOf(isRight))] },
  });
  if (moved.outcome !== "moved") return OUT_OF_ORDER;
  return { outcome: isRight ? "moved" : "rejected", state: to };
}

function isLinkDue({ decision }: AskedAgain): boolean {
  return decision.need === "bind-phone" && needsLinkFirst(decision);
}

function becauseOf(isRight: boolean): { readonly because?: string } {
  return isRight ? {} : { because: "wrong-token" };
}
