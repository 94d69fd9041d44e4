// The pages of the device flow (RFC 8628): the code that a device shows is typed here, and confirmed; signing in for it
// is an interaction like any other.
import type { Context, Middleware } from "koa";
import type { KoaContextWithOIDC } from "oidc-provider";
import { secondsUntil } from "../domain/time.ts";
import { countUserCodeTry } from "../flow/user-code-tries.ts";
import { UserCodeTaken } from "../oidc/device-code-adapter.ts";
import type { EnginePages } from "../oidc/provider.ts";
import type { UserCodeModel } from "./device-models.ts";
import { AppError } from "./errors.ts";
import type { Message } from "./language.ts";
import type { PageModels } from "./page-models.ts";
import { frameOf, languageOf, type Web } from "./web.ts";

const PATH = "/device";
const USER_CODE_LENGTH_MAX = 32;

type DevicePages = Pick<EnginePages, "userCode" | "userCodeConfirmation" | "deviceConnected">;

export function createDevicePages(web: Web): DevicePages {
  const forms = (ctx: KoaContextWithOIDC) => ({
    frame: frameOf(web, null),
    action: `${web.base}${PATH}`,
    xsrf: secretOf(ctx),
  });
  return {
    userCode(ctx, error) {
      if (error?.name === "AbortedError") return draw(web, ctx, "device-end", ended(web, false));
      const problem = error && problemOf(error);
      if (problem !== null) ctx.status = problem.status;
      const model: UserCodeModel = {
        ...forms(ctx),
        userCode: typedCodeOf(ctx),
        error: problem && { field: problem.field, message: problem.message },
        retryAt: null,
      };
      draw(web, ctx, "user-code", model);
    },
    userCodeConfirmation(ctx, userCode) {
      const { clientName, clientId } = ctx.oidc.client ?? {};
      const { scope } = ctx.oidc.entities.DeviceCode?.params ?? {};
      draw(web, ctx, "user-code-confirmation", {
        ...forms(ctx),
        frame: { ...frameOf(web, null), applicationName: clientName ?? clientId ?? "" },
        userCode,
        scopes: typeof scope === "string" ? scope.split(" ").filter(Boolean) : [],
      });
    },
    deviceConnected: (ctx) => draw(web, ctx, "device-end", ended(web, true)),
  };
}

// Counts each code that is typed before the engine looks it up; 429. A code in the address is only filled in
// (RFC 8628, 3.3.1): a button sends it.
export function deviceGate(web: Web): Middleware {
  return async (ctx, next) => {
    if (ctx.path !== PATH) return next();
    if (ctx.method === "POST") {
      const retryAt = await countUserCodeTry(web.flow, ctx.ip);
      if (retryAt !== null) {
        const retryAfterSeconds = secondsUntil(retryAt, web.flow.now());
        throw new AppError("too-many", "codes of devices", { retryAfterSeconds });
      }
    } else {
      const { user_code: userCode, ...others } = ctx.query;
      ctx.state.userCode = userCode;
      ctx.query = others;
    }
    await next();
  };
}

interface UserCodeProblem extends NonNullable<UserCodeModel["error"]> {
  readonly status: number;
}

// The engine knows its own errors by their names alone.
function problemOf(error: Error): UserCodeProblem {
  const about = (status: number, message: Message): UserCodeProblem => {
    return { status, field: "user_code", message };
  };
  if (error instanceof UserCodeTaken) return about(409, { key: "problem.user-code-used" });
  switch (error.name) {
    case "NoCodeError":
      return about(422, { key: "problem.user-code-missing" });
    case "NotFoundError":
      return about(401, { key: "problem.user-code-wrong" });
    case "ExpiredError":
      return about(410, { key: "problem.user-code-expired" });
    case "AlreadyUsedError":
      return about(409, { key: "problem.user-code-used" });
    // A form of another session, or an old one.
    case "InvalidRequest":
      return { ...about(403, { key: "problem.user-code-again" }), field: null };
    case "SessionNotFound":
      return { ...about(404, { key: "problem.user-code-again" }), field: null };
    default:
      return { ...about(400, { key: "problem.user-code-again" }), field: null };
  }
}

function typedCodeOf(ctx: KoaContextWithOIDC): string {
  const typed: unknown = ctx.oidc.params?.user_code ?? ctx.state.userCode;
  return typeof typed === "string" ? typed.slice(0, USER_CODE_LENGTH_MAX) : "";
}

function secretOf(ctx: KoaContextWithOIDC): string {
  const { state } = ctx.oidc.session ?? {};
  return typeof state?.secret === "string" ? state.secret : "";
}

function ended(web: Web, isConnected: boolean): PageModels["device-end"] {
  return { frame: frameOf(web, null), isConnected };
}

function draw<Name extends "user-code" | "user-code-confirmation" | "device-end">(
  web: Web,
  ctx: Context,
  name: Name,
  model: PageModels[Name],
): void {
  ctx.type = "html";
  ctx.body = web.view.render(name, model, languageOf(web, ctx, null));
}
