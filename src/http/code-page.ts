// The page on which a code is typed, or sent in the first place; and the posts of code and resend.
import type { Context } from "koa";
import { type FactorLock, factorLock } from "../domain/attempt-budget.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { maskPhone } from "../domain/phone.ts";
import type { SendCap } from "../domain/send-caps.ts";
import type { SendRefusal } from "../domain/send-policy.ts";
import type { Instant } from "../domain/time.ts";
import { dueState } from "../flow/due-state.ts";
import { offeredFactor } from "../flow/recovery-code-step.ts";
import { takeResendStep } from "../flow/resend-step.ts";
import { submitCode } from "../flow/submit-code-step.ts";
import { deliveryOf, numberOf, resendAt } from "./code-facts.ts";
import { AppError } from "./errors.ts";
import { formField } from "./form.ts";
import { actionOf, readPost, stepPage, type Visit } from "./interaction-gate.ts";
import type { Message } from "./language.ts";
import type { CodeModel } from "./page-models.ts";
import { otherPhoneFields, type TypedPhone } from "./phone-country.ts";
import { draw, goOn, lockEndsAt, setRetryAfter } from "./step-answer.ts";
import type { Web } from "./web.ts";

// What a page has to say besides what the state says.
export interface CodeRemarks {
  readonly error?: CodeModel["error"];
  readonly notice?: Message;
  readonly retryAt?: Instant | null;
  readonly resendAt?: Instant;
  readonly attempts?: number;
  readonly dead?: boolean;
  readonly locked?: boolean;
  readonly typedPhone?: TypedPhone;
}

// The page of a state whose step is "code".
export async function showCode(web: Web, visit: Visit, state: InteractionState): Promise<void> {
  const { challenge, userId } = state;
  const unsent = challenge === null || challenge.sends === 0;
  const user = userId === null ? null : await web.flow.storage.users.find(userId);
  const lock = user && factorLock(user.factorAttempts, web.flow.now(), web.flow.limits);
  if (lock !== null) return drawCode(web, visit, 200, state, lockedBy(lock));
  await drawCode(web, visit, 200, state, unsent ? whyUnsent(web, state) : {});
}

// A gap shows by itself, with its end; a cap has to be said.
function whyUnsent(web: Web, { unsent }: InteractionState): CodeRemarks {
  if (!unsent || unsent.because === "send-gap" || unsent.because === "send-failed") return {};
  if (unsent.retryAt <= web.flow.now()) return {};
  return { error: about(SEND_REFUSALS[unsent.because]), resendAt: unsent.retryAt };
}

// POST code.
export async function postCode(web: Web, ctx: Context): Promise<void> {
  const visit = await readPost(web, ctx);
  const { signIn } = visit;
  const typed = formField(ctx, "code") ?? "";
  const result = await submitCode(web.flow, signIn, typed);
  const drawAgain = async (status: number, remarks: CodeRemarks) =>
    drawCode(web, visit, status, await dueState(web.flow, signIn), remarks);
  const { attemptsPerCode } = web.flow.limits;

  switch (result.outcome) {
    case "accepted":
      return goOn(web, visit, result.state);
    case "begun-again":
      return goOn(web, visit, result.state);
    case "out-of-order":
      throw new AppError("wrong-step", "no code is due");
    case "malformed": {
      const key = typed === "" ? "problem.code-missing" : "problem.code-malformed";
      return drawAgain(422, { error: { field: "code", message: { key } } });
    }
    case "rejected": {
      const attempts = attemptsPerCode - result.attemptsLeft;
      if (result.lock !== null) return drawAgain(401, { attempts, ...lockedBy(result.lock) });
      const last = result.attemptsLeft === 0;
      const key = last ? "problem.code-dead" : "problem.code-wrong";
      return drawAgain(401, { attempts, error: { field: last ? null : "code", message: { key } } });
    }
    case "dead":
      return drawAgain(410, { dead: true, error: about("problem.code-dead") });
    case "locked":
      return drawLocked(web, visit, result.retryAt);
    case "number-shared-too-often":
      return drawAgain(422, {
        error: { field: "phone", message: { key: "problem.phone-refused" } },
      });
  }
}

// POST resend.
export async function postResend(web: Web, ctx: Context): Promise<void> {
  const visit = await readPost(web, ctx);
  const result = await takeResendStep(web.flow, visit.signIn);
  switch (result.outcome) {
    case "moved":
      return goOn(web, visit, result.state);
    case "send-failed":
      return answerUnsent(web, visit, result.state);
    case "out-of-order":
      throw new AppError("wrong-step", "nothing is to be sent");
    case "send-refused":
      return drawSendRefused(web, visit, result);
    case "locked":
      return drawLocked(web, visit, result.retryAt);
  }
}

