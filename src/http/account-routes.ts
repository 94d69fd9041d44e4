// The routes of the user's own page.
import Router from "@koa/router";
import { ACCOUNT_PATH, ACCOUNT_RETURN_PATH } from "../domain/account-application.ts";
import { showAccount, showReturn } from "./account-page.ts";
import type { Web } from "./web.ts";

// Everything below /account.
export function accountRoutes(web: Web): Router {
  const router = new Router();
  router.get(ACCOUNT_PATH, (ctx) => showAccount(web, ctx));
  router.get(ACCOUNT_RETURN_PATH, (ctx) => showReturn(web, ctx));
  return router;
}
