// The pages of the device flow, as page-gallery.ts draws them.
import type { PageFrame } from "../../src/http/page-models.ts";
import type { Draw } from "./link-gallery.ts";
import { FRAME } from "./page-samples.ts";

const BARE = { ...FRAME, applicationName: null };
const FORM = { action: "/device", xsrf: "a1b2" };
const TYPING = { ...FORM, frame: BARE, userCode: "", error: null, retryAt: null };

// Each in each state that looks different.
export function drawDevice(draw: Draw): void {
  draw("user-code", "user-code", TYPING);
  draw("user-code-wrong", "user-code", {
    ...TYPING,
    userCode: "BCDF-GHJK",
    error: { field: "user_code", message: { key: "problem.user-code-wrong" } },
  });
  draw("user-code-again", "user-code", {
    ...TYPING,
    error: { field: null, message: { key: "problem.user-code-again" } },
  });
  draw("user-code-confirmation", "user-code-confirmation", {
    ...FORM,
    frame: FRAME,
    userCode: "BCDF-GHJK",
    scopes: ["openid", "offline_access", "invoices:read"],
  });
  draw("device-connected", "device-end", { frame: BARE, isConnected: true });
  draw("device-refused", "device-end", { frame: BARE, isConnected: false });
}

export function drawHostileDevice(frame: PageFrame, text: string, draw: Draw): void {
  const form = { frame, action: text, xsrf: text, userCode: text };
  draw("user-code", "user-code", { ...form, error: null, retryAt: null });
  draw("user-code-confirmation", "user-code-confirmation", { ...form, scopes: ["openid", text] });
  draw("device-end", "device-end", { frame, isConnected: true });
}