// The text could not be sent: 503, and what was proved is kept.
export async function answerUnsent(web: Web, visit: Visit, state: InteractionState): Promise<void> {
  visit.ctx.set("Retry-After", "5");
  // The attempts of before may have been those of another code.
  const { uid } = visit.signIn.interaction;
  const moved = await web.flow.storage.interactions.find(uid, web.flow.now());
  const error = about("problem.send-failed");
  await drawCode(web, visit, 503, state, { error, attempts: moved?.attempts ?? 0 });
}

// Another text may not go out yet.
export async function drawSendRefused(
  web: Web,
  visit: Visit,
  refused: { readonly because: SendRefusal | SendCap; readonly retryAt: Instant },
): Promise<void> {
  setRetryAfter(web, visit, refused.retryAt);
  const state = await dueState(web.flow, visit.signIn);
  await drawCode(web, visit, 429, state, {
    error: about(SEND_REFUSALS[refused.because]),
    resendAt: refused.retryAt,
  });
}

// What is said of a cap that many share tells nothing of the others who reached it.
export const SEND_REFUSALS = {
  "send-gap": "problem.send-gap",
  "challenge-sends-spent": "problem.sends-spent",
  "number-daily-cap": "problem.number-daily-cap",
  "user-daily-cap": "problem.user-daily-cap",
  "address-cap": "problem.address-cap",
  "prefix-cap": "problem.no-texts-now",
  "country-cap": "problem.no-texts-now",
  "day-cap": "problem.no-texts-now",
  "money-cap": "problem.no-texts-now",
  paused: "problem.no-texts-now",
} as const satisfies Record<SendRefusal | SendCap, string>;

// Too many wrong codes: 429, until the lock ends.
export async function drawLocked(web: Web, visit: Visit, retryAt: Instant | null): Promise<void> {
  const state = await dueState(web.flow, visit.signIn);
  setRetryAfter(web, visit, lockEndsAt(web, retryAt));
  await drawCode(web, visit, 429, state, lockedBy({ retryAt }));
}

// What the page says while codes are locked, or off for good.
export function lockedBy({ retryAt }: FactorLock): CodeRemarks {
  return { locked: true, error: { field: null, message: lockMessage({ retryAt }) }, retryAt };
}

// Until when, or for good.
export function lockMessage({ retryAt }: FactorLock): Message {
  return retryAt === null
    ? { key: "problem.factor-off" }
    : { key: "problem.factor-locked", params: { time: retryAt } };
}

function about(
  key: "problem.send-failed" | "problem.code-dead" | (typeof SEND_REFUSALS)[SendRefusal | SendCap],
): CodeModel["error"] {
  return { field: null, message: { key } };
}

// Draws the page of the code, whichever state it is in.
export async function drawCode(
  web: Web,
  visit: Visit,
  status: number,
  state: InteractionState,
  remarks: CodeRemarks,
): Promise<void> {
  const { challenge } = state;
  const attempts = remarks.attempts ?? visit.signIn.interaction.attempts;
  const left = Math.max(0, web.flow.limits.attemptsPerCode - attempts);
  const attemptsLeft = remarks.dead ? 0 : left;
  const locked = remarks.locked ?? false;
  const mayType = !locked && attemptsLeft > 0;
  const model: CodeModel = {
    ...stepPage(web, visit),
    action: actionOf(web, visit, "code"),
    resendAction: actionOf(web, visit, "resend"),
    maskedPhone: maskPhone(await numberOf(web, state)),
    attemptsLeft,
    expiresAt: challenge?.expiresAt ?? web.flow.now(),
    resendAt: remarks.resendAt ?? (await resendAt(web, state)),
    sent: challenge !== null && challenge.sends > 0,
    delivery: await deliveryOf(web, state),
    binding: state.binding,
    replace:
      state.binding && !locked
        ? {
            phoneAction: actionOf(web, visit, "phone"),
            ...otherPhoneFields(web, visit, {
              before: challenge?.phone ?? "",
              typed: remarks.typedPhone ?? null,
            }),
          }
        : null,
    recovery: mayType ? await recoveryOf(web, visit, state) : null,
    error: remarks.error ?? null,
    notice: remarks.notice ?? null,
    locked,
    retryAt: remarks.retryAt ?? null,
  };
  draw(visit, status, web.view.render("code", model, visit.language));
}

// The form for a recovery code, where one may stand in for a text that cannot be sent.
async function recoveryOf(
  web: Web,
  visit: Visit,
  state: InteractionState,
): Promise<CodeModel["recovery"]> {
  const offered = await offeredFactor(web.flow, visit.signIn, state);
  return offered === null ? null : { action: actionOf(web, visit, "recovery-code") };
}
