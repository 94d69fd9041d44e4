// What the standards promise beyond the plain sign-in: pushed requests, subjects, consent, claims,
// resource servers, logout by the back channel, origins, an issuer with a path, rotating keys.
import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import * as oidc from "openid-client";
import { createBrowser, locationOf } from "../support/browser.ts";
import { registerRelyingParty, signIn } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const PHONE = "+14155552671";
const TWO = "urn:latchkey:acr:2fa";

describe("journey by the standards", () => {
  let server: TestServer;
  let received: string[] = [];
  let backchannel: Server;
  let backchannelUrl = "";
  const user = { username: "alice", password: "", phone: PHONE };

  before(async () => {
    backchannel = createServer((request, response) => {
      let body = "";
      request.on("data", (data: Buffer) => {
        body += data.toString();
      });
      request.on("end", () => {
        received.push(body);
        response.writeHead(200).end();
      });
    });
    await new Promise<void>((resolve) => backchannel.listen(0, "127.0.0.1", resolve));
    const address = backchannel.address();
    const port = typeof address === "object" && address ? address.port : 0;
    backchannelUrl = `http://localhost:${port}/logout`;

    server = await startServer({
      issuerPath: "/id/one",
      env: { ALLOW_PRIVATE_FETCH: "1" },
      limits: { sendGapSeconds: 0, sendsPerNumberPerDay: 100, signingKeyPublishSeconds: 0 },
    });
    const added = await server.latchkey(
      ...["user", "add", "--username", "alice", "--phone", PHONE, "--name", "Alice Example"],
      ...["--email", "alice@example.com", "--email-verified"],
    );
    user.password = added.password;
  });
  after(async () => {
    await server.close();
    backchannel.close();
  });

  it("serves an issuer that has a path", async () => {
    const app = await registerRelyingParty(server, { id: "path-app", sms: "on" });
    const begun = await app.begin();
    const tokens = await app.finish(begun, await signIn(server, createBrowser(), begun, user));
    assert.equal(tokens.claims()?.iss, server.issuer);
    assert.match(app.config.serverMetadata().token_endpoint ?? "", /\/id\/one\/token$/);
  });

  it("takes a pushed authorization request once", async () => {
    const app = await registerRelyingParty(server, { id: "par-app", public: true });
    const { checks } = await app.begin();
    const url = await oidc.buildAuthorizationUrlWithPAR(app.config, {
      redirect_uri: app.redirectUri,
      scope: "openid offline_access",
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: "S256",
    });
    const begun = { url, checks };
    const tokens = await app.finish(begun, await signIn(server, createBrowser(), begun, user));
    assert.ok(tokens.refresh_token, "offline_access was asked for in the pushed request");
    const again = await createBrowser().open(url.href);
    // The redirect URI was in the request that is used up, so there is nowhere to send the error.
    assert.equal(again.status, 400);
  });

  it("gives each sector a subject of its own, and keeps it", async () => {
    const subjects = [];
    for (const id of ["pair-one", "pair-two"]) {
      const app = await registerRelyingParty(server, { id, args: ["--subject-type", "pairwise"] });
      for (const round of [1, 2]) {
        const begun = await app.begin();
        const page = await signIn(server, createBrowser(), begun, user);
        subjects.push([id, round, (await app.finish(begun, page)).claims()?.sub]);
      }
    }
    const [first, second, third] = subjects.map(([, , sub]) => sub);
    assert.equal(first, second);
    assert.notEqual(first, third);
  });

  it("asks for consent where an application needs it, once, and again on prompt=consent", async () => {
    const app = await registerRelyingParty(server, { id: "consent-app", args: ["--consent"] });
    const browser = createBrowser();
    const begun = await app.begin();
    let page = await signIn(server, browser, begun, user);
    assert.match(page.html, /Allow access\?/);
    page = await browser.submit(page, "consent");
    await app.finish(begun, page);

    const second = await app.begin();
    await app.finish(second, await browser.open(second.url.href));

    const third = await app.begin({ prompt: "consent" });
    page = await browser.open(third.url.href);
    assert.match(page.html, /Allow access\?/);
    assert.equal(app.errorOf(await browser.submit(page, "abort")), "access_denied");
  });

  it("releases claims by scope and by the claims parameter, the number by scope alone", async () => {
    const app = await registerRelyingParty(server, { id: "claims-app" });
    const claims = {
      id_token: { email: null, phone_number: { essential: true } },
      userinfo: { phone_number: null, name: null },
    };
    const begun = await app.begin({ scope: "openid", claims: JSON.stringify(claims) });
    const tokens = await app.finish(begun, await signIn(server, createBrowser(), begun, user));
    const sub = tokens.claims()?.sub ?? "";
    assert.equal(tokens.claims()?.email, "alice@example.com");
    assert.equal(tokens.claims()?.phone_number, undefined);
    const info = await oidc.fetchUserInfo(app.config, tokens.access_token, sub);
    assert.equal(info.name, "Alice Example");
    assert.equal(info.phone_number, undefined);
  });

  it("says in introspection and in JWT access tokens how the user signed in", async () => {
    const resource = "https://api.example";
    const app = await registerRelyingParty(server, {
      id: "api-app",
      sms: "on",
      args: ["--resource", resource],
    });
    const begun = await app.begin();
    const opaque = await app.finish(begun, await signIn(server, createBrowser(), begun, user));
    const facts = await oidc.tokenIntrospection(app.config, opaque.access_token);
    assert.deepEqual([facts.active, facts.acr, facts.amr], [true, TWO, ["pwd", "sms", "mfa"]]);

    const asked = await app.begin({ resource });
    const back = await signIn(server, createBrowser(), asked, user);
    const answer = new URL(locationOf(back));
    const jwt = await oidc.authorizationCodeGrant(app.config, answer, asked.checks, { resource });
    assert.equal(decodeProtectedHeader(jwt.access_token).typ, "at+jwt");
    const payload = decodeJwt(jwt.access_token);
    assert.deepEqual([payload.aud, payload.acr], [resource, TWO]);
    assert.deepEqual(payload.amr, ["pwd", "sms", "mfa"]);
    assert.equal(payload.auth_time, jwt.claims()?.auth_time);

    const foreign = await app.begin({ resource: "https://other.example" });
    assert.equal(app.errorOf(await createBrowser().open(foreign.url.href)), "invalid_target");
  });

  it("gives a JWT for the resource that was granted, whether the token request repeats it or not (TOK-31)", async () => {
    const [resource, second] = ["https://one.example/api", "https://two.example/api"];
    const app = await registerRelyingParty(server, {
      id: "granted-app",
      args: ["--resource", resource, "--resource", second],
    });
    const begun = await app.begin({ resource });
    const tokens = await app.finish(begun, await signIn(server, createBrowser(), begun, user));
    assert.equal(decodeJwt(tokens.access_token).aud, resource);
    const again = await oidc.refreshTokenGrant(app.config, tokens.refresh_token ?? "");
    assert.equal(decodeJwt(again.access_token).aud, resource);

    const both = await app.begin();
    both.url.searchParams.append("resource", resource);
    both.url.searchParams.append("resource", second);
    const page = await signIn(server, createBrowser(), both, user);
    const answer = new URL(locationOf(page));
    const named = await oidc.authorizationCodeGrant(app.config, answer, both.checks, {
      resource: second,
    });
    assert.equal(decodeJwt(named.access_token).aud, second);
    const opaque = await oidc.refreshTokenGrant(app.config, named.refresh_token ?? "");
    assert.equal((await oidc.tokenIntrospection(app.config, opaque.access_token)).active, true);
    assert.throws(() => decodeJwt(opaque.access_token));
  });

  it("tells applications by the back channel that the user signed out", async () => {
    received = [];
    const app = await registerRelyingParty(server, {
      id: "back-app",
      args: ["--backchannel-logout-uri", backchannelUrl],
    });
    const browser = createBrowser();
    const begun = await app.begin();
    const tokens = await app.finish(begun, await signIn(server, browser, begun, user));
    const end = oidc.buildEndSessionUrl(app.config, { id_token_hint: tokens.id_token ?? "" });
    const page = await browser.open(end.href);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.html)?.[1] ?? "";
    await browser.request(`${server.issuer}/session/end/confirm`, {
      method: "POST",
      body: new URLSearchParams({ xsrf, logout: "yes" }),
    });
    await until(() => received.length > 0);
    const token = new URLSearchParams(received[0]).get("logout_token") ?? "";
    const keys = createRemoteJWKSet(new URL(`${server.issuer}/jwks`));
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: server.issuer,
      audience: "back-app",
    });
    assert.equal(protectedHeader.typ, "logout+jwt");
    assert.equal(payload.nonce, undefined);
    assert.ok(Number(payload.exp) - Number(payload.iat) <= 120);
  });

  it("fills the login field from login_hint and speaks the language of ui_locales", async () => {
    const app = await registerRelyingParty(server, { id: "hint-app", public: true });
    const begun = await app.begin({ login_hint: "alice@example.com", ui_locales: "de" });
    const page = await createBrowser().open(begun.url.href);
    assert.match(page.html, /<html lang="de"/);
    assert.match(page.html, /value="alice@example.com"/);
  });

  it("opens to an application's own origins only", async () => {
    const app = await registerRelyingParty(server, { id: "cors-app", public: true });
    const begun = await app.begin();
    const tokens = await app.finish(begun, await signIn(server, createBrowser(), begun, user));
    const ask = (origin: string) =>
      fetch(`${server.issuer}/me`, {
        headers: { Authorization: `Bearer ${tokens.access_token}`, Origin: origin },
      });
    const own = await ask("https://cors-app.example");
    assert.equal(own.headers.get("Access-Control-Allow-Origin"), "https://cors-app.example");
    for (const origin of ["https://evil.example", "null"]) {
      const foreign = await ask(origin);
      assert.equal(foreign.status, 400);
      assert.equal(foreign.headers.get("Access-Control-Allow-Origin"), null);
    }
  });

  it("rotates its keys without a restart, and old tokens still verify", async () => {
    const app = await registerRelyingParty(server, { id: "key-app", public: true });
    const begun = await app.begin();
    const tokens = await app.finish(begun, await signIn(server, createBrowser(), begun, user));
    const kid = decodeProtectedHeader(tokens.id_token ?? "").kid;
    await server.latchkey("key", "rotate");
    // Signing at once, before anybody can know the key: this client trusts the connection instead.
    const trusting = await oidc.discovery(
      new URL(server.issuer),
      "key-app",
      undefined,
      oidc.None(),
      { execute: [oidc.allowInsecureRequests] },
    );
    let next = kid;
    let last = tokens.refresh_token ?? "";
    for (let tries = 0; next === kid && tries < 80; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const refreshed = await oidc.refreshTokenGrant(trusting, last);
      last = refreshed.refresh_token ?? "";
      next = decodeProtectedHeader(refreshed.id_token ?? "").kid;
    }
    assert.notEqual(next, kid);
    const keys = createRemoteJWKSet(new URL(`${server.issuer}/jwks`));
    await jwtVerify(tokens.id_token ?? "", keys, { issuer: server.issuer });
  });

  it("answers a foreign Host with 421, and its health under any", async () => {
    const { status } = await rawGet(server.issuer, "/id/one/.well-known/openid-configuration");
    assert.equal(status, 421);
    assert.equal((await rawGet(server.issuer, "/healthz")).status, 200);
  });
});

function rawGet(issuer: string, path: string): Promise<{ status: number }> {
  const { port } = new URL(issuer);
  return import("node:http").then(
    ({ get }) =>
      new Promise((resolve, reject) => {
        const headers = { Host: "evil.example" };
        get({ host: "127.0.0.1", port, path, headers }, (answer) => {
          answer.resume();
          resolve({ status: answer.statusCode ?? 0 });
        }).once("error", reject);
      }),
  );
}
