// The whole way of a real user with a real client, for a public and a confidential application.
import assert from "node:assert/strict";
import * as oidc from "openid-client";
import { createBrowser, locationOf } from "../support/browser.ts";
import { type RelyingParty, registerRelyingParty, signIn } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";

const PHONE = "+14155552671";
const TWO = "urn:latchkey:acr:2fa";
const ONE = "urn:latchkey:acr:1fa";

for (const kind of ["public", "confidential"] as const) {
  describe(`journey with a ${kind} application`, () => {
    let server: TestServer;
    let strict: RelyingParty;
    let lax: RelyingParty;
    const user = { username: "alice", password: "", phone: PHONE };

    before(async () => {
      // Several sign-ins of one user within a minute: the gap between texts has its own tests.
      server = await startServer({ limits: { sendGapSeconds: 0, sendsPerNumberPerDay: 100 } });
      strict = await registerRelyingParty(server, {
        id: "strict",
        public: kind === "public",
        sms: "on",
      });
      lax = await registerRelyingParty(server, { id: "lax", public: kind === "public" });
      user.password = (await server.latchkey("user", "add", "--username", "alice")).password;
    });
    after(() => server.close());

    it("binds a phone at the first sign-in and says so in the tokens", async () => {
      const browser = createBrowser();
      const begun = await strict.begin();
      const tokens = await strict.finish(begun, await signIn(server, browser, begun, user));
      const claims = tokens.claims();
      assert.deepEqual(claims?.amr, ["pwd", "sms", "mfa"]);
      assert.equal(claims?.acr, TWO);
      assert.ok(typeof claims?.auth_time === "number");
      const info = await oidc.fetchUserInfo(strict.config, tokens.access_token, claims?.sub ?? "");
      assert.equal(info.phone_number, PHONE);
      assert.equal(info.phone_number_verified, true);
      assert.equal(server.texts().length, 1);
    });

    it("asks for a code at the second sign-in, and for nothing at the third", async () => {
      const browser = createBrowser();
      const begun = await strict.begin();
      const back = await signIn(server, browser, begun, user);
      assert.deepEqual((await strict.finish(begun, back)).claims()?.amr, ["pwd", "sms", "mfa"]);

      const again = await strict.begin();
      const page = await browser.open(again.url.href);
      assert.deepEqual((await strict.finish(again, page)).claims()?.amr, ["pwd", "sms", "mfa"]);
    });

    it("steps a session with one factor up, and keeps auth_time", async () => {
      const browser = createBrowser();
      const begun = await lax.begin();
      const one = (await lax.finish(begun, await signIn(server, browser, begun, user))).claims();
      assert.deepEqual([one?.amr, one?.acr], [["pwd"], ONE]);

      const silent = await strict.begin({ prompt: "none" });
      assert.equal(strict.errorOf(await browser.open(silent.url.href)), "interaction_required");

      const up = await strict.begin();
      const texts = server.texts().length;
      let page = await browser.open(up.url.href);
      assert.equal(server.texts().length, texts, "a GET sent a text");
      page = await browser.submit(page, "resend");
      page = await browser.submit(page, "code", { code: server.lastCode() });
      const two = (await strict.finish(up, page)).claims();
      assert.deepEqual([two?.amr, two?.acr], [["pwd", "sms", "mfa"], TWO]);
      assert.equal(two?.auth_time, one?.auth_time);
    });

    it("rotates refresh tokens, and revokes the family when one before the last is used", async () => {
      const begun = await strict.begin();
      const tokens = await strict.finish(begun, await signIn(server, createBrowser(), begun, user));
      const next = await oidc.refreshTokenGrant(strict.config, tokens.refresh_token ?? "");
      assert.deepEqual(next.claims()?.amr, ["pwd", "sms", "mfa"]);
      assert.notEqual(next.refresh_token, tokens.refresh_token);
      const last = await oidc.refreshTokenGrant(strict.config, next.refresh_token ?? "");
      for (const { refresh_token: token } of [tokens, last]) {
        await assert.rejects(oidc.refreshTokenGrant(strict.config, token ?? ""), {
          error: "invalid_grant",
        });
      }
    });

    it("signs out, and knows nobody afterwards", async () => {
      const browser = createBrowser();
      const begun = await strict.begin();
      const tokens = await strict.finish(begun, await signIn(server, browser, begun, user));
      const end = oidc.buildEndSessionUrl(strict.config, { id_token_hint: tokens.id_token ?? "" });
      const page = await browser.open(end.href);
      assert.equal(page.status, 200);
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.html)?.[1] ?? "";
      const out = await browser.request(`${server.issuer}/session/end/confirm`, {
        method: "POST",
        body: new URLSearchParams({ xsrf, logout: "yes" }),
      });
      assert.equal(out.status, 303);
      const silent = await strict.begin({ prompt: "none" });
      assert.equal(strict.errorOf(await browser.open(silent.url.href)), "login_required");
    });

    it("answers prompt=none with login_required while a sign-in is half done", async () => {
      const browser = createBrowser();
      const begun = await strict.begin();
      const page = await browser.open(begun.url.href);
      const half = await browser.post(page, "login", {
        login: user.username,
        password: user.password,
      });
      assert.equal(half.status, 303);
      const silent = await lax.begin({ prompt: "none" });
      assert.equal(lax.errorOf(await browser.open(silent.url.href)), "login_required");
    });

    it("asks for password and code again under prompt=login, with a new auth_time", async () => {
      const browser = createBrowser();
      const first = await strict.begin();
      const before = (
        await strict.finish(first, await signIn(server, browser, first, user))
      ).claims();
      await new Promise((resolve) => setTimeout(resolve, 1100));
      const again = await strict.begin({ prompt: "login" });
      const texts = server.texts().length;
      const after = (
        await strict.finish(again, await signIn(server, browser, again, user))
      ).claims();
      assert.equal(server.texts().length, texts + 1);
      assert.ok(Number(after?.auth_time) > Number(before?.auth_time));
    });

    it("meets a request for two factors, and refuses an essential acr that nobody has", async () => {
      const browser = createBrowser();
      const begun = await lax.begin({ acr_values: TWO });
      const claims = (await lax.finish(begun, await signIn(server, browser, begun, user))).claims();
      assert.equal(claims?.acr, TWO);

      const unknown = { id_token: { acr: { essential: true, value: "urn:nobody" } } };
      const impossible = await lax.begin({ claims: JSON.stringify(unknown) });
      const page = await browser.open(impossible.url.href);
      assert.equal(lax.errorOf(page), "unmet_authentication_requirements");
      assert.equal(new URL(locationOf(page)).searchParams.get("iss"), server.issuer);
    });

    it("tells the application when the user gives up", async () => {
      const browser = createBrowser();
      const begun = await strict.begin();
      const page = await browser.open(begun.url.href);
      assert.equal(strict.errorOf(await browser.submit(page, "abort")), "access_denied");
    });
  });
}

