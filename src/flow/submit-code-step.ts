// A code is typed. Count, then judge, then consume.
import { factorLockedUntil } from "../domain/attempt-budget.ts";
import type { AuditEvent } from "../domain/audit-event.ts";
import { normalCode, sameCode } from "../domain/code.ts";
import { withFactor } from "../domain/factors.ts";
import type { InteractionState } from "../domain/interaction.ts";
import {
  type Mail,
  mailsTo,
  type Notice,
  noticeOfPhone,
  noticeOfWrongCode,
} from "../domain/mail.ts";
import type { Instant } from "../domain/time.ts";
import type { User } from "../domain/user.ts";
import type { AttemptCounted, MoveEffects } from "../ports/interactions.ts";
import { auditSignIn, auditStep } from "./audit-trail.ts";
import { askAgain, beginAgain, isBindingBarred } from "./binding.ts";
import { deviceEffects } from "./device-notice.ts";
import { dueState } from "./due-state.ts";
import { codeOf } from "./send-code.ts";
import { type FlowDeps, OUT_OF_ORDER, type SignIn } from "./sign-in.ts";

export type SubmitCodeOutcome =
  | { readonly outcome: "accepted"; readonly state: InteractionState }
  | typeof OUT_OF_ORDER
  // The rules do not allow this binding any more: another step is due.
  | { readonly outcome: "begun-again"; readonly state: InteractionState }
  // Not six digits: not an attempt.
  | { readonly outcome: "malformed" }
  | { readonly outcome: "rejected"; readonly attemptsLeft: number }
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
  const { user, interaction } = counted;
  const { state } = interaction;
  const challenge = state?.challenge;
  if (!state || !challenge) return OUT_OF_ORDER;

  const expected = codeOf(deps, challenge);
  if (expected === null || !sameCode(code, expected)) {
    const attempts = interaction.attempts;
    const details = {
      because: "wrong-code",
      attempt: attempts,
      inARow: user.factorAttempts.inARow,
    };
    const event = auditStep(signIn.request, user.id, "code-rejected", now, details);
    const notice = noticeOfWrongCode(user.factorAttempts, deps.limits);
    await noteWrongCode(deps, user, event, mailsOf(deps, signIn, { user, notice, at: now }));
    return { outcome: "rejected", attemptsLeft: deps.limits.attemptsPerCode - attempts };
  }
  return end(deps, signIn, { counted, state, number: challenge.phone, id: challenge.id, now });
}

// When its owner is to hear of it too, the event and the mail are written together.
async function noteWrongCode(
  { storage }: Pick<FlowDeps, "storage">,
  user: User,
  event: AuditEvent,
  mails: readonly Mail[],
): Promise<void> {
  if (mails.length > 0) {
    const noted = await storage.users.note(user.id, event, mails);
    if (noted === "noted") return;
  }
  await storage.audit.append([event]);
}

function mailsOf(
  deps: FlowDeps,
  { language }: SignIn,
  { user, notice, at }: { user: User; notice: Notice | null; at: Instant },
): Mail[] {
  return mailsTo(user, notice, { id: deps.newId(), language, at });
}

interface RightCode {
  readonly counted: Extract<AttemptCounted, { outcome: "counted" }>;
  readonly state: InteractionState;
  readonly number: string;
  readonly id: string;
  readonly now: Instant;
}

// What the user hears of the sign-in, if it binds a phone or comes from a new browser.
async function tellOfSignIn(
  deps: FlowDeps,
  signIn: SignIn,
  { counted: { user }, number, now }: RightCode,
): Promise<Pick<MoveEffects, "device" | "mails">> {
  const bound = { number, status: "bound" as const, since: now };
  const notice = noticeOfPhone(user.phone, bound);
  const seen = await deviceEffects(deps, signIn, user, now);
  return { ...seen, mails: [...mailsOf(deps, signIn, { user, notice, at: now }), ...seen.mails] };
}

async function end(deps: FlowDeps, signIn: SignIn, right: RightCode): Promise<SubmitCodeOutcome> {
  const { state, now, counted, number } = right;
  const { request } = signIn;
  const userId = counted.user.id;
  const proved = withFactor(state.proved, "sms", now);
  const to: InteractionState = { ...state, step: "done", proved };
  const audit = [auditSignIn(request, userId, state.decision, proved, now)];
  const becomesBound = counted.user.phone?.status !== "bound";
  if (becomesBound) audit.unshift(auditStep(request, userId, "phone-bound", now));
  const told = await tellOfSignIn(deps, signIn, right);

  // Consumes the code: of all that race with the right one, one gets through.
  const moved = await deps.storage.interactions.move({
    uid: counted.interaction.uid,
    now,
    from: { challengeId: right.id },
    to,
    resetAttempts: false,
    record: deps.withResult(counted.interaction.record, {
      outcome: "signed-in",
      userId,
      proved,
      credentialsChangedAt: counted.user.credentialsChangedAt,
      authTime: request.kind === "step-up" ? (request.session?.authTime ?? null) : null,
    }),
    effects: {
      codeProved: {
        userId,
        number,
        bind: state.binding,
        usersPerBoundPhone: deps.limits.usersPerBoundPhone,
        challengeId: right.id,
      },
      audit,
      ...told,
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
