// The user's own page: what their account is, and what the number is used for. Showing it sends nothing and changes
// nothing.
import type { Context } from "koa";
import { maskPhone } from "../domain/phone.ts";
import type { User } from "../domain/user.ts";
import { accountSignInUrl } from "../oidc/account-client.ts";
import { type AccountVisitor, findAccountVisitor } from "../oidc/account-session.ts";
import type { AccountModel } from "./page-models.ts";
import { frameOf, languageOf, type Web } from "./web.ts";

// GET account: the page, or on to where its user signs in.
export async function showAccount(web: Web, ctx: Context): Promise<void> {
  const visitor = await visitorOf(web, ctx);
  if (visitor === null) return goTo(ctx, accountSignInUrl(web.issuer));
  draw(ctx, web.view.render("account", modelOf(web, visitor), languageOf(web, ctx, null)));
}

// GET account/signed-in: where a sign-in for the page ends. The code is of no use to anybody; the session counts. Whoever
// has none by now is not sent to sign in again by itself, or a browser could go round in circles.
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

function modelOf(web: Web, { user, sessionUid }: AccountVisitor): AccountModel {
  return {
    frame: frameOf(web, null),
    csrf: web.csrf.tokenFor(csrfContext(sessionUid)),
    name: user.profile.name ?? null,
    logins: loginsOf(user),
    phone:
      user.phone === null
        ? null
        : { masked: maskPhone(user.phone.number), status: user.phone.status },
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
