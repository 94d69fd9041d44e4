// Real relying parties as docs/connect.md shows them: each file in docs/connect is started and used by a browser.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import path from "node:path";
import { type Browser, createBrowser, type Page } from "../support/browser.ts";
import { freePort, startServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";
import { confirm, travel } from "./travel.ts";

const APPLICATIONS = path.resolve(import.meta.dirname, "../../docs/connect");
const PHONE = "+14155552671";

interface Application {
  readonly origin: string;
  close(): Promise<void>;
}

// `tabs`: the session is in the cookie, so that five tabs have one refresh token, whichever is first. Where it is on the
// server, tabs share what the one before them wrote.
const CLIENTS: readonly { file: string; callback: string; refresh: string; tabs: number }[] = [
  { file: "openid-client.mjs", callback: "/callback", refresh: "/refresh", tabs: 1 },
  { file: "oauth4webapi.mjs", callback: "/callback", refresh: "/refresh", tabs: 1 },
  { file: "passport.mjs", callback: "/callback", refresh: "/refresh", tabs: 1 },
  { file: "express-openid-connect.mjs", callback: "/callback", refresh: "/refresh", tabs: 5 },
  // It refreshes whenever the session is looked at within a minute of the token's end.
  { file: "auth-js.mjs", callback: "/auth/callback/latchkey", refresh: "/auth/session", tabs: 5 },
];

describe("applications made with", function () {
  this.timeout(60_000);
  let server: TestServer;
  const user = { login: "alice", password: "" };
  before(async () => {
    server = await startServer({
      limits: { sendGapSeconds: 0, sendsPerNumberPerDay: 100, accessTokenLifeSeconds: 60 },
    });
    const added = await server.latchkey("user", "add", "--username", "alice", "--phone", PHONE);
    user.password = added.password;
  });
  after(() => server.close());

  for (const client of CLIENTS) {
    const { file, tabs } = client;
    it(`${file} sign in with two factors, refresh in ${tabs} tabs at once, and sign out`, async () => {
      const application = await start(server, client);
      try {
        await use(application, client);
      } finally {
        await application.close();
        await server.latchkey("client", "remove", "web");
      }
    });
  }

  async function use(
    { origin }: Application,
    { refresh, tabs: count }: (typeof CLIENTS)[number],
  ): Promise<void> {
    const browser = createBrowser();
    await travel(
      browser,
      await signIn(browser, await travel(browser, await begin(browser, origin))),
    );
    const claims = JSON.parse((await browser.open(`${origin}/`)).html);
    assert.deepEqual(claims.amr, ["pwd", "sms", "mfa"]);

    // All of them have the cookies, and so the refresh token, of the moment before.
    const tabs = await Promise.all(Array.from({ length: count }, () => browser.clone()));
    const seen = await Promise.all(tabs.map((tab) => tab.request(`${origin}${refresh}`)));
    for (const { status, html } of seen) {
      assert.equal(status, 200, html);
      assert.notEqual(html, "null");
    }
    for (const tab of tabs) {
      const again = await tab.request(`${origin}${refresh}`);
      assert.equal(again.status, 200, again.html);
      assert.notEqual(again.html, "null");
    }

    let page = await travel(browser, await browser.request(`${origin}/logout`));
    assert.match(page.html, /Sign out\?/);
    page = await travel(browser, await confirm(browser, page));
    assert.equal(new URL(page.url).origin, origin);
    assert.equal((await browser.open(`${origin}/`)).html, "null");
    page = await travel(browser, await begin(browser, origin));
    assert.match(page.html, /name="password"/, "the session at the provider is over too");
  }

  async function signIn(browser: Browser, at: Page): Promise<Page> {
    const page = await browser.submit(at, "login", user);
    assert.match(page.html, /name="code"/, "the second step is asked for");
    return browser.submit(page, "code", { code: server.lastCode(PHONE) });
  }
});

// Where the application leads who signs in.
async function begin(browser: Browser, origin: string): Promise<Page> {
  const page = await browser.request(`${origin}/login`);
  if (page.status !== 404) return page;
  // Auth.js begins with a form.
  const { csrfToken } = JSON.parse((await browser.open(`${origin}/auth/csrf`)).html);
  const body = new URLSearchParams({ csrfToken, callbackUrl: `${origin}/` });
  return browser.request(`${origin}/auth/signin/latchkey`, { method: "POST", body });
}

async function start(
  server: TestServer,
  { file, callback }: { readonly file: string; readonly callback: string },
): Promise<Application> {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const registered = await server.latchkey(
    ...["client", "add", "--id", "web", "--name", "Web", "--redirect-uri", `${origin}${callback}`],
    ...["--post-logout-redirect-uri", origin],
  );
  await server.latchkey("mfa", "client", "web", "on");
  const child = spawn(process.execPath, [path.join(APPLICATIONS, file)], {
    env: {
      ISSUER: server.issuer,
      CLIENT_SECRET: registered.client_secret,
      SESSION_SECRET: randomBytes(32).toString("base64url"),
      PORT: String(port),
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (data: Buffer) => {
    errors += data.toString();
  });
  await until(async () => {
    assert.equal(child.exitCode, null, errors);
    return (await fetch(origin).catch(() => null)) !== null;
  }, `${file} did not start`);
  return { origin, close: () => end(child) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}
