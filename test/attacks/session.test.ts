// Attacks on sessions: cookies, forged posts, frames, and what is left after signing out.
import assert from "node:assert/strict";
import { actionUrl, createBrowser, csrfOf, locationOf, type Page } from "../support/browser.ts";
import {
  afterPassword,
  answerOf,
  atSignIn,
  changeLimits,
  openScene,
  rawRequest,
  type Scene,
  signedIn,
  type Victim,
  wait,
} from "./scene.ts";

describe("attacks on sessions", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
  });
  after(() => scene.server.close());

  const sessionOf = async (browser: ReturnType<typeof createBrowser>) => {
    const cookies = await browser.jar.getCookies(scene.server.issuer);
    return cookies.find(({ key }) => key === "latchkey_session")?.value ?? "";
  };
  const login = (victim: Victim) => ({ login: victim.username, password: victim.password });

  it("gives a session a new id at every step up (SES-02, SES-11)", async () => {
    const victim = scene.victim();
    const browser = createBrowser();
    await atSignIn(scene.lax, {}, browser);
    const ids = [await sessionOf(browser)];
    await signedIn(scene, scene.lax, victim, {}, browser);
    ids.push(await sessionOf(browser));
    const up = await atSignIn(scene.strict, {}, browser);
    const sent = await browser.submit(up.page, "resend");
    await browser.submit(sent, "code", { code: scene.server.lastCode(victim.phone) });
    ids.push(await sessionOf(browser));
    assert.equal(new Set(ids).size, 3, `${ids}`);
    for (const id of ids.slice(1)) assert.ok(id.length * 6 >= 128);
  });

  it("forgets a session at the server when its user signs out (SES-03, SES-12, SES-19)", async () => {
    const { browser, begun, page } = await signedIn(scene, scene.strict, scene.victim());
    const tokens = await scene.strict.finish(begun, page);
    const old = await browser.clone();
    const hint = new URLSearchParams({ id_token_hint: tokens.id_token ?? "" });
    const end = `${scene.server.issuer}/session/end?${hint}`;
    const ask = await browser.open(end);
    const silent = async (who: typeof browser) =>
      answerOf(await who.open((await scene.strict.begin({ prompt: "none" })).url.href));
    assert.ok((await silent(await browser.clone())).has("code"), "a GET signed out");
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(ask.html)?.[1] ?? "";
    const confirm = (token: string) =>
      browser.request(`${scene.server.issuer}/session/end/confirm`, {
        method: "POST",
        body: new URLSearchParams({ xsrf: token, logout: "yes" }),
      });
    assert.equal((await confirm("forged")).status, 400);
    const again = await browser.open(end);
    const fresh = /name="xsrf" value="([^"]+)"/.exec(again.html)?.[1] ?? xsrf;
    assert.equal((await confirm(fresh)).status, 303);
    assert.equal((await silent(browser)).get("error"), "login_required");
    assert.equal((await silent(old)).get("error"), "login_required");
  });

  it("refuses posts without the form's own token, from other sites, and changes nothing (SES-08, SES-10)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const stranger = await afterPassword(scene.strict, scene.victim());
    const texts = scene.server.texts().length;
    const foreignToken = csrfOf(stranger.page);
    const code = scene.server.lastCode(victim.phone);
    const fields = { ...login(victim), code, phone: "+14155559990" };
    for (const step of ["login", "phone", "code", "resend", "consent", "abort"]) {
      for (const csrf of [undefined, "", foreignToken, `${csrfOf(page)}x`]) {
        const body = new URLSearchParams({ ...fields, ...(csrf === undefined ? {} : { csrf }) });
        const answer = await browser.request(actionUrl(page, step), { method: "POST", body });
        assert.equal(answer.status, 403, `${step} ${csrf}`);
      }
      const sites = [
        { Origin: "https://evil.example" },
        { Origin: "null" },
        { "Sec-Fetch-Site": "cross-site" },
      ];
      for (const headers of sites) {
        const body = new URLSearchParams({ ...fields, csrf: csrfOf(page) });
        const init = { method: "POST", body, headers } as RequestInit;
        assert.equal((await browser.request(actionUrl(page, step), init)).status, 403, step);
      }
    }
    assert.equal(scene.server.texts().length, texts);
    assert.equal((await browser.post(page, "code", { code })).status, 303);
  });

  it("lets nobody be signed in by another's cookies and form (SES-10)", async () => {
    const attacker = await atSignIn(scene.strict);
    const body = new URLSearchParams({ csrf: csrfOf(attacker.page), ...login(scene.victim()) });
    const url = actionUrl(attacker.page, "login");
    const answer = await createBrowser().request(url, { method: "POST", body });
    assert.equal(answer.status, 404);
  });

  it("does nothing on a GET of a post's address (SES-12)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const texts = scene.server.texts().length;
    for (const step of ["resend", "abort", "phone?phone=%2B14155559991", "code", "consent"]) {
      const answer = await browser.request(actionUrl(page, step));
      assert.equal(answer.status, 303);
      assert.equal(locationOf(answer), page.url);
    }
    assert.equal(scene.server.texts().length, texts);
  });

  it("puts its pages into no frame and no cache, errors too (SES-13, SES-19, HTTP-15)", async () => {
    const { browser, page } = await afterPassword(scene.strict, scene.victim());
    const { issuer } = scene.server;
    const pages: Page[] = [
      page,
      (await atSignIn(scene.strict)).page,
      await browser.post(page, "code", { code: "1" }),
      await browser.request(`${issuer}/nothing`),
      await browser.request(`${issuer}/interaction/x`),
      await browser.request(`${issuer}/auth?client_id=nobody`),
      await browser.request(`${issuer}/session/end`),
      await browser.request(page.url, { method: "PUT" }),
      await browser.request(`${issuer}/auth`, { method: "DELETE" }),
    ];
    for (const { url, status, headers, html } of pages) {
      const policy = headers.get("Content-Security-Policy") ?? "";
      assert.match(policy, /frame-ancestors 'none'/, `${status} ${url}`);
      assert.match(policy, /default-src 'none'/, `${status} ${url}`);
      assert.ok(!/unsafe-/.test(policy), url);
      assert.equal(headers.get("X-Frame-Options"), "DENY");
      assert.equal(headers.get("X-Content-Type-Options"), "nosniff");
      assert.match(headers.get("Cache-Control") ?? "", /no-store/, `${status} ${url}`);
      assert.equal(headers.get("X-Powered-By"), null);
      assert.ok(!/node_modules|at \w+ \(|\/src\//.test(html), url);
    }
  });

  // With and without scripts the same form is sent: a browser with scripts only presses the button itself.
  it("signs the one before out and ends as the new user when another one signs in", async () => {
    const [first, second] = [scene.victim(), scene.victim()];
    const { browser } = await signedIn(scene, scene.lax, first);
    const { begun, page } = await afterPassword(scene.lax, second, { prompt: "login" }, browser);
    assert.equal(page.status, 200);
    assert.match(page.html, /Someone else was signed in/);
    assert.match(page.html, /data-submit/);
    let current = await sendForm(browser, page);
    if (current.status === 200) current = await sendForm(browser, current);
    assert.equal((await scene.lax.finish(begun, current)).claims()?.sub, second.id);
    const silent = await scene.lax.begin({ prompt: "none" });
    const after = await scene.lax.finish(silent, await browser.open(silent.url.href));
    assert.equal(after.claims()?.sub, second.id);
  });

  it("posts an answer by a form of ours under response_mode=form_post", async () => {
    const victim = scene.victim();
    const { page } = await afterPassword(scene.lax, victim, {
      response_mode: "form_post",
      state: '"><script>alert(1)</script>',
    });
    assert.equal(page.status, 200);
    assert.match(page.html, /action="https:\/\/lax\.example\/cb" data-submit/);
    assert.match(page.html, /name="code" value="[\w-]+"/);
    assert.ok(!page.html.includes("<script>alert"));
    assert.doesNotMatch(page.headers.get("Content-Security-Policy") ?? "", /form-action/);
  });

  it("ends sessions that are idle or old (SES-04)", async () => {
    await changeLimits(scene.server, { sessionIdleSeconds: 2, sendGapSeconds: 0 });
    const { browser } = await signedIn(scene, scene.lax, scene.victim());
    const silent = async () =>
      answerOf(await browser.open((await scene.lax.begin({ prompt: "none" })).url.href));
    assert.ok((await silent()).has("code"));
    await wait(2_200);
    assert.equal((await silent()).get("error"), "login_required");
    await changeLimits(scene.server, { sessionAbsoluteSeconds: 3, sendGapSeconds: 0 });
    await signedIn(scene, scene.lax, scene.victim(), {}, browser);
    await wait(1_500);
    assert.ok((await silent()).has("code"));
    await wait(1_700);
    assert.equal((await silent()).get("error"), "login_required");
  });
});

