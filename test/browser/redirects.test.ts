// Where a sign-in and a sign-out end in Chromium, which holds the redirects after a form against form-action: every
// kind of address that `client add` accepts, and what an application's own address goes on to.
import assert from "node:assert/strict";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { generate } from "selfsigned";
import { openScene, type Scene } from "../attacks/scene.ts";
import { launchChromium } from "../support/chromium.ts";

const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const PRIVATE_SCHEME = "com.example.app:/callback";

// An application's own server: its callback goes on to where `next` says.
async function startApplication(
  hostname: string,
  next: () => string | null,
  tls?: https.ServerOptions,
): Promise<{ origin: string; close: () => void }> {
  const answer: http.RequestListener = (request, response) => {
    const to = request.url?.startsWith("/callback") ? next() : null;
    if (to === null) response.end("<!doctype html><title>The application</title>");
    else response.writeHead(302, { Location: to }).end();
  };
  const server = tls ? https.createServer(tls, answer) : http.createServer(answer);
  const host = hostname === "[::1]" ? "::1" : "127.0.0.1";
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `${tls ? "https" : "http"}://${hostname}:${port}`;
  return { origin, close: () => server.close() };
}

describe("the end of a sign-in in a browser", function () {
  this.timeout(90_000);
  let browser: Browser;
  let scene: Scene;
  const open: { close: () => void }[] = [];
  let tls: https.ServerOptions;
  before(async () => {
    browser = await launchChromium();
    scene = await openScene();
    const pems = await generate([{ name: "commonName", value: "localhost" }], { keySize: 2048 });
    tls = { key: pems.private, cert: pems.cert };
  });
  after(async () => {
    for (const each of open) each.close();
    await browser.close();
    await scene.server.close();
  });

  async function application(
    hostname: string,
    next: () => string | null = () => null,
    isHttps = false,
  ): Promise<string> {
    const started = await startApplication(hostname, next, isHttps ? tls : undefined);
    open.push(started);
    return started.origin;
  }

  const ways: {
    it: string;
    native?: boolean;
    mode?: string;
    // Where the application is called back, and where the browser is in the end.
    prepare: () => Promise<{ redirectUri: string; end: string }>;
  }[] = [
    {
      it: "https",
      prepare: async () => {
        const origin = await application("localhost", undefined, true);
        return { redirectUri: `${origin}/callback`, end: `${origin}/callback` };
      },
    },
    {
      it: "loopback, IPv4",
      prepare: async () => {
        const origin = await application("127.0.0.1");
        return { redirectUri: `${origin}/callback`, end: `${origin}/callback` };
      },
    },
    {
      it: "loopback, IPv6",
      native: true,
      prepare: async () => {
        const origin = await application("[::1]");
        return { redirectUri: `${origin}/callback`, end: `${origin}/callback` };
      },
    },
    {
      it: "a private scheme",
      native: true,
      prepare: async () => ({ redirectUri: PRIVATE_SCHEME, end: PRIVATE_SCHEME }),
    },
    {
      it: "a form that posts the answer, to an address that goes on elsewhere",
      mode: "form_post",
      prepare: async () => {
        const last = await application("[::1]");
        const first = await application("localhost", () => `${last}/home`, true);
        return { redirectUri: `${first}/callback`, end: `${last}/home` };
      },
    },
    {
      it: "an address that redirects twice, to two other origins",
      prepare: async () => {
        const last = await application("[::1]");
        const second = await application("localhost", () => `${last}/home`, true);
        const first = await application("127.0.0.1", () => `${second}/callback`);
        return { redirectUri: `${first}/callback`, end: `${last}/home` };
      },
    },
    {
      it: "an https address that goes on to a private scheme",
      prepare: async () => {
        const first = await application("localhost", () => PRIVATE_SCHEME, true);
        return { redirectUri: `${first}/callback`, end: PRIVATE_SCHEME };
      },
    },
  ];

  for (const [i, way] of ways.entries()) {
    it(`is reached: ${way.it}`, async () => {
      const { redirectUri, end } = await way.prepare();
      const id = `ends-${i}`;
      await scene.server.latchkey(
        ...["client", "add", "--id", id, "--name", id, "--public", "--redirect-uri", redirectUri],
        ...["--post-logout-redirect-uri", redirectUri.replace("/callback", "/callback/bye")],
        ...(way.native ? ["--application-type", "native"] : []),
      );
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      try {
        await signInAt(context, { id, redirectUri, mode: way.mode ?? "query" }, end);
      } finally {
        await context.close();
      }
    });
  }

  async function signInAt(
    context: BrowserContext,
    client: { id: string; redirectUri: string; mode: string },
    end: string,
  ): Promise<void> {
    const page = await context.newPage();
    const refused: string[] = [];
    page.on("console", (message) => {
      if (/Content Security Policy/i.test(message.text())) refused.push(message.text());
    });
    const { username, password } = scene.victim();
    const params = {
      ...{ client_id: client.id, redirect_uri: client.redirectUri, response_mode: client.mode },
      ...{ response_type: "code", scope: "openid", state: "s" },
      ...{ code_challenge: CHALLENGE, code_challenge_method: "S256" },
    };
    await page.goto(`${scene.server.issuer}/auth?${new URLSearchParams(params)}`);
    await page.getByLabel("Username, phone number or email address").fill(username);
    await page.getByLabel("Password", { exact: true }).fill(password);
    const ended = await watch(page, end);
    await page.keyboard.press("Enter");
    await ended();
    if (!end.startsWith("http")) return assert.deepEqual(refused, []);

    const bye = new URLSearchParams({
      client_id: client.id,
      post_logout_redirect_uri: client.redirectUri.replace("/callback", "/callback/bye"),
    });
    await page.goto(`${scene.server.issuer}/session/end?${bye}`);
    const left = await watch(page, end.replace("/callback", "/callback/bye"));
    await page.getByRole("button", { name: "Sign out" }).click();
    await left();
    assert.deepEqual(refused, []);
  }

  // Watches for the browser asking for this address: of a page, or of a scheme that it would open an application for.
  async function watch(page: Page, end: string): Promise<() => Promise<void>> {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Network.enable");
    const asked = new Promise<void>((resolve) => {
      cdp.on("Network.requestWillBeSent", ({ request }) => {
        if (request.url.startsWith(end)) resolve();
      });
    });
    return async () => {
      const late = new Promise<never>((_, reject) =>
        setTimeout(() => reject(new Error(`the browser stays at ${page.url()}`)), 15_000).unref(),
      );
      await Promise.race([asked, late]);
      await cdp.detach();
    };
  }
});
