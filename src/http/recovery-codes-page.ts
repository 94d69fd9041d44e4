// Recovery codes to keep, after a code by text; and the post that goes on, with them or without.
import type { Context } from "koa";
import type { InteractionState } from "../domain/interaction.ts";
import { codesToShow, takeKeepStep } from "../flow/keep-recovery-codes-step.ts";
import { AppError } from "./errors.ts";
import { formField } from "./form.ts";
import { actionOf, readPost, stepPage, type Visit } from "./interaction-gate.ts";
import type { RecoveryCodesModel } from "./page-models.ts";
import { draw, goOn } from "./step-answer.ts";
import type { Web } from "./web.ts";

// The page of a state whose step is "recovery-codes".
export async function showRecoveryCodes(
  web: Web,
  visit: Visit,
  state: InteractionState,
): Promise<void> {
  const model: RecoveryCodesModel = {
    ...stepPage(web, visit),
    action: actionOf(web, visit, "recovery-codes"),
    codes: await codesToShow(web.flow, visit.signIn, state),
  };
  draw(visit, 200, web.view.render("recovery-codes", model, visit.language));
}

// POST recovery-codes.
export async function postRecoveryCodes(web: Web, ctx: Context): Promise<void> {
  const visit = await readPost(web, ctx);
  const result = await takeKeepStep(web.flow, visit.signIn, formField(ctx, "keep") === "yes");
  if (result.outcome === "moved") return goOn(web, visit, result.state);
  throw new AppError("wrong-step", "no recovery codes are shown");
}
