// The routes of the user's own page.
import Router from "@koa/router";
import { ACCOUNT_PATH, ACCOUNT_RETURN_PATH } from "../domain/account-application.ts";
import { postAccountPhone, showAccount, showAccountPhone, showReturn } from "./account-page.ts";
import type { Web } from "./web.ts";

const ACCOUNT_PHONE_PATH = `${ACCOUNT_PATH}/phone`;

// Everything below /account.
export function accountRoutes(web: Web): Router {
  const router = new Router({ sensitive: true });
  router.get(ACCOUNT_PATH, (ctx) => showAccount(web, ctx));
  router.get(ACCOUNT_RETURN_PATH, (ctx) => showReturn(web, ctx));
  router.get(ACCOUNT_PHONE_PATH, (ctx) => showAccountPhone(web, ctx));
  router.post(ACCOUNT_PHONE_PATH, (ctx) => postAccountPhone(web, ctx));
  return router;
}
