// oidc-client-ts in Chromium, in the page that docs/connect shows: all of the protocol happens in the browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../support/chromium.ts";
import { freePort, startServer, type TestServer } from "../support/server.ts";

const PAGE = path.resolve(import.meta.dirname, "../../docs/connect/oidc-client-ts.html");
const LIBRARY = path.resolve(
  createRequire(import.meta.url).resolve("oidc-client-ts"),
  "../../browser/oidc-client-ts.min.js",
);
const PHONE = "+14155552671";

describe("a page with oidc-client-ts", function () {
  this.timeout(60_000);
  let browser: Browser;
  let server: TestServer;
  let site: Server;
  let origin = "";
  let password = "";
  before(async () => {
    browser = await launchChromium();
    server = await startServer({ limits: { sendGapSeconds: 0 } });
    const port = await freePort();
    origin = `http://localhost:${port}`;
    const html = readFileSync(PAGE, "utf8").replace("http://localhost:3000", server.issuer);
    const library = readFileSync(LIBRARY);
    site = createServer((request, response) => {
      const isScript = request.url === "/oidc-client-ts.min.js";
      response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
      response.end(isScript ? library : html);
    });
    await new Promise<void>((resolve) => site.listen(port, resolve));
    await server.latchkey(
      ...["client", "add", "--id", "spa", "--name", "Spa", "--public"],
      ...["--redirect-uri", `${origin}/callback`, "--post-logout-redirect-uri", origin],
    );
    await server.latchkey("mfa", "client", "spa", "on");
    const added = await server.latchkey("user", "add", "--username", "alice", "--phone", PHONE);
    password = added.password;
  });
  after(async () => {
    await browser.close();
    site.closeAllConnections();
    site.close();
    await server.close();
  });

  it("signs in with two factors, renews in five tabs at once, and signs out", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(origin);
    await page.getByRole("button", { name: "Sign in" }).click();
    await signIn(page);
    await said(page, "signed in");
    const { claims } = JSON.parse((await page.textContent("#who")) ?? "");
    assert.deepEqual(claims.amr, ["pwd", "sms", "mfa"]);

    // A tab that a page opens begins with a copy of its session storage, the refresh token with it.
    const tabs = [page];
    while (tabs.length < 5) {
      const opened = context.waitForEvent("page");
      await page.evaluate("void window.open('/')");
      tabs.push(await opened);
    }
    for (const tab of tabs) await said(tab, "signed in");
    await Promise.all(tabs.map((tab) => tab.evaluate("document.querySelector('#renew').click()")));
    for (const tab of tabs) await said(tab, "renewed");

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign out?" }).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await said(page, "signed out");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator("[name=password]").waitFor();
    await context.close();
  });

  async function signIn(page: Page): Promise<void> {
    await page.locator("[name=login]").fill("alice");
    await page.locator("[name=password]").fill(password);
    await page.keyboard.press("Enter");
    await page.locator("[name=code]").waitFor();
    await page.locator("[name=code]").fill(server.lastCode(PHONE));
    await page.keyboard.press("Enter");
  }
});

function said(page: Page, word: string): Promise<void> {
  return page.locator("#who", { hasText: `"word":"${word}"` }).waitFor({ timeout: 15_000 });
}
