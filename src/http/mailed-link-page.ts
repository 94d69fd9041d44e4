// The page that waits for a link in a mail to be opened, the page that the link leads to, and their posts. Opening
// the link changes nothing: mail scanners and previews open links too.
import type { Context } from "koa";
import { isLinkDead, judgeLinkSend, linkGapEndsAt, maskAddress } from "../domain/binding-link.ts";
import type { InteractionState } from "../domain/interaction.ts";
import { verifiedAddressOf } from "../domain/mail.ts";
import { dueState } from "../flow/due-state.ts";
import { confirmLink, takeSendLinkStep } from "../flow/mailed-link-step.ts";
import { answerUnsent } from "./code-page.ts";
import { AppError } from "./errors.ts";
import { formField } from "./form.ts";
import {
  actionOf,
  interactionPath,
  readPost,
  readVisit,
  stepPage,
  type Visit,
} from "./interaction-gate.ts";
import type { MailedLinkModel } from "./page-models.ts";
import { draw, goOn, setRetryAfter } from "./step-answer.ts";
import type { Web } from "./web.ts";

// The page of a state whose step is "mailed-link".
export async function showMailedLink(
  web: Web,
  visit: Visit,
  state: InteractionState,
): Promise<void> {
  await drawMailedLink(web, visit, 200, state, whyUnsent(web, state));
}

// A gap shows by itself, with its end; a cap has to be said.
function whyUnsent(web: Web, { link }: InteractionState): MailedLinkModel["error"] {
  if (link && isLinkDead(link, web.flow.limits)) return about("problem.link-dead");
  const unsent = link?.unsent ?? null;
  if (unsent === null || unsent.because === "link-gap") return null;
  const isOver = unsent.retryAt !== null && unsent.retryAt <= web.flow.now();
  return isOver ? null : about(REFUSALS[unsent.because]);
}

// POST send-link.
export async function postSendLink(web: Web, ctx: Context): Promise<void> {
  const visit = await readPost(web, ctx);
  const result = await takeSendLinkStep(web.flow, visit.signIn);
  switch (result.outcome) {
    case "moved":
      return goOn(web, visit, result.state);
    case "send-failed":
      return answerUnsent(web, visit, result.state);
    case "out-of-order":
      throw new AppError("wrong-step", "no link is to be sent");
    case "link-refused": {
      const { because, retryAt } = result;
      setRetryAfter(web, visit, retryAt ?? visit.signIn.interaction.expiresAt);
      const state = await dueState(web.flow, visit.signIn);
      const why = whyUnsent(web, state) ?? about(REFUSALS[because]);
      return drawMailedLink(web, visit, 429, state, why, retryAt);
    }
  }
}

const REFUSALS = {
  "link-gap": "problem.link-gap",
  "link-interaction-cap": "problem.link-interaction-cap",
  "link-user-cap": "problem.link-user-cap",
} as const;

// GET link: where the mail leads. It asks whether to go on, and does nothing by itself.
export async function showLink(web: Web, ctx: Context): Promise<void> {
  const visit = await visitByLink(web, ctx);
  const { token } = ctx.query;
  const { step } = await dueState(web.flow, visit.signIn);
  if (step !== "mailed-link" || typeof token !== "string") {
    ctx.status = 303;
    ctx.redirect(interactionPath(web, visit.signIn.interaction.uid));
    return;
  }
  // The address of this page holds the token, and nothing that it fetches or leads to is to learn of it. Browsers
  // would say "Origin: null" of its form if it sent no referrer at all.
  ctx.set("Referrer-Policy", "strict-origin");
  const model = { ...stepPage(web, visit), action: actionOf(web, visit, "link"), token };
  draw(visit, 200, web.view.render("link", model, visit.language));
}

// Whoever opens the link in another browser is told that this is why it does not work.
async function visitByLink(web: Web, ctx: Context): Promise<Visit> {
  try {
    return await readVisit(web, ctx);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "interaction-lost") throw error;
    throw new AppError("link-elsewhere", error.message);
  }
}

// POST link.
export async function postLink(web: Web, ctx: Context): Promise<void> {
  const visit = await readPost(web, ctx);
  const result = await confirmLink(web.flow, visit.signIn, formField(ctx, "token") ?? "");
  switch (result.outcome) {
    case "moved":
      return goOn(web, visit, result.state);
    case "send-failed":
      return answerUnsent(web, visit, result.state);
    case "out-of-order":
      throw new AppError("wrong-step", "no link is to be confirmed");
    case "rejected":
      return drawMailedLink(web, visit, 401, result.state, about("problem.link-wrong"));
    case "dead":
      return drawMailedLink(web, visit, 410, result.state, about("problem.link-dead"));
  }
}

function about(
  key: "problem.link-wrong" | "problem.link-dead" | (typeof REFUSALS)[keyof typeof REFUSALS],
): MailedLinkModel["error"] {
  return { field: null, message: { key } };
}

async function drawMailedLink(
  web: Web,
  visit: Visit,
  status: number,
  state: InteractionState,
  error: MailedLinkModel["error"],
  resendAt: number | null = null,
): Promise<void> {
  const link = state.link ?? null;
  const { limits, now } = web.flow;
  const verdict = link && judgeLinkSend(link, now(), limits);
  const model: MailedLinkModel = {
    ...stepPage(web, visit),
    action: actionOf(web, visit, "send-link"),
    maskedAddress: maskAddress(await addressOf(web, state)),
    usable: link?.isMailed === true && !isLinkDead(link, limits),
    expiresAt: visit.signIn.interaction.expiresAt,
    mayResend: verdict?.outcome !== "link-refused" || verdict.retryAt !== null,
    resendAt: resendAt ?? link?.unsent?.retryAt ?? (link && linkGapEndsAt(link, limits)),
    error,
    retryAt: null,
  };
  draw(visit, status, web.view.render("mailed-link", model, visit.language));
}

// The link's own address, or the user's before there is one.
async function addressOf(web: Web, { link, userId }: InteractionState): Promise<string> {
  if (link) return link.address;
  const user = userId === null ? null : await web.flow.storage.users.find(userId);
  const address = user && verifiedAddressOf(user);
  if (!address) throw new AppError("wrong-step", "there is no address to send to");
  return address;
}
