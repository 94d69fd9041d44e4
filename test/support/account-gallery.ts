// The user's own page, as page-gallery.ts draws it.
import type { PageFrame } from "../../src/http/page-models.ts";
import type { Draw } from "./link-gallery.ts";
import { ACCOUNT, FRAME } from "./page-samples.ts";

const LEFT = { frame: { ...FRAME, applicationName: null }, again: "/account" };

// Each in each state that looks different.
export function drawAccount(draw: Draw): void {
  draw("account", "account", ACCOUNT);
  draw("account-bare", "account", { ...ACCOUNT, name: null, phone: null });
  draw("account-assigned", "account", {
    ...ACCOUNT,
    phone: { masked: "+1 ••• ••• 71", status: "assigned" },
  });
  draw("account-left", "account-left", LEFT);
}

// With what comes from others, or whatever looks like it, in everything.
export function drawHostileAccount(frame: PageFrame, text: string, draw: Draw): void {
  draw("account", "account", {
    ...ACCOUNT,
    frame,
    csrf: text,
    name: text,
    logins: ACCOUNT.logins.map(({ kind }) => ({ kind, value: text })),
    phone: { masked: text, status: "bound" },
    signOutAction: text,
  });
  draw("account-left", "account-left", { ...LEFT, frame });
}
