// Every page with models as they occur, and with hostile ones: what the page tests and the browser see.
import type { Language } from "../../src/http/language.ts";
import type { PageFrame, PageModels, PageName } from "../../src/http/page-models.ts";
import type { View } from "../../src/http/view.ts";
import { drawAccount, drawHostileAccount } from "./account-gallery.ts";
import { drawDevice, drawHostileDevice } from "./device-gallery.ts";
import { type Draw, drawHostileRecovery, drawLink } from "./link-gallery.ts";
import {
  BIND,
  CODE,
  DEMO,
  DEMO_TOKENS,
  ENGINE_FORM,
  FRAME,
  GALLERY_NOW,
  HOSTILE,
  KEEP,
  LONG,
  MAILED_LINK,
  RECOVERY,
  REPLACE,
  RTL,
  SIGN_IN,
  STEP,
} from "./page-samples.ts";

export interface DrawnPage {
  readonly name: string;
  readonly page: PageName;
  readonly html: string;
}

// Each kind of page, in each state that looks different.
export function drawGallery(view: View, language: Language): DrawnPage[] {
  const pages: DrawnPage[] = [];
  const draw = <Page extends PageName>(name: string, page: Page, model: PageModels[Page]) => {
    pages.push({ name, page, html: view.render(page, model, language) });
  };
  drawSignIn(draw);
  drawPhone(draw);
  drawCode(draw);
  drawLink(draw);
  drawAccount(draw);
  drawTheRest(draw);
  return pages;
}

// The same pages with markup, endless names and right-to-left text in everything that comes from others.
export function drawHostileGallery(view: View, language: Language): DrawnPage[] {
  const pages: DrawnPage[] = [];
  for (const [kind, text] of Object.entries({ markup: HOSTILE, long: LONG, rtl: RTL })) {
    drawHostile(text, (name, page, model) => {
      pages.push({ name: `${name}-${kind}`, page, html: view.render(page, model, language) });
    });
  }
  return pages;
}

function drawSignIn(draw: Draw): void {
  draw("sign-in", "sign-in", SIGN_IN);
  draw("sign-in-failed", "sign-in", {
    ...SIGN_IN,
    login: "alice@example.com",
    error: { field: null, message: { key: "problem.login-failed" } },
  });
  draw("sign-in-missing", "sign-in", {
    ...SIGN_IN,
    error: { field: "login", message: { key: "problem.login-missing" } },
  });
  draw("sign-in-locked", "sign-in", {
    ...SIGN_IN,
    login: "alice",
    error: { field: null, message: { key: "problem.too-many-tries" } },
    retryAt: GALLERY_NOW + 240_000,
  });
}

function drawPhone(draw: Draw): void {
  draw("bind-phone", "bind-phone", BIND);
  draw("bind-phone-invalid", "bind-phone", {
    ...BIND,
    phone: "12",
    country: "US",
    error: { field: "phone", message: { key: "problem.phone-invalid" } },
  });
  draw("bind-phone-unsent", "bind-phone", {
    ...BIND,
    phone: "415 555 2671",
    country: "US",
    error: { field: null, message: { key: "problem.send-failed" } },
  });
}

function drawCode(draw: Draw): void {
  draw("code", "code", CODE);
  draw("code-wrong", "code", {
    ...CODE,
    attemptsLeft: 1,
    resendAt: null,
    error: { field: "code", message: { key: "problem.code-wrong" } },
  });
  draw("code-dead", "code", {
    ...CODE,
    attemptsLeft: 0,
    error: { field: null, message: { key: "problem.code-dead" } },
  });
  draw("code-expired", "code", { ...CODE, expiresAt: GALLERY_NOW, resendAt: null });
  draw("code-locked", "code", {
    ...CODE,
    locked: true,
    error: {
      field: null,
      message: { key: "problem.factor-locked", params: { time: GALLERY_NOW + 900_000 } },
    },
    retryAt: GALLERY_NOW + 900_000,
  });
  draw("code-again", "code", { ...CODE, notice: { key: "notice.code-sent-again" } });
  const at = GALLERY_NOW - 5_000;
  draw("code-delivered", "code", { ...CODE, delivery: { status: "delivered", at } });
  draw("code-undelivered", "code", { ...CODE, delivery: { status: "undelivered", at } });
  draw("code-recovery", "code", {
    ...CODE,
    sent: false,
    resendAt: null,
    recovery: RECOVERY,
    error: { field: null, message: { key: "problem.send-failed" } },
  });
  draw("code-recovery-wrong", "code", {
    ...CODE,
    recovery: RECOVERY,
    error: { field: "recovery_code", message: { key: "problem.recovery-code-wrong" } },
  });
  draw("code-binding", "code", { ...CODE, binding: true, replace: REPLACE });
  draw("code-replace-failed", "code", {
    ...CODE,
    binding: true,
    replace: REPLACE,
    error: { field: "phone", message: { key: "problem.phone-not-mobile" } },
  });
  draw("recovery-codes", "recovery-codes", KEEP);
  draw("recovery-codes-gone", "recovery-codes", { ...KEEP, codes: [] });
  draw("step-up", "code", { ...CODE, sent: false, resendAt: null });
  draw("step-up-waiting", "code", { ...CODE, sent: false });
  draw("step-up-capped", "code", {
    ...CODE,
    sent: false,
    resendAt: GALLERY_NOW + 70_000_000,
    error: { field: null, message: { key: "problem.number-daily-cap" } },
  });
}

