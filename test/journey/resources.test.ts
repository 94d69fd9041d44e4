// APIs: which application gets which of their scopes, with a user and without one.
import assert from "node:assert/strict";
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import * as oidc from "openid-client";
import { createBrowser, locationOf } from "../support/browser.ts";
import { registerRelyingParty, signIn } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";

const API = "https://orders.example";
const OTHER = "https://stock.example";

describe("journey to an API", () => {
  let server: TestServer;
  const user = { username: "alice", password: "", phone: "+14155552671" };

  before(async () => {
    server = await startServer({ limits: { sendGapSeconds: 0 } });
    await server.latchkey(
      ...["resource", "add", "--id", API, "--name", "Orders", "--audience", "orders"],
      ...["--scope", "orders:read", "--scope", "orders:write", "--claim", "email"],
      ...["--claim", "phone_number", "--claim", "preferred_username"],
    );
    await server.latchkey("resource", "add", "--id", OTHER, "--name", "Stock", "--scope", "stock");
    const added = await server.latchkey(
      ...["user", "add", "--username", "alice", "--phone", user.phone],
      ...["--email", "alice@example.com", "--email-verified"],
    );
    user.password = added.password;
  });
  after(() => server.close());

  async function machine(id: string, ...args: string[]): Promise<oidc.Configuration> {
    const grant = ["--grant", "client_credentials"];
    const { client_secret: secret } = await server.latchkey(
      ...["client", "add", "--id", id, "--name", id, ...grant, ...args],
    );
    return oidc.discovery(new URL(server.issuer), id, undefined, oidc.ClientSecretBasic(secret), {
      execute: [oidc.allowInsecureRequests],
    });
  }

  it("gives a machine a token of its own for its API, with the scopes that both have", async () => {
    const job = await machine("job", "--resource", API, "--scope", "orders:read");
    await assert.rejects(oidc.clientCredentialsGrant(job, { resource: OTHER }), {
      error: "invalid_target",
    });
    for (const resource of [{ resource: API }, {}]) {
      const tokens = await oidc.clientCredentialsGrant(job, {
        scope: "orders:read orders:write stock openid",
        ...resource,
      });
      assert.equal(tokens.scope, "orders:read");
      assert.equal(tokens.refresh_token, undefined);
      const keys = createRemoteJWKSet(new URL(`${server.issuer}/jwks`));
      const { payload } = await jwtVerify(tokens.access_token, keys, {
        issuer: server.issuer,
        audience: "orders",
        typ: "at+jwt",
      });
      assert.deepEqual(
        [payload.sub, payload.client_id, payload.scope],
        ["job", "job", "orders:read"],
      );
      assert.deepEqual([payload.amr, payload.email], [undefined, undefined]);
    }
  });

  it("gives no such token for nothing, nor to an application that was not registered for it (TOK-18)", async () => {
    const both = await machine("both", "--resource", API, "--resource", OTHER, "--scope", "stock");
    const none = await machine("none");
    for (const config of [both, none]) {
      await assert.rejects(oidc.clientCredentialsGrant(config), { error: "invalid_target" });
    }
    const tokens = await oidc.clientCredentialsGrant(both, { resource: API, scope: "stock" });
    assert.equal(tokens.scope, undefined);
    const web = await registerRelyingParty(server, { id: "web-only" });
    await assert.rejects(oidc.clientCredentialsGrant(web.config, { resource: API }), {
      error: "invalid_request",
    });
    const begun = await web.begin({ resource: API });
    assert.equal(web.errorOf(await createBrowser().open(begun.url.href)), "invalid_target");
  });

  it("tells the API what it wants to know of a user, as far as the application may know it", async () => {
    const claims: Record<string, unknown>[] = [];
    for (const [id, scope] of [
      ["knows", "openid email profile orders:write"],
      ["knows-less", "openid profile orders:write"],
    ] as const) {
      const app = await registerRelyingParty(server, {
        id,
        sms: "on",
        args: ["--resource", API, "--scope", scope],
      });
      const wanted = "openid orders:read orders:write";
      const begun = await app.begin({ scope: wanted, resource: API });
      const page = await signIn(server, createBrowser(), begun, user);
      const answer = new URL(locationOf(page));
      const tokens = await oidc.authorizationCodeGrant(app.config, answer, begun.checks, {
        resource: API,
      });
      claims.push(decodeJwt(tokens.access_token));
    }
    assert.deepEqual(
      claims.map((each) => [each.aud, each.scope, each.email, each.phone_number, each.amr]),
      [
        ["orders", "orders:write", "alice@example.com", undefined, ["pwd", "sms", "mfa"]],
        ["orders", "orders:write", undefined, undefined, ["pwd", "sms", "mfa"]],
      ],
    );
    assert.equal(claims[0]?.preferred_username, "alice");
  });

  it("asks for consent to the scopes of an API, once", async () => {
    const app = await registerRelyingParty(server, {
      id: "asks",
      args: ["--consent", "--resource", API, "--scope", "openid orders:read"],
    });
    const browser = createBrowser();
    const wanted = { scope: "openid orders:read", resource: API };
    const begun = await app.begin(wanted);
    const page = await signIn(server, browser, begun, user);
    assert.match(page.html, /orders:read/);
    const answer = new URL(locationOf(await browser.submit(page, "consent")));
    const tokens = await oidc.authorizationCodeGrant(app.config, answer, begun.checks, {
      resource: API,
    });
    assert.equal(decodeJwt(tokens.access_token).scope, "orders:read");
    const second = await app.begin(wanted);
    assert.ok(new URL(locationOf(await browser.open(second.url.href))).searchParams.has("code"));
  });
});
