// Attacks with an interaction that somebody else began: a sibling host can plant cookies, but none with __Host-.
import assert from "node:assert/strict";
import { type Browser, createBrowser, type Page } from "../support/browser.ts";
import { createHttpsBrowser, type HttpsBrowser } from "../support/https-browser.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { answerOf, atOnce, atSignIn, openScene, type Scene } from "./scene.ts";

const ISSUER = "https://login.corp.example";
const SIBLING = "https://evil.corp.example";

describe("attacks by interaction fixation (SES-20)", () => {
  let server: TestServer;
  let password: string;
  before(async () => {
    server = await startServer({ env: { ISSUER, SECRET: "s".repeat(40) } });
    await server.latchkey(
      ...["client", "add", "--id", "shop", "--name", "Shop", "--redirect-uri"],
      ...["https://shop.example/cb", "--public"],
    );
    ({ password } = await server.latchkey("user", "add", "--username", "alice"));
  });
  after(() => server.close());

  const authorize = `${ISSUER}/auth?${new URLSearchParams({
    ...{ client_id: "shop", response_type: "code", scope: "openid" },
    ...{ redirect_uri: "https://shop.example/cb", code_challenge_method: "S256" },
    code_challenge: "a".repeat(43),
  })}`;
  const begin = async (): Promise<{ browser: HttpsBrowser; page: Page; resume: string }> => {
    const browser = createHttpsBrowser(server, ISSUER);
    const page = await browser.open(authorize);
    assert.equal(page.status, 200);
    return { browser, page, resume: `${ISSUER}/auth/${page.url.split("/").at(-1)}` };
  };
  const signIn = (browser: HttpsBrowser, page: Page) =>
    browser.post(page, "login", { login: "alice", password });

  // Everything that the attacker was given, for all hosts of the domain, with and without its prefix.
  async function plant(victim: HttpsBrowser, attacker: HttpsBrowser): Promise<void> {
    const { cookies } = await attacker.jar.serialize();
    assert.ok(cookies.some(({ key }) => key?.startsWith("__Host-")));
    for (const { key = "", value, path } of cookies) {
      for (const name of [key, key.replace("__Host-", "")]) {
        for (const where of [path, "/"]) {
          const cookie = `${name}=${value}; Domain=corp.example; Path=${where}; Secure; HttpOnly`;
          await victim.jar.setCookie(cookie, `${SIBLING}/`, { ignoreError: true });
        }
      }
    }
  }

  it("shows a planted interaction to nobody, at any step", async () => {
    const attacker = await begin();
    for (const victim of [createHttpsBrowser(server, ISSUER), (await begin()).browser]) {
      await plant(victim, attacker.browser);
      const planted = await victim.jar.getCookieString(attacker.page.url);
      assert.match(planted, /latchkey_interaction=/);
      assert.equal((await victim.request(attacker.page.url)).status, 404);
      const steps = ["login", "phone", "code", "resend", "recovery-code", "link", "send-link"];
      for (const step of [...steps, "recovery-codes", "consent", "abort"]) {
        const fields = { login: "alice", password, code: "123456" };
        assert.equal((await victim.post(attacker.page, step, fields)).status, 404, step);
      }
    }
    assert.equal((await signIn(attacker.browser, attacker.page)).status, 303);
  });

  it("resumes for no browser but the one that began, and loses nothing", async () => {
    const attacker = await begin();
    assert.equal((await signIn(attacker.browser, attacker.page)).status, 303);
    const victim = createHttpsBrowser(server, ISSUER);
    await plant(victim, attacker.browser);
    for (const url of [
      attacker.resume,
      `${attacker.resume}/`,
      attacker.resume.replace("/auth", "/AUTH"),
    ]) {
      const answer = await victim.request(url);
      assert.equal(answer.status, 404, url);
      assert.equal(answerOf(answer).get("code"), null);
    }
    const session = await victim.jar.getCookieString(ISSUER);
    assert.ok(!session.includes("__Host-latchkey_session"));
    const own = await attacker.browser.request(attacker.resume);
    assert.ok(answerOf(own).has("code"));
  });

  it("takes no proof of another interaction of the same browser", async () => {
    const { browser, page } = await begin();
    const other = await begin();
    const { cookies } = await browser.jar.serialize();
    const mine = cookies.find(({ key }) => key?.includes("latchkey_begun_"));
    const uid = other.page.url.split("/").at(-1);
    const name = `__Host-latchkey_begun_${uid}`;
    await browser.jar.setCookie(`${name}=${mine?.value}; Path=/; Secure`, ISSUER);
    await plant(browser, other.browser);
    assert.equal((await browser.request(other.page.url)).status, 404);
    assert.equal((await browser.request(page.url)).status, 200);
  });
});

describe("many tabs of one browser (SES-20)", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({ limits: { interactionsPerBrowser: 4 } });
  });
  after(() => scene.server.close());

  const begunCookies = async (browser: Browser) =>
    (await browser.jar.getCookies(scene.server.issuer)).filter(({ key }) =>
      key.startsWith("latchkey_begun_"),
    );

  it("each have their own interaction, begun at once or one after the other", async () => {
    const browser = createBrowser();
    const tabs = await atOnce(4, () => atSignIn(scene.lax, {}, browser));
    for (const { page } of tabs) assert.equal((await browser.open(page.url)).status, 200);
    assert.equal((await begunCookies(browser)).length, 4);
  });

  it("keep so many cookies at most, and lose the oldest first", async () => {
    const browser = createBrowser();
    const tabs = [];
    for (let i = 0; i < 6; i++) tabs.push(await atSignIn(scene.lax, {}, browser));
    assert.equal((await begunCookies(browser)).length, 4);
    const statuses = [];
    for (const { page } of tabs) statuses.push((await browser.open(page.url)).status);
    assert.deepEqual(statuses, [404, 404, 200, 200, 200, 200]);
  });

  it("leave no cookie behind when they have ended, well or not", async () => {
    const victim = scene.victim();
    const [done, aborted] = [createBrowser(), createBrowser()];
    const { page } = await atSignIn(scene.lax, {}, done);
    const login = { login: victim.username, password: victim.password };
    assert.ok(answerOf(await done.submit(page, "login", login)).has("code"));
    const left = await atSignIn(scene.lax, {}, aborted);
    assert.equal(answerOf(await aborted.submit(left.page, "abort")).get("error"), "access_denied");
    assert.deepEqual([await begunCookies(done), await begunCookies(aborted)], [[], []]);
  });
});
