// What a page costs on a slow line: at most 10 KB in 6 requests, the first time somebody comes.
import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { openScene, PASSWORD, rawRequest, type Scene } from "../attacks/scene.ts";
import { launchChromium } from "../support/chromium.ts";

const BYTES_MAX = 10 * 1024;
const REQUESTS_MAX = 6;

describe("the weight of a page", function () {
  this.timeout(60_000);
  let browser: Browser;
  let scene: Scene;
  before(async () => {
    browser = await launchChromium();
    scene = await openScene();
  });
  after(async () => {
    await browser.close();
    await scene.server.close();
  });

  // The bodies that Chromium is sent for a page, compressed as they are, with nothing in its cache.
  async function weigh(page: Page, go: () => Promise<unknown>) {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Network.enable");
    await cdp.send("Network.setCacheDisabled", { cacheDisabled: true });
    const headers = new Map<string, number>();
    const bodies = new Map<string, number>();
    let redirects = 0;
    cdp.on("Network.requestWillBeSent", ({ redirectResponse }) => {
      if (redirectResponse) redirects++;
    });
    cdp.on("Network.responseReceived", ({ requestId, response }) => {
      headers.set(requestId, response.encodedDataLength);
    });
    cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      bodies.set(requestId, encodedDataLength - (headers.get(requestId) ?? 0));
    });
    await go();
    await page.waitForLoadState("networkidle");
    await cdp.detach();
    const bytes = [...bodies.values()].reduce((sum, each) => sum + each, 0);
    return { bytes, requests: headers.size + redirects };
  }
  const hold = (what: string, { bytes, requests }: { bytes: number; requests: number }) => {
    assert.ok(requests >= 2 && requests <= REQUESTS_MAX, `${what}: ${requests} requests`);
    assert.ok(bytes > 1000 && bytes <= BYTES_MAX, `${what}: ${bytes} bytes`);
  };

  it("is held on the way of somebody who binds a phone", async () => {
    const page = await browser.newPage();
    const victim = scene.victimWithoutPhone();
    const { url } = await scene.strict.begin();
    hold("sign-in", await weigh(page, () => page.goto(url.href)));
    await page.getByLabel("Username, phone number or email address").fill(victim.username);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    const submit = () => Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
    hold("bind", await weigh(page, submit));
    await page.getByLabel("Mobile number").fill(victim.phone);
    hold("code", await weigh(page, submit));
    await page.getByLabel("Six-digit code").fill("12");
    hold("code, malformed", await weigh(page, submit));
    await page.close();
  });

  it("is held for pages beside it", async () => {
    const page = await browser.newPage();
    for (const path of ["/recovery", "/interaction/none", "/demo"]) {
      hold(path, await weigh(page, () => page.goto(`${scene.server.issuer}${path}`)));
    }
    await page.close();
  });

  it("is compressed as the browser takes it, and plain for who takes nothing", async () => {
    const version = "/assets/latchkey.css";
    for (const [accept, encoding] of [
      ["br, gzip", "br"],
      ["gzip", "gzip"],
      ["identity", undefined],
      ["br;q=0, gzip;q=0.5", "gzip"],
    ] as const) {
      for (const path of [version, "/recovery"]) {
        const answer = await ask(path, { "Accept-Encoding": accept });
        assert.equal(answer.headers["content-encoding"], encoding, `${path} for ${accept}`);
        assert.match(answer.headers.vary ?? "", /Accept-Encoding/i);
      }
    }
    const plain = await ask(version, {});
    assert.equal(plain.headers["content-encoding"], undefined);
    assert.match(plain.body, /:root/);
  });

  it("leaves what is no page as it is: tokens beside what others wrote must not be compressed", async () => {
    for (const path of ["/.well-known/openid-configuration", "/jwks"]) {
      const answer = await ask(path, { "Accept-Encoding": "br, gzip" });
      assert.equal(answer.headers["content-encoding"], undefined, path);
    }
  });

  function ask(path: string, headers: Record<string, string>) {
    const host = new URL(scene.server.issuer).host;
    return rawRequest(scene.server, {
      path,
      headers: { Host: host, Accept: "text/html", ...headers },
    });
  }
});
