// Every state that an error leads to, and what the script makes of a page while it stands open, in Chromium.
import assert from "node:assert/strict";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { createLanguages } from "../../src/http/language.ts";
import type { CodeModel } from "../../src/http/page-models.ts";
import { createView } from "../../src/http/view.ts";
import type { Scene } from "../attacks/scene.ts";
import { check, launchChromium } from "../support/chromium.ts";
import { CODE } from "../support/page-samples.ts";
import { type State, walkStates } from "../support/states.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

describe("the states of the pages in a browser", function () {
  this.timeout(240_000);
  let browser: Browser;
  let scene: Scene;
  let states: State[];
  before(async () => {
    browser = await launchChromium();
    ({ scene, states } = await walkStates());
  });
  after(async () => {
    await browser.close();
    await scene.server.close();
  });

  // A page of this server that answers with what was drawn before, under the policy that it had.
  async function show(page: Page, html: string, policy = "default-src 'self'"): Promise<void> {
    const headers = { "Content-Type": "text/html", "Content-Security-Policy": policy };
    await page.route("**/drawn", (route) => route.fulfill({ body: html, headers }));
    await page.goto(`${scene.server.issuer}/drawn`);
    await page.unroute("**/drawn");
  }
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.outerHTML ?? "");

  for (const { width, colorScheme } of [
    { width: 320, colorScheme: "light" },
    { width: 1280, colorScheme: "dark" },
  ] as const) {
    it(`are sound at ${width} px, and put the focus where it is needed`, async () => {
      const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
      const page = await context.newPage();
      for (const { name, page: drawn } of states) {
        await show(page, drawn.html, drawn.headers.get("Content-Security-Policy") ?? undefined);
        await check(page, true);
        if (drawn.status < 400 || !drawn.html.includes("autofocus")) continue;
        assert.doesNotMatch(await focused(page), /^<body/, name);
      }
      await context.close();
    });
  }

  describe("with its code", () => {
    let page: Page;
    beforeEach(async () => {
      page = await browser.newPage({ viewport: { width: 320, height: 800 } });
    });
    afterEach(() => page.close());

    const draw = (given: Partial<CodeModel>) => {
      const now = Date.now();
      const model = { ...CODE, expiresAt: now + 300_000, resendAt: null, ...given };
      const language = createLanguages(path.join(ROOT, "config/languages")).chooseLanguage({});
      const view = createView({ viewsDir: path.join(ROOT, "views") });
      return view.render("code", { ...model, frame: { ...CODE.frame, now } }, language);
    };

    it("says one thing once the code is over, and takes the form away", async () => {
      await page.clock.install();
      await show(page, draw({ binding: true }));
      await page.getByLabel("Six-digit code").fill("123");
      await page.clock.fastForward(301_000);
      await page.clock.runFor(1_000);
      await page.getByRole("status").getByText("This code no longer works").waitFor();
      const text = await page.locator("main").innerText();
      assert.doesNotMatch(text, /tries left|works for|Enter it to use|No text yet/);
      assert.equal(await page.getByLabel("Six-digit code").isVisible(), false);
      assert.match(await focused(page), /id="code-over"/);
      assert.deepEqual(await page.getByRole("button").allInnerTexts(), [
        "Send a new code",
        "Cancel and go back to Northwind Payroll",
      ]);
      await check(page, true);
    });

    it("finds the code in the whole text when it is pasted", async () => {
      const pastes: { pasted: string; code: string }[] = [
        {
          pasted: "Latchkey: 204863 is your code. Valid 5 min.\n\n@localhost #204863",
          code: "204863",
        },
        { pasted: "Ihr Code: 204-863 (gilt 10 Minuten)", code: "204863" },
        { pasted: "٢٠٤٨٦٣ رمزك", code: "٢٠٤٨٦٣" },
        { pasted: " 204 863 ", code: "204863" },
        // Two that differ, or none: the field is left to whoever pasted.
        { pasted: "204863 or 204864", code: "" },
        { pasted: "+1 415 555 2671", code: "" },
        { pasted: "1234567", code: "" },
      ];
      await show(page, draw({}));
      const field = page.getByLabel("Six-digit code");
      for (const { pasted, code } of pastes) {
        await field.fill("");
        await field.evaluate((input, text) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text", text);
          const init = { clipboardData, bubbles: true, cancelable: true };
          input.dispatchEvent(new ClipboardEvent("paste", init));
        }, pasted);
        assert.equal(await field.inputValue(), code, pasted);
      }
    });

    it("sends an empty field, so that the answer is in the page's own language", async () => {
      const posted = page.waitForRequest((request) => request.method() === "POST");
      await show(page, draw({}));
      await page.getByRole("button", { name: "Continue" }).click();
      assert.match((await posted).url(), /\/interaction\/u1\/code$/);
    });

    it("tells that the text Delivered at in the region that was there before", async () => {
      await page.clock.install();
      await show(page, draw({ delivery: "waiting" }));
      await page.evaluate(() => document.getElementById("delivery")?.setAttribute("data-kept", ""));
      const delivered = draw({ delivery: { status: "delivered", at: Date.now() } });
      const headers = { "Content-Type": "text/html" };
      await page.route("**/drawn", (route) => route.fulfill({ body: delivered, headers }));
      await page.clock.fastForward(5_000);
      await page.locator("#delivery[data-kept]").getByText("Delivered at").waitFor();
    });

    it("keeps the arrow of a list in forced colours", async () => {
      await page.emulateMedia({ forcedColors: "active" });
      await show(page, states.find(({ name }) => name === "bind")?.page.html ?? "");
      const look = await page
        .getByLabel("Country or region")
        .evaluate((select) => getComputedStyle(select).appearance);
      assert.equal(look, "auto");
    });
  });
});
