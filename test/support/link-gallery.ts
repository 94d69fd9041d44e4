// The pages about mailed links, as page-gallery.ts draws them.
import type { PageModels, PageName } from "../../src/http/page-models.ts";
import {
  ALONE,
  FRAME,
  GALLERY_NOW,
  LINK,
  MAILED_LINK,
  NEW_PASSWORD,
  RECOVERY_FORM,
} from "./page-samples.ts";

export type Draw = <Page extends PageName>(
  name: string,
  page: Page,
  model: PageModels[Page],
) => void;

// Each in each state that looks different.
export function drawLink(draw: Draw): void {
  draw("mailed-link", "mailed-link", MAILED_LINK);
  draw("mailed-link-now", "mailed-link", { ...MAILED_LINK, resendAt: null });
  draw("mailed-link-wrong", "mailed-link", {
    ...MAILED_LINK,
    error: { field: null, message: { key: "problem.link-wrong" } },
  });
  draw("mailed-link-dead", "mailed-link", {
    ...MAILED_LINK,
    usable: false,
    mayResend: false,
    error: { field: null, message: { key: "problem.link-dead" } },
  });
  draw("mailed-link-spent", "mailed-link", {
    ...MAILED_LINK,
    mayResend: false,
    resendAt: null,
    error: { field: null, message: { key: "problem.link-interaction-cap" } },
  });
  draw("mailed-link-step-up", "mailed-link", { ...MAILED_LINK, usable: false, resendAt: null });
  draw("mailed-link-capped", "mailed-link", {
    ...MAILED_LINK,
    usable: false,
    resendAt: GALLERY_NOW + 70_000_000,
    error: { field: null, message: { key: "problem.link-user-cap" } },
  });
  draw("link", "link", LINK);
  drawRecovery(draw);
  draw("error-link-elsewhere", "error", {
    frame: { ...FRAME, applicationName: null },
    status: 404,
    title: { key: "failure.link-elsewhere-title" },
    sentence: { key: "failure.link-elsewhere" },
    detail: null,
    back: null,
    retryAfterSeconds: null,
  });
}

function drawRecovery(draw: Draw): void {
  draw("recovery", "recovery", RECOVERY_FORM);
  draw("recovery-missing", "recovery", {
    ...RECOVERY_FORM,
    error: { field: "login", message: { key: "problem.login-missing" } },
  });
  draw("recovery-capped", "recovery", {
    ...RECOVERY_FORM,
    login: "alice",
    error: { field: null, message: { key: "problem.too-many-recoveries" } },
    retryAt: GALLERY_NOW + 3_000_000,
  });
  draw("recovery-requested", "recovery-requested", { frame: ALONE, lifeMinutes: 60 });
  draw("new-password", "new-password", NEW_PASSWORD);
  draw("new-password-refused", "new-password", {
    ...NEW_PASSWORD,
    error: { field: "password", message: { key: "problem.new-password-blocklisted" } },
  });
  draw("recovered", "recovered", { frame: ALONE });
  draw("recovery-over", "recovery-over", { frame: ALONE, href: "/recovery" });
}

// The same with something hostile in everything that comes from others.
export function drawHostileRecovery(text: string, draw: Draw): void {
  const frame = { ...ALONE, brand: text };
  const form = { frame, csrf: text, action: text };
  draw("recovery", "recovery", { ...RECOVERY_FORM, ...form, login: text });
  draw("new-password", "new-password", { ...NEW_PASSWORD, ...form, token: text });
  draw("recovered", "recovered", { frame });
}
