// "Bind your mobile phone": the page with the number, and its post, which also replaces the number while
// nothing is bound yet.
import type { Context } from "koa";
import type { InteractionState } from "../domain/interaction.ts";
import { type BindPhoneRefusal, takeBindPhoneStep } from "../flow/bind-phone-step.ts";
import { dueState } from "../flow/due-state.ts";
import {
  answerUnsent,
  drawCode,
  drawSendRefused,
  lockMessage,
  SEND_REFUSALS,
} from "./code-page.ts";
import { AppError } from "./errors.ts";
import { formField } from "./form.ts";
import { actionOf, readPost, stepPage, type Visit } from "./interaction-gate.ts";
import type { TextKey } from "./language.ts";
import type { BindPhoneModel } from "./page-models.ts";
import { phoneFields, type TypedPhone } from "./phone-country.ts";
import { draw, goOn, lockEndsAt, setRetryAfter } from "./step-answer.ts";
import type { Web } from "./web.ts";

type PhoneProblem = NonNullable<BindPhoneModel["error"]>;

// The page, empty.
export function showBindPhone(web: Web, visit: Visit): void {
  drawBindPhone(web, visit, 200, { page: "bind-phone", typed: null, error: null });
}

// The same for a number that comes in the place of another one.
export function showNewPhone(web: Web, visit: Visit): void {
  drawBindPhone(web, visit, 200, { page: "new-phone", typed: null, error: null });
}

// POST phone.
export async function postPhone(web: Web, ctx: Context): Promise<void> {
  const visit = await readPost(web, ctx);
  const typed = { phone: formField(ctx, "phone") ?? "", country: formField(ctx, "country") ?? "" };
  const result = await takeBindPhoneStep(web.flow, visit.signIn, typed);
  switch (result.outcome) {
    case "moved":
      return goOn(web, visit, result.state);
    case "send-failed":
      return answerUnsent(web, visit, result.state);
    case "out-of-order":
      throw new AppError("wrong-step", "no number can be bound");
    case "number-refused":
      return drawAgain(web, visit, typed, 422, problemOf(result.because, typed));
    case "locked": {
      setRetryAfter(web, visit, lockEndsAt(web, result.retryAt));
      const error = { field: null, message: lockMessage(result) } as const;
      return drawAgain(web, visit, typed, 429, error, result.retryAt);
    }
    case "send-refused": {
      const state = await dueState(web.flow, visit.signIn);
      if (state.step === "code") return drawSendRefused(web, visit, result);
      setRetryAfter(web, visit, result.retryAt);
      const error = { field: null, message: { key: SEND_REFUSALS[result.because] } } as const;
      const { retryAt } = result;
      return drawBindPhone(web, visit, 429, { page: pageOf(state), typed, error, retryAt });
    }
  }
}

const PROBLEMS = {
  malformed: "problem.phone-invalid",
  "country-needed": "problem.country-missing",
  "country-unknown": "problem.country-missing",
  "not-a-mobile": "problem.phone-not-mobile",
  "country-not-allowed": "problem.phone-country-off",
  "number-shared-too-often": "problem.phone-refused",
  "same-number": "problem.phone-same",
} as const satisfies Record<BindPhoneRefusal, TextKey>;

function problemOf(because: BindPhoneRefusal, typed: TypedPhone): PhoneProblem {
  if (typed.phone.trim() === "") {
    return { field: "phone", message: { key: "problem.phone-missing" } };
  }
  const field = because === "country-needed" || because === "country-unknown" ? "country" : "phone";
  return { field, message: { key: PROBLEMS[because] } };
}

// Whether the number was typed on this page or on the code's, the answer is that page again.
async function drawAgain(
  web: Web,
  visit: Visit,
  typed: TypedPhone,
  status: number,
  error: PhoneProblem,
  retryAt: number | null = null,
): Promise<void> {
  const state = await dueState(web.flow, visit.signIn);
  if (state.step === "code") {
    await drawCode(web, visit, status, state, { typedPhone: typed, error, retryAt });
    return;
  }
  drawBindPhone(web, visit, status, { page: pageOf(state), typed, error, retryAt });
}

function pageOf({ replaces }: InteractionState): "bind-phone" | "new-phone" {
  return replaces ? "new-phone" : "bind-phone";
}

interface Drawn {
  readonly page: "bind-phone" | "new-phone";
  readonly typed: TypedPhone | null;
  readonly error: BindPhoneModel["error"];
  readonly retryAt?: number | null;
}

function drawBindPhone(
  web: Web,
  visit: Visit,
  status: number,
  { page, typed, error, retryAt = null }: Drawn,
): void {
  const model: BindPhoneModel = {
    ...stepPage(web, visit),
    ...phoneFields(web, visit, typed),
    action: actionOf(web, visit, "phone"),
    error,
    retryAt,
  };
  draw(visit, status, web.view.render(page, model, visit.language));
}
