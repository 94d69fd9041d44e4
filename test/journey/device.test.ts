// The device flow (RFC 8628) with openid-client: a device without a browser, and its user's phone with one.
import assert from "node:assert/strict";
import { decodeJwt } from "jose";
import * as oidc from "openid-client";
import { type Browser, createBrowser, type Page } from "../support/browser.ts";
import { startServer, type TestServer } from "../support/server.ts";

const TWO = "urn:latchkey:acr:2fa";

describe("journey of a device", () => {
  let server: TestServer;
  let tv: oidc.Configuration;
  const user = { username: "alice", password: "", phone: "+14155552671" };

  before(async () => {
    server = await startServer({ issuerPath: "/id", limits: { sendGapSeconds: 0 } });
    await server.latchkey(
      ...["client", "add", "--id", "tv", "--name", "The TV", "--public"],
      ...["--grant", "device_code", "--grant", "refresh_token"],
    );
    await server.latchkey("mfa", "client", "tv", "on");
    const added = await server.latchkey(
      ...["user", "add", "--username", "alice", "--phone", user.phone],
    );
    user.password = added.password;
    tv = await oidc.discovery(new URL(server.issuer), "tv", undefined, oidc.None(), {
      execute: [oidc.allowInsecureRequests],
    });
  });
  after(() => server.close());

  const begin = () => oidc.initiateDeviceAuthorization(tv, { scope: "openid offline_access" });
  const poll = (started: oidc.DeviceAuthorizationResponse) =>
    oidc.pollDeviceAuthorizationGrant(tv, { ...started, interval: 0.2 });

  async function send(browser: Browser, page: Page, fields: Record<string, string>) {
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.html)?.[1] ?? "";
    const body = new URLSearchParams({ xsrf, ...fields });
    return browser.follow(
      await browser.request(`${server.issuer}/device`, { method: "POST", body }),
    );
  }

  async function signIn(browser: Browser, at: Page): Promise<Page> {
    const login = { login: user.username, password: user.password };
    const page = await browser.submit(at, "login", login);
    assert.match(page.html, /name="code"/, "the second step is asked for");
    return browser.submit(page, "code", { code: server.lastCode(user.phone) });
  }

  it("gets tokens once its user has signed in elsewhere, with the second step (FLOW-13)", async () => {
    const started = await begin();
    assert.equal(started.verification_uri, `${server.issuer}/device`);
    const tokens = poll(started);
    const browser = createBrowser();
    let page = await browser.open(started.verification_uri);
    page = await send(browser, page, { user_code: started.user_code.toLowerCase() });
    assert.match(page.html, new RegExp(started.user_code));
    assert.match(page.html, /The TV/);
    assert.match(page.html, /Know who you are/);
    page = await send(browser, page, { user_code: started.user_code, confirm: "yes" });
    page = await signIn(browser, page);
    assert.match(page.html, /Your device is connected/);
    const got = await tokens;
    assert.ok(got.refresh_token);
    const claims = decodeJwt(got.id_token ?? "");
    assert.deepEqual([claims.acr, claims.amr], [TWO, ["pwd", "sms", "mfa"]]);
    assert.ok((await oidc.refreshTokenGrant(tv, got.refresh_token)).access_token);
  });

  it("fills the code in from the address, and sends nothing by itself", async () => {
    const started = await begin();
    const browser = createBrowser();
    const page = await browser.open(started.verification_uri_complete ?? "");
    assert.match(page.html, new RegExp(`name="user_code"[^>]*value="${started.user_code}"`));
    assert.doesNotMatch(page.html, /The TV|<script[^>]*submit/);
    const asked = await send(browser, page, { user_code: started.user_code });
    assert.match(asked.html, /The TV/);
  });

  it("is told when its user does not want it", async () => {
    const started = await begin();
    const browser = createBrowser();
    let page = await browser.open(started.verification_uri);
    page = await send(browser, page, { user_code: started.user_code });
    page = await send(browser, page, { user_code: started.user_code, abort: "yes" });
    assert.match(page.html, /wasn&#39;t connected/);
    await assert.rejects(poll(started), { error: "access_denied" });
  });

  it("is told when its user gives the sign-in up", async () => {
    const started = await begin();
    const browser = createBrowser();
    let page = await browser.open(started.verification_uri);
    page = await send(browser, page, { user_code: started.user_code });
    page = await send(browser, page, { user_code: started.user_code, confirm: "yes" });
    page = await browser.submit(page, "abort");
    assert.match(page.html, /wasn&#39;t connected/);
    await assert.rejects(poll(started), { error: "access_denied" });
  });
});
