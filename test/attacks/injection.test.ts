// Attacks by what is typed: objects for texts, markup, line breaks, paths, and patterns without end; and
// a look at what is left in the log and in the store.
import assert from "node:assert/strict";
import { createBrowser, csrfOf } from "../support/browser.ts";
import { registerRelyingParty } from "../support/relying-party.ts";
import { storedBytes } from "../support/stored-bytes.ts";
import {
  afterPassword,
  atSignIn,
  openScene,
  otherThan,
  PASSWORD,
  rawRequest,
  type Scene,
  signedIn,
} from "./scene.ts";

describe("attacks by input", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({ env: { LOG_LEVEL: "debug" } });
  });
  after(() => scene.server.close());

  it("refuses objects where a text belongs (INJ-01, INJ-03, HTTP-13)", async () => {
    const { browser, page } = await atSignIn(scene.strict);
    const url = `${page.url}/login`;
    const json = JSON.stringify({ csrf: csrfOf(page), login: { $gt: "" }, password: { $gt: "" } });
    for (const type of ["application/json", "text/plain", "multipart/form-data", "x/y", ""]) {
      const headers = { "Content-Type": type };
      const answer = await browser.request(url, { method: "POST", body: json, headers });
      assert.equal(answer.status, 415, type);
    }
    const { username } = scene.victim();
    for (const fields of ["login[$gt]=&password[$gt]=", `login=${username}&password[$ne]=x`]) {
      const body = new URLSearchParams(`csrf=${csrfOf(page)}&${fields}`);
      assert.equal((await browser.request(url, { method: "POST", body })).status, 422, fields);
    }
  });

  it("takes operators, quotes and NULs for what they are: wrong names (INJ-03, INJ-05)", async () => {
    const { browser, page } = await atSignIn(scene.strict);
    const names = ["$where", "^a", "{$ne:1}", "' OR 1=1 --", '";drop table users;--', "a\u0000b"];
    for (const login of [...names, "__proto__", "constructor", "\ud800"]) {
      const answer = await browser.post(page, "login", { login, password: PASSWORD });
      assert.equal(answer.status, 401, JSON.stringify(login));
    }
  });

  it("renders the same page whatever options a form brings along (INJ-08)", async () => {
    const { browser, page } = await atSignIn(scene.strict);
    const fields = {
      "settings[view options][outputFunctionName]": "x;process.exit(1);//",
      ...{ delimiter: "?", client: "true", escape: "x", "__proto__[client]": "1" },
    };
    const answer = await browser.post(page, "login", { login: "x", password: "y", ...fields });
    assert.equal(answer.status, 401);
    assert.ok(!answer.html.includes("process.exit"));
  });

  it("shows names and errors as text (INJ-10, INJ-12)", async () => {
    const name = '<img src=x onerror="alert(1)">';
    const app = await registerRelyingParty(scene.server, { id: "markup" });
    await scene.server.latchkey("client", "update", "markup", "--name", name);
    const { browser, page } = await atSignIn(app, { login_hint: '"><script>alert(2)</script>' });
    const typed = await browser.post(page, "login", { login: name, password: "x" });
    const evil = "<script>alert(3)</script>";
    const query = new URLSearchParams({ client_id: evil, redirect_uri: evil, state: evil });
    const pages = [
      page,
      typed,
      await browser.request(`${scene.server.issuer}/auth?${query}`),
      await browser.request(`${scene.server.issuer}/${encodeURIComponent(evil)}?x=${evil}`),
    ];
    for (const { url, html } of pages) {
      assert.ok(!html.includes("<img src=x") && !html.includes("<script>alert"), url);
    }
    assert.match(page.html, /&lt;img src=x/);
  });

  it("splits no header (INJ-14)", async () => {
    const state = "a\r\nSet-Cookie: evil=1\r\n\r\n<b>";
    const { page } = await signedIn(scene, scene.lax, scene.victim(), { state });
    assert.equal(page.headers.get("Set-Cookie")?.includes("evil=1") ?? false, false);
    assert.equal(new URL(page.headers.get("Location") ?? "").searchParams.get("state"), state);
  });

  it("writes one line an event, whatever stands in a name or a header (INJ-15)", async () => {
    const before = scene.server.output().length;
    const browser = createBrowser();
    const { page } = await atSignIn(scene.strict, {}, browser);
    const login = 'x"}\n{"event":"forged-event"}\u001b[31m';
    await browser.post(page, "login", { login, password: "y" });
    await browser.request(`${scene.server.issuer}/no%0A%7B%22event%22%3A%22forged-event%22%7D`, {
      headers: { "User-Agent": '"}{"event":"forged-event"}' },
    });
    const lines = scene.server.output().slice(before).split("\n").filter(Boolean);
    for (const line of lines) assert.notEqual(JSON.parse(line).event, "forged-event");
  });

  it("answers endless patterns at once (INJ-17)", async () => {
    const { browser, page } = await atSignIn(scene.strict);
    const binding = await afterPassword(scene.strict, scene.victimWithoutPhone());
    // A password costs a hash whatever the name; only what the long text adds is measured.
    const post = async (text: string) => {
      const from = performance.now();
      const login = await browser.post(page, "login", { login: text, password: "x" });
      const phone = await binding.browser.post(binding.page, "phone", { phone: text });
      assert.ok([401, 413, 422, 429].includes(login.status), `${login.status}`);
      assert.ok([413, 422].includes(phone.status), `${phone.status}`);
      return performance.now() - from;
    };
    for (const text of ["(", "a@", "+1", ".", "\u0300"]) {
      const short = await post(text);
      const long = await post(text.repeat(5_000 / text.length));
      assert.ok(long < 3 * short + 200, `${JSON.stringify(text)}: ${long} ms against ${short} ms`);
    }
    const headers = { "Accept-Language": "en-".repeat(2_000), "User-Agent": "(".repeat(4_000) };
    const from = performance.now();
    assert.equal((await browser.request(page.url, { headers })).status, 200);
    assert.ok(performance.now() - from < 1_000);
  });

  it("serves no file but its assets (INJ-21)", async () => {
    const paths = [
      ...["/assets/../../package.json", "/assets/..%2f..%2fpackage.json", "/assets/%2e%2e/app.ts"],
      ...["/assets/....//package.json", "/assets/%00", "/assets/", "/.env", "/assets/..\\..\\x"],
    ];
    const { host } = new URL(scene.server.issuer);
    for (const each of paths) {
      const { status } = await rawRequest(scene.server, { path: each, headers: { Host: host } });
      assert.ok([400, 404].includes(status), `${each}: ${status}`);
    }
  });

  it("leaves no code, password, token, cookie or whole number in log and store (SEC-02, SEC-03)", async () => {
    const victim = scene.victim();
    const browser = createBrowser();
    const visit = await afterPassword(scene.strict, victim, {}, browser);
    const code = scene.server.lastCode(victim.phone);
    await browser.post(visit.page, "code", { code: otherThan(code) });
    const page = await browser.submit(visit.page, "code", { code });
    const tokens = await scene.strict.finish(visit.begun, page);
    const cookies = await browser.jar.getCookies(scene.server.issuer);
    const secrets = {
      code,
      password: victim.password,
      number: victim.phone.slice(1),
      "access token": tokens.access_token,
      "refresh token": tokens.refresh_token ?? "",
      "ID token": tokens.id_token ?? "",
      "client secret": scene.strict.clientSecret ?? "",
      ...Object.fromEntries(cookies.map(({ key, value }) => [`cookie ${key}`, value])),
    };
    const stored = await storedBytes(scene.server);
    assert.ok(stored.includes("grant"), "the store is read as it lies there");
    for (const [name, secret] of Object.entries(secrets)) {
      assert.notEqual(secret, "", name);
      assert.ok(!scene.server.output().includes(secret), `${name} is in the log`);
      // Six digits occur by chance in a file of megabytes.
      if (name !== "code") assert.ok(!stored.includes(secret), `${name} is in the store`);
    }
  });
});
