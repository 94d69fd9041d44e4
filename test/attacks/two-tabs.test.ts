// Two tabs of one browser, in which two users sign in. Neither becomes the other, and nobody is signed out by surprise.
import assert from "node:assert/strict";
import { type Browser, createBrowser, type Page } from "../support/browser.ts";
import { type Begun, registerRelyingParty } from "../support/relying-party.ts";
import { answerOf, atSignIn, openScene, type Scene, signedIn, type Victim } from "./scene.ts";

describe("a tab from before somebody else signed in (FLOW-24)", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
  });
  after(() => scene.server.close());

  const login = (browser: Browser, page: Page, { username, password }: Victim) =>
    browser.submit(page, "login", { login: username, password });

  async function whoIsSignedIn(browser: Browser): Promise<string | undefined> {
    const silent = await scene.lax.begin({ prompt: "none" });
    const page = await browser.open(silent.url.href);
    return (await scene.lax.finish(silent, page)).claims()?.sub;
  }

  async function switchTo(browser: Browser, user: Victim): Promise<void> {
    const { begun, page } = await atSignIn(scene.lax, { prompt: "login" }, browser);
    let current = await login(browser, page, user);
    for (let i = 0; i < 2 && current.status === 200; i++)
      current = await sendForm(browser, current);
    assert.equal((await scene.lax.finish(begun, current)).claims()?.sub, user.id);
  }

  // The page says what happened; its link begins the same request again.
  async function goesOnFrom(refused: Page, browser: Browser, begun: Begun, user: Victim) {
    assert.equal(refused.status, 409);
    assert.match(refused.html, /signed in or out/);
    assert.equal(answerOf(refused).get("code"), null);
    const href = /<a class="button" href="([^"]+)"/.exec(refused.html)?.[1] ?? "";
    const url = new URL(href.replaceAll("&amp;", "&"), refused.url).href;
    const again = await browser.open(url);
    assert.equal(again.status, 200);
    assert.match(again.html, /name="password"/);
    let current = await login(browser, again, user);
    for (let i = 0; i < 2 && current.status === 200; i++)
      current = await sendForm(browser, current);
    // The application takes the answer for the request that it made.
    assert.equal((await scene.lax.finish(begun, current)).claims()?.sub, user.id);
  }

  it("of a browser in which nobody was signed in: says so, keeps the session, begins again", async () => {
    const [a, b] = [scene.victim(), scene.victim()];
    const browser = createBrowser();
    const first = await atSignIn(scene.lax, {}, browser);
    await signedIn(scene, scene.lax, b, {}, browser);
    const refused = await login(browser, first.page, a);
    assert.equal(await whoIsSignedIn(browser), b.id);
    assert.equal((await browser.open(refused.url)).status, 404, "resumed later");
    await goesOnFrom(refused, browser, first.begun, a);
    assert.equal(await whoIsSignedIn(browser), a.id);
  });

  it("of a browser in which a third was signed in: the same", async () => {
    const [a, b, c] = [scene.victim(), scene.victim(), scene.victim()];
    const browser = createBrowser();
    await signedIn(scene, scene.lax, c, {}, browser);
    const first = await atSignIn(scene.lax, { prompt: "login" }, browser);
    await switchTo(browser, b);
    const refused = await login(browser, first.page, a);
    assert.equal(await whoIsSignedIn(browser), b.id);
    await goesOnFrom(refused, browser, first.begun, a);
  });

  it("signs the same user in as ever", async () => {
    const a = scene.victim();
    const browser = createBrowser();
    const first = await atSignIn(scene.lax, {}, browser);
    await signedIn(scene, scene.lax, a, {}, browser);
    const page = await login(browser, first.page, a);
    assert.equal((await scene.lax.finish(first.begun, page)).claims()?.sub, a.id);
  });

  it("tells the way by words alone where the request was pushed", async () => {
    const pushed = await registerRelyingParty(scene.server, { id: "pushed", public: true });
    const begun = await pushed.begin();
    const fields = new URLSearchParams(begun.url.searchParams);
    const answer = await fetch(`${scene.server.issuer}/request`, { method: "POST", body: fields });
    const { request_uri } = await answer.json();
    const query = new URLSearchParams({ client_id: "pushed", request_uri });
    const browser = createBrowser();
    const page = await browser.open(`${scene.server.issuer}/auth?${query}`);
    await signedIn(scene, scene.lax, scene.victim(), {}, browser);
    const refused = await login(browser, page, scene.victim());
    assert.equal(refused.status, 409);
    assert.ok(!refused.html.includes('class="button"'));
  });

  it("is no error in the log", () => {
    assert.doesNotMatch(scene.server.output(), /"level":"error"/);
  });
});

async function sendForm(browser: Browser, page: Page): Promise<Page> {
  const action = /<form method="post" action="([^"]+)"/.exec(page.html)?.[1] ?? "";
  const inputs = page.html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g);
  const body = new URLSearchParams([...inputs].map(([, name = "", value = ""]) => [name, value]));
  const url = new URL(action.replaceAll("&amp;", "&"), page.url).href;
  return browser.follow(await browser.request(url, { method: "POST", body }));
}
