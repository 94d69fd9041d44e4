// The post of a recovery code, whose form is on the code's page where no text can be sent.
import type { Context } from "koa";
import { dueState } from "../flow/due-state.ts";
import { submitRecoveryCode } from "../flow/recovery-code-step.ts";
import { type CodeRemarks, drawCode, drawLocked, lockedBy } from "./code-page.ts";
import { AppError } from "./errors.ts";
import { formField } from "./form.ts";
import { readPost } from "./interaction-gate.ts";
import { goOn } from "./step-answer.ts";
import type { Web } from "./web.ts";

// POST recovery-code.
export async function postRecoveryCode(web: Web, ctx: Context): Promise<void> {
  const visit = await readPost(web, ctx);
  const typed = formField(ctx, "recovery_code") ?? "";
  const result = await submitRecoveryCode(web.flow, visit.signIn, typed);
  const drawAgain = async (status: number, remarks: CodeRemarks) =>
    drawCode(web, visit, status, await dueState(web.flow, visit.signIn), remarks);

  switch (result.outcome) {
    case "accepted":
      return goOn(web, visit, result.state);
    case "out-of-order":
      throw new AppError("wrong-step", "no recovery code is due");
    case "malformed": {
      const key =
        typed.trim() === "" ? "problem.recovery-code-missing" : "problem.recovery-code-malformed";
      return drawAgain(422, { error: { field: "recovery_code", message: { key } } });
    }
    case "rejected": {
      const attempts = web.flow.limits.attemptsPerCode - result.attemptsLeft;
      if (result.lock !== null) return drawAgain(401, { attempts, ...lockedBy(result.lock) });
      const last = result.attemptsLeft === 0;
      const key = last ? "problem.recovery-code-dead" : "problem.recovery-code-wrong";
      const field = last ? null : "recovery_code";
      return drawAgain(401, { attempts, error: { field, message: { key } } });
    }
    case "dead":
      return drawAgain(410, {
        dead: true,
        error: { field: null, message: { key: "problem.recovery-code-dead" } },
      });
    case "locked":
      return drawLocked(web, visit, result.retryAt);
  }
}
