// The user's own page, as page-gallery.ts draws it.
import type { PageFrame } from "../../src/http/page-models.ts";
import type { Draw } from "./link-gallery.ts";
import { ACCOUNT, BIND, CODE, FRAME, REPLACE } from "./page-samples.ts";

const LEFT = { frame: { ...FRAME, applicationName: null }, again: "/account" };
const CHANGING = { ...FRAME, applicationName: "your account", changesPhone: true };
const NEW_PHONE = { ...BIND, frame: CHANGING };

// Each in each state that looks different.
export function drawAccount(draw: Draw): void {
  draw("account", "account", ACCOUNT);
  draw("account-bare", "account", { ...ACCOUNT, name: null, phone: null });
  draw("account-assigned", "account", {
    ...ACCOUNT,
    phone: { masked: "+1 ••• ••• 71", status: "assigned" },
  });
  draw("account-bind-barred", "account", {
    ...ACCOUNT,
    phone: null,
    phoneBar: "binding-not-allowed",
  });
  draw("account-change-barred", "account", { ...ACCOUNT, phoneBar: "change-not-allowed" });
  draw("account-change-barred-lately", "account", { ...ACCOUNT, phoneBar: "recovered-lately" });
  draw("account-left", "account-left", LEFT);
  draw("new-phone", "new-phone", NEW_PHONE);
  draw("new-phone-same", "new-phone", {
    ...NEW_PHONE,
    error: { field: "phone", message: { key: "problem.phone-same" } },
  });
  draw("code-old-phone", "code", { ...CODE, frame: CHANGING });
  draw("code-new-phone", "code", { ...CODE, frame: CHANGING, binding: true, replace: REPLACE });
}

// With what comes from others, or whatever looks like it, in everything.
export function drawHostileAccount(frame: PageFrame, text: string, draw: Draw): void {
  draw("account", "account", {
    ...ACCOUNT,
    frame,
    csrf: text,
    name: text,
    logins: [
      { kind: "username", value: text },
      { kind: "email", value: text },
    ],
    phoneAction: text,
    signOutAction: text,
  });
  draw("new-phone", "new-phone", { ...NEW_PHONE, frame, csrf: text, action: text, phone: text });
  draw("account-left", "account-left", { ...LEFT, frame });
}
