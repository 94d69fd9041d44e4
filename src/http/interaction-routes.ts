// The pages of an interaction: one address that shows the step that is due, and one post for each thing
// that a user can do. Nothing is ever sent by a GET.
import Router from "@koa/router";
import type { Context } from "koa";
import { abortSignIn } from "../flow/abort-step.ts";
import { dueState } from "../flow/due-state.ts";
import { missingConsentOf, returnToOf } from "../oidc/engine-record.ts";
import { postPhone, showBindPhone, showNewPhone } from "./bind-phone-page.ts";
import { postCode, postResend, showCode } from "./code-page.ts";
import { postConsent } from "./consent-page.ts";
import { AppError } from "./errors.ts";
import {
  actionOf,
  interactionPath,
  readPost,
  readVisit,
  stepPage,
  type Visit,
} from "./interaction-gate.ts";
import { postLink, postSendLink, showLink, showMailedLink } from "./mailed-link-page.ts";
import { postRecoveryCode } from "./recovery-code-page.ts";
import { postRecoveryCodes, showRecoveryCodes } from "./recovery-codes-page.ts";
import { letImageShow } from "./security-headers.ts";
import { postLogin, showSignIn } from "./sign-in-page.ts";
import { draw, goOn } from "./step-answer.ts";
import type { Web } from "./web.ts";

// Every way to post to an interaction, by the last part of its address.
const POSTS = {
  login: postLogin,
  link: postLink,
  "send-link": postSendLink,
  phone: postPhone,
  code: postCode,
  resend: postResend,
  "recovery-code": postRecoveryCode,
  "recovery-codes": postRecoveryCodes,
  consent: postConsent,
  abort: postAbort,
} satisfies Record<string, (web: Web, ctx: Context) => Promise<void>>;

// The routes below /interaction.
export function interactionRoutes(web: Web): Router {
  const router = new Router({ sensitive: true });
  router.get("/interaction/:uid", (ctx) => showDueStep(web, ctx));
  router.get("/interaction/:uid/link", (ctx) => showLink(web, ctx));
  for (const [name, post] of Object.entries(POSTS)) {
    router.post(`/interaction/:uid/${name}`, (ctx) => post(web, ctx));
    // Reloading what a post answered, or going back to it, leads to the step that is due.
    router.get(`/interaction/:uid/${name}`, (ctx) => {
      ctx.status = 303;
      ctx.redirect(interactionPath(web, String(ctx.params.uid)));
    });
  }
  return router;
}

async function showDueStep(web: Web, ctx: Context): Promise<void> {
  const visit = await readVisit(web, ctx);
  const state = await dueState(web.flow, visit.signIn);
  switch (state.step) {
    case "first-factor":
      return showSignIn(web, visit);
    case "mailed-link":
      return showMailedLink(web, visit, state);
    case "bind-phone":
      return showBindPhone(web, visit);
    case "new-phone":
      return showNewPhone(web, visit);
    case "code":
      return showCode(web, visit, state);
    case "recovery-codes":
      return showRecoveryCodes(web, visit, state);
    case "refused":
      return showRefused(web, visit, state.refusal);
    case "consent":
      return showConsent(web, visit);
    case "done":
      ctx.status = 303;
      ctx.redirect(returnToOf(visit.signIn.interaction.record));
  }
}

async function postAbort(web: Web, ctx: Context): Promise<void> {
  const visit = await readPost(web, ctx);
  const result = await abortSignIn(web.flow, visit.signIn);
  if (result.outcome === "out-of-order") throw new AppError("wrong-step", "it has ended already");
  goOn(web, visit, result.state);
}

type RefusedState = Awaited<ReturnType<typeof dueState>>["refusal"];

function showRefused(web: Web, visit: Visit, refusal: RefusedState): void {
  const model = { ...stepPage(web, visit), because: refusal ?? "factor-off" };
  draw(visit, 200, web.view.render("refused", model, visit.language));
}

function showConsent(web: Web, visit: Visit): void {
  const { scopes, resources, claims } = missingConsentOf(visit.signIn.interaction.record);
  const action = actionOf(web, visit, "consent");
  // A scope that several APIs know is asked for once.
  const all = [...new Set([...scopes, ...resources.flatMap(([, each]) => each)])];
  const model = { ...stepPage(web, visit), action, scopes: all, claims };
  letImageShow(visit.ctx, model.frame.about?.logo);
  draw(visit, 200, web.view.render("consent", model, visit.language));
}
