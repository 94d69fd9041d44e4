// Signed authorization requests (RFC 9101): which are taken, and that nothing beside them counts.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { createBrowser } from "../support/browser.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import { answerOf, getJson, openScene, type Scene, signedIn } from "./scene.ts";

const ALGS = ["PS256", "ES256", "EdDSA", "RS256"] as const;
type Alg = (typeof ALGS)[number];

describe("attacks on request objects", () => {
  let scene: Scene;
  let app: RelyingParty;
  const keys = new Map<Alg, CryptoKey>();

  before(async () => {
    scene = await openScene();
    const jwks = [];
    for (const alg of ALGS) {
      const pair = await generateKeyPair(alg, { extractable: true });
      keys.set(alg, pair.privateKey);
      jwks.push({ ...(await exportJWK(pair.publicKey)), kid: alg, alg, use: "sig" });
    }
    const file = path.join(scene.server.dataDir, "jwks.json");
    writeFileSync(file, JSON.stringify({ keys: jwks }));
    const args = ["--jwks-file", file];
    app = await registerRelyingParty(scene.server, { id: "signing", sms: "off", args });
  });
  after(() => scene.server.close());

  // A request whose parameters are all in a request object, but for those that OAuth wants beside it.
  async function signed(alg: Alg | "none", changes: Record<string, unknown> = {}) {
    const begun = await app.begin();
    const params = Object.fromEntries(begun.url.searchParams);
    const claims = { ...params, iss: "signing", aud: scene.server.issuer, ...changes };
    const key = alg === "none" ? undefined : keys.get(alg);
    const request =
      key === undefined
        ? new UnsecuredJWT(claims).encode()
        : await new SignJWT(claims).setProtectedHeader({ alg, kid: alg }).sign(key);
    const url = new URL(begun.url);
    url.search = "";
    url.searchParams.set("client_id", "signing");
    url.searchParams.set("response_type", "code");
    url.searchParams.set("scope", "openid");
    url.searchParams.set("request", request);
    return { url, checks: begun.checks };
  }

  for (const alg of ["PS256", "ES256", "EdDSA"] as const) {
    it(`takes one that is signed with ${alg}, all of it (TOK-36)`, async () => {
      const begun = await signed(alg);
      const party = { ...app, begin: async () => begun };
      const visit = await signedIn(scene, party, scene.victim());
      const tokens = await app.finish(begun, visit.page);
      assert.equal(tokens.claims()?.nonce, begun.checks.expectedNonce);
      assert.ok(tokens.refresh_token, "offline_access stands in the request object");
    });
  }

  const REFUSED: { what: string; alg: Alg | "none"; changes?: Record<string, unknown> }[] = [
    { what: "an unsigned one", alg: "none" },
    { what: "one with an algorithm that is not listed", alg: "RS256" },
    { what: "one for another server", alg: "ES256", changes: { aud: "https://other.example" } },
    { what: "one of another client", alg: "ES256", changes: { iss: "strict" } },
    { what: "one that names another client", alg: "ES256", changes: { client_id: "strict" } },
    { what: "one that has expired", alg: "ES256", changes: { exp: 1 } },
  ];
  for (const { what, alg, changes } of REFUSED) {
    it(`refuses ${what} (TOK-36)`, async () => {
      const { url } = await signed(alg, changes);
      const page = await createBrowser().open(url.href);
      const error = answerOf(page).get("error") ?? (page.status === 400 ? "on our page" : null);
      assert.ok(error === "invalid_request_object" || error === "on our page", `${error}`);
    });
  }

  it("refuses one that was changed, or signed by somebody else (TOK-36)", async () => {
    const { url } = await signed("ES256");
    const [header, payload, signature] = (url.searchParams.get("request") ?? "").split(".");
    const claims = JSON.parse(Buffer.from(payload ?? "", "base64url").toString());
    const changed = Buffer.from(JSON.stringify({ ...claims, scope: "openid phone" }));
    url.searchParams.set("request", `${header}.${changed.toString("base64url")}.${signature}`);
    const page = await createBrowser().open(url.href);
    assert.equal(answerOf(page).get("code"), null);
    assert.ok(answerOf(page).get("error") === "invalid_request_object" || page.status === 400);
  });

  it("lists those algorithms alone, and takes no address of a request (TOK-36)", async () => {
    const { body } = await getJson(`${scene.server.issuer}/.well-known/openid-configuration`);
    assert.equal(body.request_parameter_supported, true);
    assert.equal(body.request_uri_parameter_supported, false);
    assert.deepEqual(body.request_object_signing_alg_values_supported, ["PS256", "ES256", "EdDSA"]);
  });
});
