// The user's own page, from an address that somebody typed to a phone that is another one.
import assert from "node:assert/strict";
import { createBrowser } from "../support/browser.ts";
import { startServer, type TestServer } from "../support/server.ts";

const PHONE = "+14155552671";

describe("the user's own page", function () {
  this.timeout(60_000);
  let server: TestServer;
  let password = "";

  before(async () => {
    server = await startServer({ limits: { sendGapSeconds: 0 } });
    const args = ["--username", "alice", "--phone", PHONE, "--name", "Alice Example"];
    ({ password } = await server.latchkey("user", "add", ...args));
  });
  after(() => server.close());

  it("asks who it is, and shows what their account is", async () => {
    const browser = createBrowser();
    const asked = await browser.open(`${server.issuer}/account`);
    assert.match(asked.html, /name="password"/);
    assert.match(asked.html, /your account/);
    const page = await browser.submit(asked, "login", { login: "alice", password });
    assert.equal(page.url, `${server.issuer}/account`);
    assert.equal(page.status, 200);
    assert.match(page.html, /Alice Example/);
    assert.match(page.html, /<bdi>alice<\/bdi>/);
    assert.ok(!page.html.includes(PHONE) && page.html.includes("71"));
  });

  it("leads nowhere by itself when its user gives up", async () => {
    const browser = createBrowser();
    const asked = await browser.open(`${server.issuer}/account`);
    const left = await browser.submit(asked, "abort");
    assert.equal(left.status, 200);
    assert.match(left.url, /\/account\/signed-in\?error=access_denied/);
    assert.match(left.html, /href="\/account"/);
  });
});
