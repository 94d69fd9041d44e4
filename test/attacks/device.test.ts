// Attacks on the device flow: guessing what a device shows, and confirming it for somebody else.
import assert from "node:assert/strict";
import { CookieJar } from "tough-cookie";
import { type Browser, createBrowser, type Page } from "../support/browser.ts";
import { atOnce, openScene, postForm, type Scene, tally } from "./scene.ts";

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

describe("attacks on the device flow", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({
      env: { TRUST_PROXY: "1" },
      limits: { userCodeTriesPerAddressPerHour: 6, userCodeTriesPerHour: 150 },
    });
    await scene.server.latchkey(
      ...["client", "add", "--id", "tv", "--name", "TV", "--public", "--grant", "device_code"],
    );
    await scene.server.latchkey("mfa", "client", "tv", "on");
  });
  after(() => scene.server.close());

  const from = (address: string) => createBrowser(new CookieJar(), { "X-Forwarded-For": address });
  const url = () => `${scene.server.issuer}/device`;
  const begin = async () => {
    const fields = { client_id: "tv", scope: "openid" };
    return (await postForm(`${url()}/auth`, fields)).body;
  };
  const poll = async (device_code: string) => {
    const fields = { client_id: "tv", grant_type: DEVICE_GRANT, device_code };
    return (await postForm(`${scene.server.issuer}/token`, fields)).body;
  };
  const xsrfOf = (page: Page) => /name="xsrf" value="([^"]+)"/.exec(page.html)?.[1] ?? "";
  const post = (browser: Browser, fields: Record<string, string>) =>
    browser.request(url(), { method: "POST", body: new URLSearchParams(fields) });

  // A browser that was asked whether this is its device.
  async function asked(browser: Browser, code: string): Promise<string> {
    const xsrf = xsrfOf(await browser.open(url()));
    assert.equal((await post(browser, { xsrf, user_code: code })).status, 200);
    return xsrf;
  }

  it("lets a network try so many codes and no more, right ones among them (TOK-20)", async () => {
    const { user_code: right } = await begin();
    const browser = from("198.51.100.7");
    const statuses = [];
    let page = await browser.open(url());
    for (let i = 0; i < 6; i++) {
      page = await post(browser, { xsrf: xsrfOf(page), user_code: "BBBB-BBBB" });
      statuses.push(page.status);
    }
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 401]);
    const over = await post(browser, { xsrf: xsrfOf(page), user_code: right });
    assert.equal(over.status, 429);
    assert.ok(Number(over.headers.get("Retry-After")) > 0);
    // A neighbour in the same network as well; another network goes on.
    assert.equal((await post(from("198.51.100.8"), { user_code: right })).status, 429);
    await asked(from("198.51.101.7"), right);
  });

  it("counts a code however its address is spelt (TOK-20)", async () => {
    const browser = from("198.51.102.7");
    const page = await browser.open(url());
    for (const path of ["/device/", "/Device", "/DEVICE/"]) {
      for (let i = 0; i < 7; i++) {
        const body = new URLSearchParams({ xsrf: xsrfOf(page), user_code: "BBBB-BBBB" });
        const { status } = await browser.request(scene.server.issuer + path, {
          method: "POST",
          body,
        });
        // Not 401: none was looked up.
        assert.equal(status, 404, path);
      }
    }
  });

  it("answers what no code is, what was used, and forms of others (TOK-20, SES-08)", async () => {
    const started = await begin();
    const browser = from("203.0.113.1");
    const page = await browser.open(url());
    const missing = await post(browser, { xsrf: xsrfOf(page), user_code: " " });
    assert.ok([401, 422].includes(missing.status));
    const stranger = from("203.0.113.65");
    const foreign = xsrfOf(await stranger.open(url()));
    for (const xsrf of ["", foreign]) {
      const forged = { xsrf, user_code: started.user_code, confirm: "yes" };
      const answer = await post(browser, forged);
      assert.equal(answer.status, 403);
      assert.doesNotMatch(answer.html, /TV/);
    }
    assert.equal((await poll(started.device_code)).error, "authorization_pending");
  });

  it("is confirmed by one of those who do it at once, and waits for that one's sign-in (TOK-20)", async () => {
    const started = await begin();
    const browsers = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const browser = from(`100.20.${i}.1`);
        return { browser, xsrf: await asked(browser, started.user_code) };
      }),
    );
    const answers = await atOnce(40, async (i) => {
      const at = browsers[i];
      assert.ok(at);
      const fields = { xsrf: at.xsrf, user_code: started.user_code, confirm: "yes" };
      return (await post(at.browser, fields)).status;
    });
    assert.deepEqual(tally(answers), { 303: 1, 409: 39 });
    assert.equal((await poll(started.device_code)).error, "authorization_pending");
  });

  it("gives its tokens once, and to the application that began it (TOK-20)", async () => {
    await scene.server.latchkey(
      ...[
        "client",
        "add",
        "--id",
        "radio",
        "--name",
        "Radio",
        "--public",
        "--grant",
        "device_code",
      ],
    );
    const started = await begin();
    const victim = scene.victim();
    const browser = from("100.21.0.1");
    const xsrf = await asked(browser, started.user_code);
    const fields = { xsrf, user_code: started.user_code, confirm: "yes" };
    let page = await browser.follow(await post(browser, fields));
    page = await browser.submit(page, "login", {
      login: victim.username,
      password: victim.password,
    });
    // The password alone is not enough, wherever it was typed.
    assert.equal((await poll(started.device_code)).error, "authorization_pending");
    await browser.submit(page, "code", { code: scene.server.lastCode(victim.phone) });
    const { device_code } = started;
    const other = { client_id: "radio", grant_type: DEVICE_GRANT, device_code };
    const stolen = await postForm(`${scene.server.issuer}/token`, other);
    assert.equal(stolen.body.error, "invalid_grant");
    const polls = await atOnce(5, () => poll(device_code));
    assert.equal(polls.filter((each) => each.access_token !== undefined).length, 1);
    const again = from("100.22.0.1");
    const used = xsrfOf(await again.open(url()));
    const late = await post(again, { xsrf: used, user_code: started.user_code });
    assert.ok([401, 409].includes(late.status));
  });

  it("is not for applications without this grant", async () => {
    const fields = { client_id: "lax", scope: "openid" };
    const refused = await postForm(`${url()}/auth`, fields);
    assert.equal(refused.status, 400);
    assert.equal(refused.body.user_code, undefined);
  });

  it("takes so many codes in all, from however many networks, and raises an alarm (TOK-20)", async () => {
    let last = 0;
    for (let i = 0; last !== 429 && i < 160; i++) {
      last = (await post(from(`101.${i}.0.1`), { user_code: "BBBB-BBBB" })).status;
    }
    assert.equal(last, 429);
    assert.match(scene.server.output(), /"alarm":"user-codes"/);
  });
});
