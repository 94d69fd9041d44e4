// The user's own page: what their account is, and what the number is used for. Showing it sends nothing and changes
// nothing.
import type { Context } from "koa";
import { maskPhone } from "../domain/phone.ts";
import type { User } from "../domain/user.ts";
import { accountPhoneUrl, accountSignInUrl } from "../oidc/account-client.ts";
import { type AccountVisitor, findAccountVisitor, findPhoneBar } from "../oidc/account-session.ts";
import { AppError } from "./errors.ts";
import { formField } from "./form.ts";
import type { AccountModel } from "./page-models.ts";
import { frameOf, languageOf, type Web } from "./web.ts";

// GET account: the page, or on to where its user signs in.
export async function showAccount(web: Web, ctx: Context): Promise<void> {
  const visitor = await visitorOf(web, ctx);
  if (visitor === null) return goTo(ctx, accountSignInUrl(web.issuer));
  const model = await modelOf(web, visitor);
  draw(ctx, web.view.render("account", model, languageOf(web, ctx, null)));
}

// POST account/phone: on to a sign-in in which both factors are proved once more, and then a number is typed. Whoever
// has no session any more, or not a good enough one, signs in for the page first.
export async function postAccountPhone(web: Web, ctx: Context): Promise<void> {
  const visitor = await visitorOf(web, ctx);
  if (visitor === null) return goTo(ctx, accountUrl(web));
  if (!web.csrf.matches(formField(ctx, "csrf"), csrfContext(visitor.sessionUid))) {
    throw new AppError("foreign-form", "no token, or one of another session");
  }
  goTo(ctx, accountPhoneUrl(web.issuer, web.flow.acr));
}

// GET account/phone: reloading what the post answered leads to the page.
export function showAccountPhone(web: Web, ctx: Context): void {
  goTo(ctx, accountUrl(web));
}

// GET account/signed-in: where a sign-in for the page ends. The code is of no use to anybody; the session counts.
// Whoever has none by now is not sent to sign in again by itself, or a browser could go round in circles.
export async function showReturn(web: Web, ctx: Context): Promise<void> {
  const gaveUp = ctx.query.error !== undefined;
  if (!gaveUp && (await visitorOf(web, ctx)) !== null) return goTo(ctx, accountUrl(web));
  const model = { frame: frameOf(web, null), again: accountUrl(web) };
  draw(ctx, web.view.render("account-left", model, languageOf(web, ctx, null)));
}

// Whose page it is in this browser.
function visitorOf(web: Web, ctx: Context): Promise<AccountVisitor | null> {
  return findAccountVisitor(web.flow, web.engine().provider(), ctx);
}

async function modelOf(web: Web, { user, sessionUid }: AccountVisitor): Promise<AccountModel> {
  return {
    frame: frameOf(web, null),
    csrf: web.csrf.formTokenFor(csrfContext(sessionUid)),
    name: user.profile.name ?? null,
    logins: loginsOf(user),
    phone:
      user.phone === null
        ? null
        : { masked: maskPhone(user.phone.number), status: user.phone.status },
    phoneAction: `${accountUrl(web)}/phone`,
    phoneBar: await findPhoneBar(web.flow, user),
    signOutAction: `${web.base}/session/end`,
  };
}

function loginsOf({ username, email, loginPhone }: User): AccountModel["logins"] {
  return [
    ...(username === null ? [] : [{ kind: "username" as const, value: username }]),
    ...(email === null ? [] : [{ kind: "email" as const, value: email }]),
    ...(loginPhone === null ? [] : [{ kind: "phone" as const, value: maskPhone(loginPhone) }]),
  ];
}

// Of a session, and of no interaction.
function csrfContext(sessionUid: string): string {
  return `account:${sessionUid}`;
}

function accountUrl(web: Web): string {
  return `${web.base}/account`;
}

function goTo(ctx: Context, url: string): void {
  ctx.status = 303;
  ctx.redirect(url);
}

function draw(ctx: Context, html: string): void {
  ctx.type = "html";
  ctx.body = html;
}