describe("journey where the rules want a code each time", () => {
  it("asks a session for one code, and no second one for the first", async () => {
    const server = await startServer({ limits: { sendGapSeconds: 0 } });
    try {
      const app = await registerRelyingParty(server, { id: "app", sms: "on" });
      await server.latchkey("mfa", "rule", "factor-age", "0", "--client", "app");
      const added = await server.latchkey("user", "add", "--username", "bob", "--phone", PHONE);
      const user = { username: "bob", password: added.password, phone: PHONE };
      const browser = createBrowser();
      const begun = await app.begin();
      await app.finish(begun, await signIn(server, browser, begun, user));

      const again = await app.begin();
      let page = await browser.submit(await browser.open(again.url.href), "resend");
      page = await browser.submit(page, "code", { code: server.lastCode(PHONE) });
      assert.deepEqual((await app.finish(again, page)).claims()?.amr, ["pwd", "sms", "mfa"]);
    } finally {
      await server.close();
    }
  });
});

describe("journey after a change of credentials", () => {
  it("asks for a new code when the phone was changed, in a session that had proved the old one", async () => {
    const server = await startServer({ limits: { sendGapSeconds: 0 } });
    try {
      const app = await registerRelyingParty(server, { id: "app", sms: "on" });
      const added = await server.latchkey("user", "add", "--username", "bob", "--phone", PHONE);
      const user = { username: "bob", password: added.password, phone: PHONE };
      const browser = createBrowser();
      const begun = await app.begin();
      await app.finish(begun, await signIn(server, browser, begun, user));

      const moved = "+14155552672";
      await server.latchkey("user", "update", "bob", "--phone", moved);
      const again = await app.begin();
      let page = await browser.open(again.url.href);
      page = await browser.submit(page, "login", { login: "bob", password: user.password });
      assert.match(page.html, /name="code"/, "the code to the old phone still counts");
      assert.equal(server.texts().at(-1)?.to, moved);
      page = await browser.submit(page, "code", { code: server.lastCode(moved) });
      assert.deepEqual((await app.finish(again, page)).claims()?.amr, ["pwd", "sms", "mfa"]);
    } finally {
      await server.close();
    }
  });
});
