// The pages about a mailed link, as page-gallery.ts draws them.
import type { PageModels, PageName } from "../../src/http/page-models.ts";
import { FRAME, GALLERY_NOW, LINK, MAILED_LINK } from "./page-samples.ts";

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
