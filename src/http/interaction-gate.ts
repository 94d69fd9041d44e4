// The gate of every interaction page: the interaction exists, it is this browser's, and a form that is
// posted to it is its own.
import type { Context } from "koa";
import { ACCOUNT_CLIENT_ID } from "../domain/account-application.ts";
import type { Application } from "../domain/application.ts";
import type { Interaction } from "../domain/interaction.ts";
import type { SignIn } from "../flow/sign-in.ts";
import { endOf, paramsOf, signInRequestOf } from "../oidc/engine-record.ts";
import { INTERACTION_COOKIE } from "../oidc/provider.ts";
import { browserNameOf } from "./browser-name.ts";
import { deviceIdOf } from "./device-cookie.ts";
import { AppError } from "./errors.ts";
import { formField } from "./form.ts";
import type { Language } from "./language.ts";
import type { PageFrame } from "./page-models.ts";
import { letFormsLeadOn } from "./security-headers.ts";
import { frameOf, languageOf, type Web } from "./web.ts";

export interface Visit {
  readonly ctx: Context;
  readonly signIn: SignIn;
  readonly application: Application | null;
  readonly language: Language;
  readonly params: Readonly<Record<string, string | undefined>>;
}

// The visit of a browser to its interaction; 404 for an unknown, foreign or expired one.
export async function readVisit(web: Web, ctx: Context): Promise<Visit> {
  const uid: unknown = ctx.params.uid;
  const cookie = ctx.cookies.get(INTERACTION_COOKIE, { signed: true });
  if (typeof uid !== "string" || cookie !== uid || !web.begunInteractions.isBegunHere(ctx, uid)) {
    throw new AppError("interaction-lost", "no interaction of this browser");
  }
  const interaction = await openInteraction(web.flow, uid);
  if (interaction === null) throw new AppError("interaction-lost", "gone or expired");

  const request = signInRequestOf(interaction.record, web.flow.acr);
  const params = paramsOf(interaction.record);
  const language = languageOf(web, ctx, request.uiLocales);
  const application = await web.flow.storage.applications.find(request.clientId);
  // The account page is ours.
  const isOurs = request.clientId === ACCOUNT_CLIENT_ID;
  if (!isOurs) letFormsLeadOn(ctx);
  return {
    ctx,
    signIn: {
      interaction,
      request,
      language: language.tag,
      origin: {
        application: isOurs ? undefined : application?.metadata.client_name,
        browser: browserNameOf(ctx.get("User-Agent")),
      },
      address: ctx.ip,
      deviceId: deviceIdOf(ctx) ?? web.flow.newId(),
    },
    application,
    language,
    params,
  };
}

// The same for a form that was posted; 403 for one that is not this interaction's.
export async function readPost(web: Web, ctx: Context): Promise<Visit> {
  const visit = await readVisit(web, ctx);
  if (!web.csrf.matches(formField(ctx, "csrf"), visit.signIn.interaction.uid)) {
    throw new AppError("foreign-form", "no token, or one of another interaction");
  }
  return visit;
}

// What all pages of an interaction have in common.
export function stepPage(
  web: Web,
  visit: Visit,
): { frame: PageFrame; csrf: string; abortAction: string } {
  const { uid } = visit.signIn.interaction;
  return {
    frame: frameOnTheWay(web, visit),
    csrf: web.csrf.formTokenFor(uid),
    abortAction: actionOf(web, visit, "abort"),
  };
}

// The user's own page is called what it is in their language.
function frameOnTheWay(web: Web, { application, language, signIn }: Visit): PageFrame {
  const frame = frameOf(web, application);
  if (application?.id !== ACCOUNT_CLIENT_ID) return frame;
  const { changesPhone } = signIn.request;
  return { ...frame, applicationName: language.t("account.application"), changesPhone };
}

// Where a form of this interaction is posted to.
export function actionOf(web: Web, visit: Visit, step: string): string {
  return `${interactionPath(web, visit.signIn.interaction.uid)}/${step}`;
}

// The address of the step that is due.
export function interactionPath(web: Web, uid: string): string {
  return `${web.base}/interaction/${encodeURIComponent(uid)}`;
}

// From the moment that its page is opened an interaction has its whole life: whoever reads and types slowly is not
// whom the short one is for.
async function openInteraction(
  { storage, now }: Web["flow"],
  uid: string,
): Promise<Interaction | null> {
  const interaction = await storage.interactions.find(uid, now());
  const expiresAt = interaction && endOf(interaction.record);
  if (interaction === null || expiresAt === null || interaction.expiresAt >= expiresAt) {
    return interaction;
  }
  await storage.interactions.prolong(uid, expiresAt, now());
  return { ...interaction, expiresAt };
}
