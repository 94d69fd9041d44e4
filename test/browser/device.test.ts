// The pages of the device flow in a real browser.
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { postForm } from "../attacks/scene.ts";
import { check, launchChromium } from "../support/chromium.ts";
import { startServer, type TestServer } from "../support/server.ts";

const PHONE = "+14155552671";

describe("the pages of the device flow in a browser", function () {
  this.timeout(60_000);
  let browser: Browser;
  let server: TestServer;
  let password = "";

  before(async () => {
    browser = await launchChromium();
    server = await startServer({ limits: { sendGapSeconds: 0 } });
    await server.latchkey(
      ...["client", "add", "--id", "tv", "--name", "The TV", "--public", "--grant", "device_code"],
    );
    await server.latchkey("mfa", "client", "tv", "on");
    const user = ["user", "add", "--username", "alice", "--phone", PHONE];
    password = (await server.latchkey(...user)).password;
  });
  after(async () => {
    await server.close();
    await browser.close();
  });

  for (const javaScriptEnabled of [true, false]) {
    const how = `${javaScriptEnabled ? "with" : "without"} JavaScript at 320 px`;
    it(`type, confirm and sign in ${how}`, async () => {
      const viewport = { width: 320, height: 800 };
      const context = await browser.newContext({ javaScriptEnabled, viewport });
      const page = await context.newPage();
      const refused: string[] = [];
      page.on("console", (message) => {
        if (/Content Security Policy/i.test(message.text())) refused.push(message.text());
      });
      await walk(page, javaScriptEnabled);
      assert.deepEqual(refused, []);
      await context.close();
    });
  }

  async function walk(page: Page, scripts: boolean): Promise<void> {
    const started = await postForm(`${server.issuer}/device/auth`, {
      client_id: "tv",
      scope: "openid",
    });
    await page.goto(started.body.verification_uri);
    await check(page, scripts);
    await page.getByLabel("Code").fill("BBBB-BBBB");
    await page.keyboard.press("Enter");
    await page.getByText("No device shows this code.").waitFor();
    await check(page, scripts);
    await page.getByLabel("Code").fill(started.body.user_code);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("heading", { name: "Connect this device?" }).waitFor();
    await check(page, scripts);
    await page.getByRole("button", { name: "Yes, go on" }).click();
    await page.getByLabel("Username, phone number or email address").fill("alice");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.keyboard.press("Enter");
    await page.getByLabel("Six-digit code").waitFor();
    await page.getByLabel("Six-digit code").fill(server.lastCode(PHONE));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Your device is connected" }).waitFor();
    await check(page, scripts);
  }
});
