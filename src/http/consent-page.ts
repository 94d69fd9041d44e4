// POST consent: the user allows what the page showed.
import type { Context } from "koa";
import { giveConsent } from "../flow/consent-step.ts";
import { withConsent } from "../oidc/engine-record.ts";
import { grantConsent } from "../oidc/grants.ts";
import { AppError } from "./errors.ts";
import { readPost } from "./interaction-gate.ts";
import { goOn } from "./step-answer.ts";
import type { Web } from "./web.ts";

export async function postConsent(web: Web, ctx: Context): Promise<void> {
  const visit = await readPost(web, ctx);
  const { record } = visit.signIn.interaction;
  const provider = web.engine().provider();
  const result = await giveConsent(web.flow, visit.signIn, async (userId) =>
    withConsent(record, await grantConsent(provider, record, userId)),
  );
  if (result.outcome === "out-of-order") throw new AppError("wrong-step", "no consent is due");
  goOn(web, visit, result.state);
}
