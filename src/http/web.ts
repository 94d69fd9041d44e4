// What every page works with, and what stands around every page.
import type { Context } from "koa";
import type { Application } from "../domain/application.ts";
import type { FlowDeps } from "../flow/sign-in.ts";
import type { Logger } from "../log.ts";
import type { BegunInteractions } from "../oidc/begun-interactions.ts";
import type { Engine } from "../oidc/engine.ts";
import type { Assets } from "./assets.ts";
import type { Csrf } from "./csrf.ts";
import type { Language, Languages } from "./language.ts";
import type { AboutKey, ApplicationAbout, Country, PageFrame } from "./page-models.ts";
import type { View } from "./view.ts";

export interface Web {
  readonly flow: FlowDeps;
  readonly engine: () => Engine;
  readonly view: View;
  readonly languages: Languages;
  readonly assets: Assets;
  readonly csrf: Csrf;
  readonly begunInteractions: BegunInteractions;
  readonly log: Logger;
  readonly brand: string;
  // As tokens say it, and its path without a slash at the end.
  readonly issuer: string;
  // Whether any provider says what became of a text.
  readonly hasReceipts: boolean;
  readonly base: string;
  readonly countriesIn: (language: Language) => readonly Country[];
}

// The frame of a page on the way to an application.
export function frameOf(web: Web, application: Application | null): PageFrame {
  const about = application === null ? null : aboutOf(application);
  return {
    ...(about && { about }),
    base: web.base,
    brand: web.brand,
    applicationName: application?.metadata.client_name ?? null,
    now: web.flow.now(),
  };
}

// Null: it shows nothing of itself.
function aboutOf({ metadata }: Application): ApplicationAbout | null {
  const all: [AboutKey, string | undefined][] = [
    ["about.client", metadata.client_uri],
    ["about.policy", metadata.policy_uri],
    ["about.tos", metadata.tos_uri],
  ];
  const links = all.flatMap(([key, href]) => (href?.startsWith("https:") ? { key, href } : []));
  const logo = metadata.logo_uri?.startsWith("https:") ? metadata.logo_uri : null;
  return logo === null && links.length === 0 ? null : { logo, links };
}

// The language for a request: ui_locales, then what the browser prefers.
export function languageOf(web: Web, ctx: Context, uiLocales: string | null): Language {
  return web.languages.chooseLanguage({
    ...(uiLocales === null ? {} : { uiLocales }),
    acceptLanguage: ctx.get("Accept-Language"),
  });
}
