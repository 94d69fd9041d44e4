// The first step's page: one field for the login name, one for the password.

import type { Context } from "koa";
import { isEnrolling } from "../flow/first-factor-again.ts";
import { takePasswordStep } from "../flow/password-step.ts";
import { answerUnsent } from "./code-page.ts";
import { AppError } from "./errors.ts";
import { formField } from "./form.ts";
import { actionOf, readPost, stepPage, type Visit } from "./interaction-gate.ts";
import type { SignInModel } from "./page-models.ts";
import { letImageShow } from "./security-headers.ts";
import { draw, goOn, setRetryAfter } from "./step-answer.ts";
import type { Web } from "./web.ts";

type Problem = SignInModel["error"];

// The page; login_hint fills the field.
export function showSignIn(web: Web, visit: Visit): void {
  drawSignIn(web, visit, 200, { login: visit.params.login_hint ?? "", error: null });
}

// POST login.
export async function postLogin(web: Web, ctx: Context): Promise<void> {
  const visit = await readPost(web, ctx);
  const login = formField(ctx, "login") ?? "";
  const result = await takePasswordStep(web.flow, visit.signIn, {
    login,
    password: formField(ctx, "password") ?? "",
  });
  switch (result.outcome) {
    case "moved":
      return goOn(web, visit, result.state);
    case "send-failed":
      return answerUnsent(web, visit, result.state);
    case "out-of-order":
      throw new AppError("wrong-step", "no password is due");
    case "malformed":
      return drawSignIn(web, visit, 422, {
        login,
        error: malformed(result.field, formField(ctx, result.field)),
      });
    case "limited":
      setRetryAfter(web, visit, result.retryAt);
      return drawSignIn(web, visit, 429, {
        login,
        error: { field: null, message: { key: "problem.too-many-tries" } },
        retryAt: result.retryAt,
      });
    case "rejected":
      return drawSignIn(web, visit, 401, {
        login,
        error: { field: null, message: { key: "problem.login-failed" } },
      });
  }
}

function malformed(field: "login" | "password", value: string | undefined): Problem {
  if (value !== undefined && value.trim() !== "") {
    return { field, message: { key: "problem.value-too-long" } };
  }
  const key = field === "login" ? "problem.login-missing" : "problem.password-missing";
  return { field, message: { key } };
}

function drawSignIn(
  web: Web,
  visit: Visit,
  status: number,
  given: { readonly login: string; readonly error: Problem; readonly retryAt?: number },
): void {
  const { signIn } = visit;
  const model: SignInModel = {
    ...stepPage(web, visit),
    action: actionOf(web, visit, "login"),
    login: given.login.slice(0, 256),
    again: signIn.request.kind === "step-up" || isEnrolling(signIn.interaction.state),
    recoveryHref: web.flow.recovery === "off" ? null : `${web.base}/recovery`,
    error: given.error,
    retryAt: given.retryAt ?? null,
  };
  letImageShow(visit.ctx, model.frame.about?.logo);
  draw(visit, status, web.view.render("sign-in", model, visit.language));
}
