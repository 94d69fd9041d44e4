// What the metadata says, where it is found, and whether it is so.
import assert from "node:assert/strict";
import * as oidc from "openid-client";
import { createBrowser } from "../support/browser.ts";
import { registerRelyingParty, signIn } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";

const PHONE = "+14155552671";
const CLAIMS: Record<string, string> = {
  given_name: "Ada",
  family_name: "Lovelace",
  middle_name: "King",
  nickname: "ada",
  profile: "https://ada.example/",
  picture: "https://ada.example/p.png",
  website: "https://ada.example/w",
  gender: "female",
  birthdate: "1815-12-10",
  zoneinfo: "Europe/London",
  locale: "en-GB",
  "address.formatted": "12 St James's Square, London",
};

describe("metadata", () => {
  let server: TestServer;
  let page: (path: string) => Promise<{ status: number; body: Record<string, unknown> }>;
  const user = { username: "ada", password: "", phone: PHONE };
  before(async () => {
    server = await startServer({ issuerPath: "/id/one" });
    page = async (path) => {
      const answer = await fetch(new URL(path, server.issuer));
      return { status: answer.status, body: JSON.parse(await answer.text()) };
    };
    const added = await server.latchkey(
      ...["user", "add", "--username", "ada", "--phone", PHONE, "--name", "Ada Lovelace"],
      ...["--email", "ada@example.com"],
      ...Object.entries(CLAIMS).flatMap(([name, value]) => ["--claim", `${name}=${value}`]),
    );
    user.password = added.password;
  });
  after(() => server.close());

  it("is where OpenID Connect and where RFC 8414 look for it, and nowhere else (TOK-35)", async () => {
    const { body } = await page("/id/one/.well-known/openid-configuration");
    assert.equal(body.issuer, server.issuer);
    const oauth = await page("/.well-known/oauth-authorization-server/id/one");
    assert.deepEqual(oauth, { status: 200, body });
    const discovered = await oidc.discovery(new URL(server.issuer), "x", undefined, undefined, {
      algorithm: "oauth2",
      execute: [oidc.allowInsecureRequests],
    });
    assert.equal(discovered.serverMetadata().issuer, server.issuer);
    for (const path of ["", "/id", "/id/two", "/id/one/more"]) {
      const elsewhere = `/.well-known/oauth-authorization-server${path}`;
      const answer = await fetch(new URL(elsewhere, server.issuer));
      assert.equal(answer.status, 404, path);
    }
  });

  it("names the scopes and claims that a default application can get (TOK-35)", async () => {
    const { body } = await page("/id/one/.well-known/openid-configuration");
    const scopes = ["openid", "profile", "email", "phone", "offline_access"];
    assert.deepEqual(body.scopes_supported, scopes);
    const app = await registerRelyingParty(server, { id: "default", sms: "on" });
    const begun = await app.begin({ scope: scopes.join(" ") });
    const tokens = await app.finish(begun, await signIn(server, createBrowser(), begun, user));
    const info = await oidc.fetchUserInfo(app.config, tokens.access_token, oidc.skipSubjectCheck);
    const got = new Set([...Object.keys(info), ...Object.keys(tokens.claims() ?? {})]);
    // Of the ID token of a session that ends by the back channel.
    got.add("sid");
    const promised = Array.isArray(body.claims_supported) ? body.claims_supported : [];
    assert.deepEqual(
      promised.filter((claim) => !got.has(claim)),
      [],
    );
    assert.ok(!promised.includes("address"));
  });

  it("gives an application that may have it the address as well (TOK-35)", async () => {
    const args = ["--scope", "openid profile address"];
    const app = await registerRelyingParty(server, { id: "post", sms: "on", args });
    const begun = await app.begin({ scope: "openid profile address" });
    const tokens = await app.finish(begun, await signIn(server, createBrowser(), begun, user));
    const info = await oidc.fetchUserInfo(app.config, tokens.access_token, oidc.skipSubjectCheck);
    assert.deepEqual(info.address, { formatted: CLAIMS["address.formatted"] });
    assert.equal(info.birthdate, CLAIMS.birthdate);
  });
});
