// The same way in a real browser: with JavaScript and without, on a narrow screen and a wide one, held
// against WCAG 2.2 AA on every page.
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { check, launchChromium } from "../support/chromium.ts";
import { startServer, type TestServer } from "../support/server.ts";

const PHONE = "+14155552671";

describe("browser", function () {
  this.timeout(60_000);
  let browser: Browser;

  before(async () => {
    browser = await launchChromium();
  });
  after(() => browser.close());

  for (const javaScriptEnabled of [true, false]) {
    it(`opens a mailed link ${javaScriptEnabled ? "with" : "without"} JavaScript`, async () => {
      const server = await startServer();
      const viewport = { width: 320, height: 800 };
      const context = await browser.newContext({ javaScriptEnabled, viewport });
      try {
        await walkByLink(server, await context.newPage(), javaScriptEnabled);
      } finally {
        await context.close();
        await server.close();
      }
    });

    it(`chooses a new password ${javaScriptEnabled ? "with" : "without"} JavaScript`, async () => {
      const server = await startServer();
      const viewport = { width: 320, height: 800 };
      const context = await browser.newContext({ javaScriptEnabled, viewport });
      try {
        await walkBack(server, await context.newPage(), javaScriptEnabled);
      } finally {
        await context.close();
        await server.close();
      }
    });

    for (const width of [320, 1280]) {
      const how = `${javaScriptEnabled ? "with" : "without"} JavaScript at ${width} px`;
      it(`signs in at the demo, binds a phone and signs out ${how}`, async () => {
        const server = await startServer();
        const viewport = { width, height: 800 };
        const context = await browser.newContext({ javaScriptEnabled, viewport });
        try {
          await walk(server, await context.newPage(), javaScriptEnabled);
        } finally {
          await context.close();
          await server.close();
        }
      });
    }
  }
});

// As far as where a number is typed, which the other one goes on from.
async function walkByLink(server: TestServer, page: Page, scripts: boolean): Promise<void> {
  const password = /^password:\s+(\S+)$/m.exec(server.output())?.[1] ?? "";
  await server.latchkey("mfa", "rule", "binding", "mailed-link", "--client", "demo");
  const email = ["--email", "demo@example.com", "--email-verified"];
  await server.latchkey("user", "update", "demo", ...email);

  await page.goto(`${server.issuer}/demo`);
  await page.getByRole("link", { name: "Sign in", exact: true }).click();
  await page.getByLabel("Username, phone number or email address").fill("demo");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Open the link in your email" }).waitFor();
  await check(page, scripts);
  await page.getByRole("button", { name: "Send the link again" }).click();
  await page.getByRole("alert").waitFor();
  await check(page, scripts);

  while (server.mails().length === 0) await page.waitForTimeout(100);
  await page.goto(/https?:\S+token=\S+/.exec(server.mails()[0]?.text ?? "")?.[0] ?? "");
  await page.getByRole("heading", { name: "Was it you?" }).waitFor();
  await check(page, scripts);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Add your mobile number" }).waitFor();
  await check(page, scripts);
}

async function walkBack(server: TestServer, page: Page, scripts: boolean): Promise<void> {
  const email = ["--email", "demo@example.com", "--email-verified"];
  await server.latchkey("user", "update", "demo", ...email);
  await page.goto(`${server.issuer}/demo`);
  await page.getByRole("link", { name: "Sign in", exact: true }).click();
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await page.getByRole("heading", { name: "Forgot your password?" }).waitFor();
  await check(page, scripts);
  await page.getByLabel("Username, phone number or email address").fill("demo");
  await page.getByRole("button", { name: "Send link" }).click();
  await page.getByRole("heading", { name: "Check your email" }).waitFor();
  await check(page, scripts);

  while (server.mails().length === 0) await page.waitForTimeout(100);
  const link = /https?:\S+token=\S+/.exec(server.mails()[0]?.text ?? "")?.[0] ?? "";
  await page.goto(link);
  await page.getByLabel("New password", { exact: true }).fill("password1");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await check(page, scripts);
  assert.ok(!page.url().includes("token"), "the token stands in the address still");
  await page.getByLabel("New password", { exact: true }).fill("a wholly different sentence");
  await page.getByRole("button", { name: "Change password" }).click();
  await page.getByRole("heading", { name: "Your password was changed" }).waitFor();
  await check(page, scripts);
  await page.goto(link);
  await page.getByRole("heading", { name: "This link doesn't work" }).waitFor();
  await check(page, scripts);
  await page.getByRole("link", { name: "Ask for a new link" }).click();
  await page.getByRole("heading", { name: "Forgot your password?" }).waitFor();
}

async function walk(server: TestServer, page: Page, scripts: boolean): Promise<void> {
  const refused: string[] = [];
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) refused.push(message.text());
  });
  const password = /^password:\s+(\S+)$/m.exec(server.output())?.[1] ?? "";

  await page.goto(`${server.issuer}/demo`);
  await check(page, scripts);
  await page.getByRole("link", { name: "Sign in", exact: true }).click();
  await check(page, scripts);

  await page.getByLabel("Username, phone number or email address").fill("demo");
  await page.getByLabel("Password", { exact: true }).fill("wrong password");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await check(page, scripts);

  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Add your mobile number" }).waitFor();
  await check(page, scripts);

  await page.getByLabel("Mobile number").fill("415 555 2671");
  await page.getByLabel("Country or region").selectOption("US");
  await page.keyboard.press("Enter");
  await page.getByLabel("Six-digit code").waitFor();
  await check(page, scripts);
  assert.equal(server.texts().at(-1)?.to, PHONE);
  assert.ok(!(await page.content()).includes(PHONE));

  await page.getByLabel("Six-digit code").fill(server.lastCode());
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "You are signed in" }).waitFor();
  await check(page, scripts);
  assert.match((await page.textContent(".result")) ?? "", /pwd\s*sms\s*mfa/);

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign out?" }).waitFor();
  await check(page, scripts);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Try signing in" }).waitFor();
  assert.deepEqual(refused, []);
}