async function sendForm(browser: ReturnType<typeof createBrowser>, page: Page): Promise<Page> {
  const action = /<form method="post" action="([^"]+)"/.exec(page.html)?.[1] ?? "";
  const inputs = page.html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g);
  const body = new URLSearchParams([...inputs].map(([, name = "", value = ""]) => [name, value]));
  const url = new URL(action.replaceAll("&amp;", "&"), page.url).href;
  return browser.follow(await browser.request(url, { method: "POST", body }));
}

describe("attacks on cookies under https", () => {
  it("sets its cookies for one host, one scheme and no script, whatever a header says (SES-06, SES-18, HTTP-03)", async () => {
    // The scene's applications discover their provider, which https on this port does not serve.
    const { startServer } = await import("../support/server.ts");
    const server = await startServer({
      env: { ISSUER: "https://login.example", SECRET: "s".repeat(40) },
    });
    try {
      await server.latchkey(
        ...["client", "add", "--id", "shop", "--name", "Shop", "--redirect-uri"],
        ...["https://shop.example/cb", "--public"],
      );
      const query = new URLSearchParams({
        ...{ client_id: "shop", response_type: "code", scope: "openid" },
        ...{ redirect_uri: "https://shop.example/cb", code_challenge_method: "S256" },
        code_challenge: "a".repeat(43),
      });
      const headers = {
        ...{ Host: "login.example", "X-Forwarded-Proto": "http" },
        "X-Forwarded-Host": "evil.example",
      };
      const answer = await rawRequest(server, { path: `/auth?${query}`, headers });
      assert.equal(answer.status, 303);
      assert.match(answer.headers.location ?? "", /^(https:\/\/login\.example)?\/interaction\//);
      const cookies = answer.headers["set-cookie"] ?? [];
      assert.ok(cookies.length >= 2);

      const { password } = await server.latchkey("user", "add", "--username", "alice");
      const { pathname: path } = new URL(answer.headers.location ?? "", server.issuer);
      const Cookie = cookies.map((cookie) => cookie.split(";")[0]).join("; ");
      const page = await rawRequest(server, { path, headers: { ...headers, Cookie } });
      const csrf = /name="csrf" value="([^"]+)"/.exec(page.body)?.[1] ?? "";
      const form = { "Content-Type": "application/x-www-form-urlencoded" };
      const signedIn = await rawRequest(
        server,
        { path: `${path}/login`, method: "POST", headers: { ...headers, ...form, Cookie } },
        new URLSearchParams({ csrf, login: "alice", password }).toString(),
      );
      assert.equal(signedIn.status, 303);
      const later = signedIn.headers["set-cookie"] ?? [];
      assert.ok(later.some((cookie) => cookie.startsWith("__Host-latchkey_device=")));

      for (const cookie of [...cookies, ...later]) {
        assert.match(cookie, /; secure/i, cookie);
        assert.match(cookie, /; httponly/i, cookie);
        assert.match(cookie, /; samesite=(lax|strict)/i, cookie);
        assert.ok(!/; domain=/i.test(cookie), cookie);
        if (cookie.startsWith("__Host-")) assert.match(cookie, /; path=\/(;|$)/i);
        else assert.match(cookie, /; path=\/(interaction|auth)\//i, cookie);
      }
      const foreign = await rawRequest(server, { path: "/", headers: { Host: "evil.example" } });
      assert.equal(foreign.status, 421);
      assert.match(String(foreign.headers["strict-transport-security"]), /max-age/);
    } finally {
      await server.close();
    }
  });
});
