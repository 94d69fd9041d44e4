// A code is typed. Count, then judge, then consume.
import { type FactorLock, factorLock, factorLockedUntil } from "../domain/attempt-budget.ts";
import { normalCode, sameCode } from "../domain/code.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { offersRecoveryCodes } from "../domain/outage-policy.ts";
import type { RecoveryOffer } from "../domain/recovery-codes.ts";
import type { Instant } from "../domain/time.ts";
import type { AttemptCounted } from "../ports/interactions.ts";
import { markTest } from "./audit-trail.ts";
import { askAgain, beginAgain, isBindingBarred } from "./binding.ts";
import { dueState } from "./due-state.ts";
import { signInEnd } from "./end-sign-in.ts";
import { isFirstFactorFresh } from "./first-factor-again.ts";
import { mayGoOn } from "./proved-by-now.ts";
import { type CodeResult, phoneNews, proofOf, type RightCode, resultOf } from "./right-code.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn } from "./sign-in.ts";
import { expectedCode } from "./test-numbers.ts";
import { guessOf, noteWrongCode } from "./wrong-code.ts";

export type SubmitCodeOutcome =
  | { readonly outcome: "accepted"; readonly state: InteractionState }
  | typeof OUT_OF_ORDER
  // The rules do not allow this binding any more: another step is due.
  | { readonly outcome: "begun-again"; readonly state: InteractionState }
  // Not six digits: not an attempt.
  | { readonly outcome: "malformed" }
  // With the lock that this attempt has set, if it has.
  | {
      readonly outcome: "rejected";
      readonly attemptsLeft: number;
      readonly lock: FactorLock | null;
    }
  // The code is over; another one can be asked for.
  | { readonly outcome: "dead"; readonly because: "expired" | "too-many-attempts" | "already-used" }
  // Null: off until an administrator puts it back.
  | { readonly outcome: "locked"; readonly retryAt: Instant | null }
  // The number cannot be bound after all: it has come to be shared by too many.
  | { readonly outcome: "number-shared-too-often" };

// Judges a typed code, and ends the sign-in when it is right.
export async function submitCode(
  deps: FlowDeps,
  signIn: SignIn,
  typed: string,
): Promise<SubmitCodeOutcome> {
  const state = await dueState(deps, signIn);
  if (state.step !== "code") return OUT_OF_ORDER;
  if (state.challenge === null || state.challenge.sends === 0) return notSent(deps, state);
  const code = normalCode(typed);
  if (code === null) return { outcome: "malformed" };
  if (state.binding) {
    const barred = await findBar(deps, signIn, state);
    if (barred !== null) return barred;
  }

  // Count first, judge second. The other order lets a burst of parallel guesses all read the same
  // count before any of them is written.
  const now = deps.now();
  const counted = await deps.storage.interactions.countAttempt(
    signIn.interaction.uid,
    now,
    deps.limits,
    { answer: "code", guess: guessOf(deps, state, code) },
  );
  switch (counted.outcome) {
    case "not-due":
      return counted.interaction?.state?.step === "done"
        ? { outcome: "dead", because: "already-used" }
        : OUT_OF_ORDER;
    case "locked":
      return { outcome: "locked", retryAt: counted.retryAt };
    case "dead":
      return { outcome: "dead", because: counted.because };
    case "counted":
      return judge(deps, signIn, counted, code, now);
  }
}

// Null: nothing stands against it.
async function findBar(
  deps: FlowDeps,
  signIn: SignIn,
  state: InteractionState,
): Promise<SubmitCodeOutcome | null> {
  const asked = await askAgain(deps, signIn, state);
  if (asked === null) return OUT_OF_ORDER;
  if (!isBindingBarred(state, asked)) return null;
  const begun = await beginAgain(deps, signIn, state, asked);
  return begun.outcome === "out-of-order" ? begun : { ...begun, outcome: "begun-again" };
}

// No code went out. While the factor is locked that is why, and the answer.
async function notSent(deps: FlowDeps, state: InteractionState): Promise<SubmitCodeOutcome> {
  const user = state.userId === null ? null : await deps.storage.users.find(state.userId);
  const until = user === null ? null : factorLockedUntil(user.factorAttempts, deps.now());
  return until === null ? OUT_OF_ORDER : { outcome: "locked", retryAt: until };
}

async function judge(
  deps: FlowDeps,
  signIn: SignIn,
  counted: Extract<AttemptCounted, { outcome: "counted" }>,
  code: string,
  now: Instant,
): Promise<SubmitCodeOutcome> {
  const { interaction } = counted;
  const { state } = interaction;
  const challenge = state?.challenge;
  if (!state || !challenge || !mayGoOn(signIn, state, counted.user)) return OUT_OF_ORDER;

  const expected = await expectedCode(deps, challenge);
  if (expected === null || !sameCode(code, expected)) {
    await noteWrongCode(deps, signIn, counted, { because: "wrong-code", at: now });
    return {
      outcome: "rejected",
      attemptsLeft: deps.limits.attemptsPerCode - interaction.attempts,
      lock: factorLock(counted.user.factorAttempts, now, deps.limits),
    };
  }
  return end(deps, signIn, { counted, state, challenge, now });
}

async function end(deps: FlowDeps, signIn: SignIn, right: RightCode): Promise<SubmitCodeOutcome> {
  const { now, counted, challenge } = right;
  const result = resultOf(signIn, right);
  const offer = result.to.step === "done" ? await newOffer(deps, signIn, result, right) : null;
  const to: InteractionState = offer ? { ...result.to, step: "recovery-codes", offer } : result.to;
  const { proved, decision } = to;
  const end = { user: result.user, proved, decision, now };
  const ended = to.step === "done" ? await signInEnd(deps, signIn, end) : null;
  const phone = phoneNews(deps, signIn, right);
  const audit = [...phone.audit, ...(ended?.effects.audit ?? [])];

  // Consumes the code: of all that race with the right one, one gets through.
  const moved = await deps.storage.interactions.move({
    uid: counted.interaction.uid,
    now,
    from: { challengeId: challenge.id },
    to,
    resetAttempts: false,
    record: ended?.record,
    effects: {
      codeProved: proofOf(deps, right),
      refundSends: challenge.refunds,
      ...ended?.effects,
      audit: audit.map((event) => markTest(event, challenge)),
      mails: [...phone.mails, ...(ended?.effects.mails ?? [])],
    },
  });
  switch (moved.outcome) {
    case "moved":
      return { outcome: "accepted", state: to };
    case "number-shared-too-often":
      return { outcome: "number-shared-too-often" };
    case "user-changed":
    case "send-refused":
    case "link-refused":
      return OUT_OF_ORDER;
    case "stale":
      return { outcome: "dead", because: "already-used" };
  }
}

// Recovery codes to show, where they would be taken and the user has none, and the first factor is fresh. A fixed code
// earns nobody any.
async function newOffer(
  deps: FlowDeps,
  signIn: SignIn,
  { user, to }: CodeResult,
  { challenge }: RightCode,
): Promise<RecoveryOffer | null> {
  const [key] = deps.codeKeys;
  if (key === undefined || challenge.testNumber) return null;
  if (!isFirstFactorFresh(deps, signIn, to)) return null;
  const rules = await deps.storage.rules.find(signIn.request.clientId);
  return offersRecoveryCodes(rules, user) ? { id: deps.newId(), codeKeyId: key.id } : null;
}