function drawTheRest(draw: Draw): void {
  const refusals = [
    "no-other-factor",
    "binding-not-allowed",
    "change-not-allowed",
    "recovered-lately",
    "binding-too-late",
    "no-verified-email",
    "link-cannot-be-mailed",
    "factor-off",
    "phone-cannot-be-texted",
  ] as const;
  for (const because of refusals) {
    draw(`refused-${because}`, "refused", { ...STEP, because });
  }
  draw("consent", "consent", {
    ...STEP,
    frame: {
      ...FRAME,
      about: {
        logo: "https://cdn.example/logo.svg",
        links: [
          { key: "about.client", href: "https://app.example/" },
          { key: "about.policy", href: "https://app.example/privacy" },
        ],
      },
    },
    action: "/interaction/u1/consent",
    scopes: ["openid", "profile", "email", "phone", "offline_access", "invoices:read"],
    claims: ["birthdate"],
  });
  drawDevice(draw);
  draw("logout", "logout", { frame: FRAME, engineForm: ENGINE_FORM });
  draw("logged-out", "logged-out", { frame: FRAME, back: "https://app.example/" });
  draw("error", "error", {
    frame: { ...FRAME, applicationName: null },
    status: 404,
    title: { key: "failure.interaction-lost-title" },
    sentence: { key: "failure.interaction-lost" },
    detail: null,
    back: null,
    retryAfterSeconds: null,
  });
  draw("error-oauth", "error", {
    frame: { ...FRAME, applicationName: null },
    status: 400,
    title: { key: "failure.oauth-title" },
    sentence: { key: "failure.oauth" },
    detail: {
      error: "invalid_redirect_uri",
      error_description: "redirect_uri did not match any of the client's registered redirect_uris",
    },
    back: { href: "/demo", label: { key: "error.back" } },
    retryAfterSeconds: null,
  });
  draw("error-busy", "error", {
    frame: { ...FRAME, applicationName: null },
    status: 503,
    title: { key: "failure.unavailable-title" },
    sentence: { key: "failure.unavailable" },
    detail: null,
    back: null,
    retryAfterSeconds: 5,
  });
  for (const kind of ["form-post", "switch-user", "sign-out"] as const) {
    draw(`submit-form-${kind}`, "submit-form", {
      frame: FRAME,
      kind,
      action: "https://app.example/callback",
      fields: [
        { name: "code", value: "abc" },
        { name: "state", value: "xyz" },
      ],
    });
  }
  draw("demo", "demo", DEMO);
  draw("demo-quiet", "demo", { ...DEMO, texts: [] });
  draw("demo-tokens", "demo-tokens", DEMO_TOKENS);
}

function drawHostile(text: string, draw: Draw): void {
  const frame: PageFrame = { ...FRAME, brand: text, applicationName: text };
  const step = { frame, csrf: text, abortAction: `/interaction/${text}/abort` };
  const countries = [{ code: "ZZ", name: text, callingCode: text }];
  const phone = { phone: text, country: "ZZ", countries };
  draw("sign-in", "sign-in", { ...SIGN_IN, ...step, action: text, login: text });
  draw("bind-phone", "bind-phone", { ...BIND, ...step, ...phone, action: text });
  draw("code", "code", {
    ...CODE,
    ...step,
    action: text,
    resendAction: text,
    binding: true,
    replace: { ...phone, phoneAction: text },
  });
  draw("mailed-link", "mailed-link", {
    ...MAILED_LINK,
    ...step,
    action: text,
    maskedAddress: text,
  });
  draw("link", "link", { ...step, action: text, token: text });
  drawHostileRecovery(text, draw);
  draw("refused", "refused", { ...step, because: "factor-off" });
  const about = {
    logo: `javascript:${text}`,
    links: [{ key: "about.tos", href: `javascript:${text}` } as const],
  };
  draw("consent", "consent", {
    ...{ ...step, frame: { ...frame, about } },
    ...{ action: text, scopes: ["openid", text], claims: [text] },
  });
  drawHostileAccount(frame, text, draw);
  drawHostileDevice(frame, text, draw);
  draw("logout", "logout", { frame, engineForm: ENGINE_FORM });
  draw("logged-out", "logged-out", { frame, back: `https://app.example/?q=${text}` });
  draw("error", "error", {
    frame,
    status: 400,
    title: { key: "failure.oauth-title" },
    sentence: { key: "failure.oauth" },
    detail: { error: text, error_description: text },
    back: { href: `javascript:${text}`, label: { key: "error.back" } },
    retryAfterSeconds: null,
  });
  draw("submit-form", "submit-form", {
    frame,
    kind: "form-post",
    action: `https://app.example/?q=${text}`,
    fields: [{ name: text, value: text }],
  });
  const texts = [{ at: "2026-11-24T13:56:41Z", to: text, text }];
  draw("demo", "demo", { ...DEMO, frame, texts, login: text });
  draw("demo-tokens", "demo-tokens", {
    ...DEMO_TOKENS,
    frame,
    texts,
    idTokenClaims: { name: text, [text]: { [text]: text } },
    userinfo: { name: text },
    amr: [text],
    acr: text,
    logoutFields: [{ name: text, value: text }],
  });
}
