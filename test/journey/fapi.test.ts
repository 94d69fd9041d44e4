// FAPI 2.0 (Security Profile) as a property of an application, with openid-client: a pushed request, private_key_jwt,
// DPoP; and each of its rules alone.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { decodeProtectedHeader, exportJWK, generateKeyPair } from "jose";
import * as oidc from "openid-client";
import { createBrowser, locationOf } from "../support/browser.ts";
import { registerRelyingParty, signIn } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";

const PHONE = "+14155552671";
const REDIRECT = "https://bank.example/cb";

describe("journey by FAPI 2.0", () => {
  let server: TestServer;
  let jwksFile: string;
  const keys = new Map<string, CryptoKey>();
  const user = { username: "fay", password: "", phone: PHONE };

  before(async () => {
    server = await startServer({
      env: { ALLOW_PRIVATE_FETCH: "1" },
      limits: { sendGapSeconds: 0, sendsPerNumberPerDay: 100 },
    });
    const jwks = [];
    for (const alg of ["ES256", "PS256", "RS256"]) {
      const pair = await generateKeyPair(alg, { extractable: true });
      keys.set(alg, pair.privateKey);
      jwks.push({ ...(await exportJWK(pair.publicKey)), kid: alg, alg, use: "sig" });
    }
    jwksFile = path.join(server.dataDir, "jwks.json");
    writeFileSync(jwksFile, JSON.stringify({ keys: jwks }));
    user.password = (
      await server.latchkey("user", "add", "--username", "fay", "--phone", PHONE)
    ).password;
    const flags = ["--id", "bank", "--name", "Bank", "--redirect-uri", REDIRECT];
    const added = await server.latchkey(
      ...["client", "add", ...flags, "--profile", "fapi2", "--jwks-file", jwksFile],
    );
    assert.equal(added.client_secret, undefined);
    assert.equal(added.token_endpoint_auth_method, "private_key_jwt");
  });
  after(() => server.close());

  function configOf(alg = "ES256", change?: (payload: Record<string, unknown>) => void) {
    const key = keys.get(alg);
    assert.ok(key);
    const options = {
      [oidc.modifyAssertion]: (_header: unknown, payload: Record<string, unknown>) =>
        change?.(payload),
    };
    return oidc.discovery(
      new URL(server.issuer),
      "bank",
      { id_token_signed_response_alg: "ES256" },
      oidc.PrivateKeyJwt({ key, kid: alg }, options),
      { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] },
    );
  }

  async function begin() {
    const verifier = oidc.randomPKCECodeVerifier();
    const checks = {
      pkceCodeVerifier: verifier,
      expectedState: oidc.randomState(),
      expectedNonce: oidc.randomNonce(),
    };
    const params = {
      redirect_uri: REDIRECT,
      scope: "openid profile offline_access",
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    };
    return { checks, params };
  }

  it("signs in with a pushed request, a signed assertion and DPoP, and refreshes (TOK-37)", async () => {
    const config = await configOf();
    const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
    const { checks, params } = await begin();
    const url = await oidc.buildAuthorizationUrlWithPAR(config, params, { DPoP });
    const page = await signIn(server, createBrowser(), { url, checks }, user);
    const answer = new URL(locationOf(page));
    const tokens = await oidc.authorizationCodeGrant(config, answer, checks, undefined, { DPoP });
    assert.equal(tokens.token_type, "dpop");
    assert.equal(decodeProtectedHeader(tokens.id_token ?? "").alg, "ES256");
    const { sub = "" } = tokens.claims() ?? {};
    const info = await oidc.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
    assert.equal(info.preferred_username, "fay");
    const bearer = { Authorization: `Bearer ${tokens.access_token}` };
    assert.equal((await fetch(`${server.issuer}/me`, { headers: bearer })).status, 401);

    const token = tokens.refresh_token ?? "";
    const tabs = await Promise.all([
      oidc.refreshTokenGrant(config, token, undefined, { DPoP }),
      oidc.refreshTokenGrant(config, token, undefined, { DPoP }),
    ]);
    for (const each of tabs) assert.equal(each.token_type, "dpop");
    await assert.rejects(oidc.refreshTokenGrant(config, token), { error: "invalid_grant" });
  });

  it("takes an assertion by PS256, and none by RS256 or for another audience (TOK-37)", async () => {
    const { params } = await begin();
    const push = async (config: oidc.Configuration) =>
      oidc.buildAuthorizationUrlWithPAR(config, params);
    assert.match((await push(await configOf("PS256"))).href, /request_uri=/);
    const refused = [
      await configOf("RS256"),
      await configOf("ES256", (payload) => {
        payload.aud = `${server.issuer}/token`;
      }),
      await configOf("ES256", (payload) => {
        payload.aud = [server.issuer];
      }),
    ];
    for (const config of refused) await assert.rejects(push(config), { error: "invalid_client" });
  });

  it("refuses what is not pushed, has no PKCE, or asks for tokens without a key (TOK-37)", async () => {
    const config = await configOf();
    const { checks, params } = await begin();
    const plain = await createBrowser().open(oidc.buildAuthorizationUrl(config, params).href);
    assert.equal(new URL(locationOf(plain)).searchParams.get("error"), "invalid_request");
    const { code_challenge: _, code_challenge_method: __, ...unproved } = params;
    await assert.rejects(oidc.buildAuthorizationUrlWithPAR(config, unproved), {
      error: "invalid_request",
    });
    const url = await oidc.buildAuthorizationUrlWithPAR(config, params);
    const page = await signIn(server, createBrowser(), { url, checks }, user);
    const answer = new URL(locationOf(page));
    await assert.rejects(oidc.authorizationCodeGrant(config, answer, checks), {
      error: "invalid_grant",
    });
  });

  it("is held together: what the profile needs cannot be taken away from it (TOK-37)", async () => {
    const update = (...args: string[]) => server.latchkey("client", "update", "bank", ...args);
    const takings = [
      ["--no-dpop"],
      ["--no-require-pkce"],
      ["--no-require-par"],
      ["--auth-method", "client_secret_basic"],
      ["--id-token-alg", "RS256"],
    ];
    for (const args of takings) await assert.rejects(update(...args), args.join(" "));
    const before = await server.latchkey("client", "show", "bank");
    const named = await update("--name", "The bank");
    assert.deepEqual(named, { ...before, client_name: "The bank" });
    const flags = ["--id", "keyless", "--name", "K", "--redirect-uri", REDIRECT];
    await assert.rejects(server.latchkey("client", "add", ...flags, "--profile", "fapi2"));
  });

  it("has each of its rules alone as well (TOK-38)", async () => {
    const pkce = await registerRelyingParty(server, { id: "pkce", args: ["--require-pkce"] });
    const { url } = await pkce.begin();
    url.searchParams.delete("code_challenge");
    url.searchParams.delete("code_challenge_method");
    assert.equal(pkce.errorOf(await createBrowser().open(url.href)), "invalid_request");

    const args = ["--require-signed-request", "--jwks-file", jwksFile];
    const signing = await registerRelyingParty(server, { id: "signing", args });
    const unsigned = await createBrowser().open((await signing.begin()).url.href);
    assert.equal(signing.errorOf(unsigned), "invalid_request");

    const bound = await registerRelyingParty(server, { id: "bound", args: ["--dpop"] });
    const begun = await bound.begin();
    const page = await signIn(server, createBrowser(), begun, user);
    await assert.rejects(bound.finish(begun, page), { error: "invalid_grant" });
    await server.latchkey("client", "update", "bound", "--no-dpop");
    const again = await bound.begin();
    const tokens = await bound.finish(again, await signIn(server, createBrowser(), again, user));
    assert.equal(tokens.token_type, "bearer");
  });

  it("finds the keys of a client at their address (TOK-38)", async () => {
    const published = createServer((_request, response) => {
      response.setHeader("Content-Type", "application/jwk-set+json");
      response.end(readFileSync(jwksFile));
    });
    await new Promise<void>((resolve) => published.listen(0, "127.0.0.1", resolve));
    try {
      const address = published.address();
      const port = typeof address === "object" && address ? address.port : 0;
      const uri = `http://localhost:${port}/jwks`;
      const shown = await server.latchkey("client", "update", "bank", "--jwks-uri", uri);
      assert.deepEqual([shown.jwks, shown.jwks_uri], [undefined, uri]);
      const { params } = await begin();
      const url = await oidc.buildAuthorizationUrlWithPAR(await configOf(), params);
      assert.match(url.href, /request_uri=/);
      const both = ["--jwks-uri", uri, "--jwks-file", jwksFile];
      await assert.rejects(server.latchkey("client", "update", "bank", ...both));
      const file = await server.latchkey("client", "update", "bank", "--jwks-file", jwksFile);
      assert.deepEqual([file.jwks.keys.length, file.jwks_uri], [3, undefined]);
    } finally {
      published.close();
    }
  });

  it("keeps what an update does not name (TOK-38)", async () => {
    const flags = ["--id", "plain", "--name", "Plain", "--redirect-uri", REDIRECT];
    const {
      client_secret: _,
      client_secret_expires_at: __,
      ...added
    } = await server.latchkey(...["client", "add", ...flags]);
    const updated = await server.latchkey("client", "update", "plain", "--name", "Plainer");
    assert.deepEqual(updated, { ...added, client_name: "Plainer" });
  });
});
