// The models of the page gallery, as the routes would fill them in.
import type { CodeModel, Country, PageFrame, PageModels } from "../../src/http/page-models.ts";

export const GALLERY_NOW = Date.parse("2026-11-24T13:57:00Z");
export const HOSTILE = `<img src=x onerror="alert(1)">'"&</script>`;
export const MASKED_PHONE = "+1 ••• ••• 71";
export const LONG = "Wunderbar ".repeat(50).trim();
export const RTL = "\u202eخدمة الدخول الموحد";

export const FRAME: PageFrame = {
  base: "",
  brand: "Latchkey",
  applicationName: "Northwind Payroll",
  now: GALLERY_NOW,
};

// Of pages that are on the way to no application.
export const ALONE: PageFrame = { ...FRAME, applicationName: null };

const COUNTRIES: Country[] = [
  { code: "DE", name: "Germany", callingCode: "49" },
  { code: "MX", name: "Mexico", callingCode: "52" },
  { code: "ES", name: "Spain", callingCode: "34" },
  { code: "GB", name: "United Kingdom", callingCode: "44" },
  { code: "US", name: "United States", callingCode: "1" },
];

export const STEP = { frame: FRAME, csrf: "c5rf-t0ken", abortAction: "/interaction/u1/abort" };
const PHONE = { phone: "", country: "", countries: COUNTRIES };

export const SIGN_IN: PageModels["sign-in"] = {
  ...STEP,
  action: "/interaction/u1/login",
  login: "",
  again: false,
  recoveryHref: "/recovery",
  error: null,
  retryAt: null,
};

export const BIND: PageModels["bind-phone"] = {
  ...STEP,
  ...PHONE,
  action: "/interaction/u1/phone",
  error: null,
  retryAt: null,
};

export const CODE: CodeModel = {
  ...STEP,
  action: "/interaction/u1/code",
  resendAction: "/interaction/u1/resend",
  maskedPhone: MASKED_PHONE,
  attemptsLeft: 5,
  expiresAt: GALLERY_NOW + 300_000,
  resendAt: GALLERY_NOW + 60_000,
  delivery: null,
  sent: true,
  binding: false,
  replace: null,
  recovery: null,
  error: null,
  notice: null,
  locked: false,
  retryAt: null,
};

export const MAILED_LINK: PageModels["mailed-link"] = {
  ...STEP,
  action: "/interaction/u1/send-link",
  maskedAddress: "a•••@e•••.com",
  usable: true,
  expiresAt: GALLERY_NOW + 900_000,
  mayResend: true,
  resendAt: GALLERY_NOW + 60_000,
  error: null,
  retryAt: null,
};

export const LINK: PageModels["link"] = {
  ...STEP,
  action: "/interaction/u1/link",
  token: "2w8Jq7cXvN0mT5hR3kYbE9sLfA1dGuZpQiOxVtCjWlM",
};

export const REPLACE = { ...PHONE, phone: "415 555 2671", country: "US", phoneAction: BIND.action };

export const RECOVERY_FORM: PageModels["recovery"] = {
  frame: ALONE,
  csrf: "c5rf-t0ken",
  action: "/recovery",
  login: "",
  error: null,
  retryAt: null,
};

export const NEW_PASSWORD: PageModels["new-password"] = {
  frame: ALONE,
  csrf: "c5rf-t0ken",
  action: "/recovery/u1/l1",
  token: "t0ken",
  lengthMin: 8,
  error: null,
  retryAt: null,
};

export const RECOVERY = { action: "/interaction/u1/recovery-code" };

export const KEEP: PageModels["recovery-codes"] = {
  ...STEP,
  action: "/interaction/u1/recovery-codes",
  codes: Array.from({ length: 10 }, (_, i) => `04HM-ASW9-NF6Y-Y093-8NKR-KAY${i}`),
};

export const ACCOUNT: PageModels["account"] = {
  frame: { ...FRAME, applicationName: null },
  csrf: "c5rf-t0ken",
  name: "Alice Example",
  logins: [
    { kind: "username", value: "alice" },
    { kind: "email", value: "alice@example.com" },
    { kind: "phone", value: MASKED_PHONE },
  ],
  phone: { masked: MASKED_PHONE, status: "bound" },
  phoneAction: "/account/phone",
  phoneBar: null,
  signOutAction: "/session/end",
};

const TEXTS = [
  {
    at: "2026-11-24T13:56:41Z",
    to: "+14155552671",
    text: "Latchkey: 204863 is your code. Valid 5 min. Do not share it with anyone.",
  },
  {
    at: "2026-11-23T09:12:05Z",
    to: "+14155552671",
    text: "Latchkey: 771920 is your code. Valid 5 min. Do not share it with anyone.",
  },
];

export const DEMO: PageModels["demo"] = {
  frame: { ...FRAME, applicationName: null },
  login: "demo",
  texts: TEXTS,
  signInLinks: [
    { href: "/demo/sign-in", label: "demo.sign-in", hint: "demo.sign-in-hint" },
    {
      href: "/demo/sign-in?acr_values=urn:latchkey:acr:2fa",
      label: "demo.sign-in-two-factors",
      hint: "demo.sign-in-two-factors-hint",
    },
    {
      href: "/demo/sign-in?prompt=login",
      label: "demo.sign-in-fresh",
      hint: "demo.sign-in-fresh-hint",
    },
  ],
};

export const DEMO_TOKENS: PageModels["demo-tokens"] = {
  frame: { ...FRAME, applicationName: null },
  idTokenClaims: {
    iss: "http://localhost:3000",
    sub: "b2f7c1d0-7c57-4f1e-9a58-0d8a1f0f6f0e",
    aud: "demo",
    exp: 1_795_528_620,
    iat: 1_795_525_020,
    auth_time: 1_795_525_018,
    nonce: "9f0Gk2QmZB1sA7h2",
    acr: "urn:latchkey:acr:2fa",
    amr: ["pwd", "sms", "mfa"],
    at_hash: "s0Tq8Zs1cV9kM9d4y4t1XA",
  },
  userinfo: {
    sub: "b2f7c1d0-7c57-4f1e-9a58-0d8a1f0f6f0e",
    preferred_username: "demo",
    phone_number: "+14155552671",
    phone_number_verified: true,
  },
  accessToken: { token_type: "Bearer", expires_in: 3600, scope: "openid profile phone" },
  amr: ["pwd", "sms", "mfa"],
  acr: "urn:latchkey:acr:2fa",
  texts: TEXTS,
  logoutAction: "/demo/sign-out",
  logoutFields: [{ name: "csrf", value: "c5rf-t0ken" }],
  links: DEMO.signInLinks,
};

export const ENGINE_FORM =
  '<form id="op.logoutForm" method="post" action="/session/end/confirm"><input type="hidden" name="xsrf" value="a1b2"/></form>';
