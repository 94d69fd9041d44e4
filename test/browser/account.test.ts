// The user's own page in a real browser: a first phone, another one in its place, and out again.
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { check, launchChromium } from "../support/chromium.ts";
import { startServer, type TestServer } from "../support/server.ts";

const OLD = "+14155552671";
const NEW = "+14155552690";

describe("the user's own page in a browser", function () {
  this.timeout(60_000);
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  for (const javaScriptEnabled of [true, false]) {
    const how = `${javaScriptEnabled ? "with" : "without"} JavaScript at 320 px`;
    it(`binds a phone, changes it and signs out ${how}`, async () => {
      const server = await startServer({ limits: { sendGapSeconds: 0 } });
      const viewport = { width: 320, height: 800 };
      const context = await browser.newContext({ javaScriptEnabled, viewport });
      try {
        const page = await context.newPage();
        const refused: string[] = [];
        page.on("console", (message) => {
          if (/Content Security Policy/i.test(message.text())) refused.push(message.text());
        });
        await walk(server, page, javaScriptEnabled);
        assert.deepEqual(refused, []);
      } finally {
        await context.close();
        await server.close();
      }
    });
  }
});

async function walk(server: TestServer, page: Page, scripts: boolean): Promise<void> {
  await page.goto(`${server.issuer}/account`);
  await typePassword(server, page, scripts);
  await page.getByRole("button", { name: "Add a mobile number" }).click();
  await typePassword(server, page, scripts);
  await typeNumber(server, page, "Add your mobile number", OLD);
  await page.getByRole("heading", { name: "Your account" }).waitFor();
  await check(page, scripts);
  assert.match(await page.content(), /71<\/strong>/);

  await page.getByRole("button", { name: "Change number" }).click();
  await typePassword(server, page, scripts);
  await page.getByLabel("Six-digit code").waitFor();
  await check(page, scripts);
  await page.getByLabel("Six-digit code").fill(server.lastCode(OLD));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Your new mobile number" }).waitFor();
  await check(page, scripts);
  await typeNumber(server, page, "Your new mobile number", NEW);
  await page.getByRole("heading", { name: "Your account" }).waitFor();
  assert.match(await page.content(), /90<\/strong>/);

  // Whoever stops on the way is still signed in.
  await page.getByRole("button", { name: "Change number" }).click();
  await page.getByRole("button", { name: "Cancel and go back to your account" }).click();
  await page.getByRole("heading", { name: "You stopped halfway" }).waitFor();
  await check(page, scripts);
  await page.getByRole("link", { name: "Go to your account" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign out?" }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "You are signed out" }).waitFor();
}

async function typePassword(server: TestServer, page: Page, scripts: boolean): Promise<void> {
  const password = /^password:\s+(\S+)$/m.exec(server.output())?.[1] ?? "";
  await page.getByLabel("Username, phone number or email address").fill("demo");
  await check(page, scripts);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.keyboard.press("Enter");
}

async function typeNumber(
  server: TestServer,
  page: Page,
  heading: string,
  number: string,
): Promise<void> {
  await page.getByRole("heading", { name: heading }).waitFor();
  await page.getByLabel("Mobile number").fill(number);
  await page.keyboard.press("Enter");
  await page.getByLabel("Six-digit code").waitFor();
  await page.getByLabel("Six-digit code").fill(server.lastCode(number));
  await page.keyboard.press("Enter");
}
