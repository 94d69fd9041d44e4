// Attacks that fill the store by those who have proved nothing: large requests, many of them, and long lives.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { createBrowser } from "../support/browser.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { answerOf, basicOf, postForm, wait } from "./scene.ts";

const BYTES = 8192;

describe("attacks by anonymous writing (HTTP-20)", () => {
  let server: TestServer;
  let open: RelyingParty;
  let confidential: RelyingParty;
  before(async () => {
    server = await startServer({
      env: { TRUST_PROXY: "1" },
      limits: { anonymousWritesPerNetworkPerMinute: 5, untouchedInteractionLifeSeconds: 2 },
    });
    open = await registerRelyingParty(server, { id: "open", public: true });
    confidential = await registerRelyingParty(server, { id: "confidential" });
  });
  after(() => server.close());

  let networks = 0;
  const newNetwork = () => `192.0.${networks++}.1`;
  const browserAt = (address: string) =>
    createBrowser(undefined, { "X-Forwarded-For": address, Accept: "text/html" });

  // The parameters of a request, with one that brings them to so many bytes.
  async function sized(bytes: number, name: string): Promise<URLSearchParams> {
    const { url } = await open.begin();
    const params = new URLSearchParams(url.searchParams);
    params.delete(name);
    const size = [...params].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
    params.set(name, "x".repeat(bytes - size - name.length));
    return params;
  }

  it("stores no authorization request that is larger than anybody needs", async () => {
    for (const name of ["state", "nonce", "ui_locales", "login_hint", "claims_locales"]) {
      const fits = await sized(BYTES, name);
      const begun = await browserAt(newNetwork()).request(`${server.issuer}/auth?${fits}`);
      assert.match(begun.headers.get("Location") ?? "", /\/interaction\//, name);
      const large = await sized(BYTES + 1, name);
      const refused = await browserAt(newNetwork()).request(`${server.issuer}/auth?${large}`);
      assert.equal(answerOf(refused).get("error"), "invalid_request", name);
      const cookies = refused.headers.getSetCookie().filter((each) => !each.includes("=;"));
      assert.deepEqual(cookies, [], name);
    }
  });

  it("stores no larger one that is pushed, and no large request to sign out", async () => {
    const push = async (params: URLSearchParams) =>
      postForm(`${server.issuer}/request`, params, { "X-Forwarded-For": newNetwork() });
    assert.equal((await push(await sized(BYTES, "state"))).status, 201);
    for (const name of ["state", "unknown_parameter"]) {
      const { status, body } = await push(await sized(BYTES + 1, name));
      assert.deepEqual([status, body.error], [400, "invalid_request"], name);
    }
    const out = (state: string) =>
      browserAt(newNetwork()).request(`${server.issuer}/session/end?state=${state}`);
    assert.equal((await out("x".repeat(BYTES - 6))).status, 200);
    assert.equal((await out("x".repeat(BYTES - 5))).status, 400);
  });

  it("counts what a network begins, and says when it may go on", async () => {
    for (const [address, neighbour] of [
      [newNetwork(), null],
      ["2001:db8:7:7::1", "[2001:db8:7:7:8::]:99"],
    ] as const) {
      const begin = async (from: string) => browserAt(from).request((await open.begin()).url.href);
      for (let i = 0; i < 5; i++) assert.equal((await begin(address)).status, 303);
      const refused = await begin(neighbour ?? address);
      assert.equal(refused.status, 429);
      const seconds = Number(refused.headers.get("Retry-After"));
      assert.ok(seconds >= 1 && seconds <= 60, `${seconds}`);
      assert.equal(refused.headers.get("Location"), null);
      assert.match(refused.html, /<h1/);
      assert.equal((await begin(newNetwork())).status, 303);
    }
  });

  it("counts every way to have something stored, and none by which nothing is", async () => {
    const address = newNetwork();
    const headers = { "X-Forwarded-For": address };
    const silent = async () =>
      browserAt(address).request((await open.begin({ prompt: "none" })).url.href);
    for (let i = 0; i < 6; i++)
      assert.equal(answerOf(await silent()).get("error"), "login_required");
    const push = async (party: RelyingParty, more: Record<string, string> = {}) => {
      const { url } = await party.begin();
      return postForm(`${server.issuer}/request`, url.searchParams, { ...headers, ...more });
    };
    for (let i = 0; i < 3; i++) assert.equal((await push(open)).status, 201);
    const out = () => browserAt(address).request(`${server.issuer}/session/end`);
    for (let i = 0; i < 2; i++) assert.equal((await out()).status, 200);
    assert.equal((await out()).status, 429);
    const json = await push(open, { Accept: "application/json" });
    assert.deepEqual([json.status, json.body.error], [429, "temporarily_unavailable"]);
    // A client that has proved who it is speaks for all its users.
    for (let i = 0; i < 6; i++) {
      assert.equal((await push(confidential, basicOf(confidential))).status, 201);
    }
    assert.deepEqual((await silent()).status, 303);
  });

  it("counts the sessions of nobody: of a device's page, and of a cookie whose session is over", async () => {
    const address = newNetwork();
    const opened = async (cookie: string, path = "/device") => {
      const headers = { Cookie: cookie, "X-Forwarded-For": address };
      return fetch(`${server.issuer}${path}`, { headers, redirect: "manual" });
    };
    for (let i = 0; i < 5; i++) assert.equal((await opened("")).status, 200);
    const refused = await opened("");
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get("Retry-After")) >= 1);
    assert.match(await refused.text(), /<h1/);
    // Its session was not stored, and so the engine makes one for whoever brings the cookie.
    const pairs = refused.headers.getSetCookie().map((each) => each.split(";")[0]);
    const over = pairs.join("; ");
    assert.match(over, /latchkey_session=/);
    const silent = new URL((await open.begin({ prompt: "none" })).url.href);
    assert.equal((await opened(over, `${silent.pathname}${silent.search}`)).status, 429);
  });

  it("counts the proofs of pushed requests, whatever becomes of the request", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const jwk = await exportJWK(publicKey);
    const address = newNetwork();
    const push = async () => {
      const htu = `${server.issuer}/request`;
      const proof = await new SignJWT({ htm: "POST", htu, jti: randomUUID() })
        .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk })
        .setIssuedAt()
        .sign(privateKey);
      const { url } = await open.begin({ dpop_jkt: "x".repeat(43) });
      const headers = { "X-Forwarded-For": address, DPoP: proof };
      return (await postForm(htu, url.searchParams, headers)).status;
    };
    for (let i = 0; i < 5; i++) assert.equal(await push(), 400);
    assert.equal(await push(), 429);
  });

  it("counts nothing of this very machine outside production", async () => {
    const browser = createBrowser();
    for (let i = 0; i < 7; i++) {
      assert.equal((await browser.request((await open.begin()).url.href)).status, 303);
    }
  });

  it("keeps what nobody has opened for a short time, and what somebody has for its whole life", async () => {
    const browser = browserAt(newNetwork());
    const begin = async () => {
      const { headers } = await browser.request((await open.begin()).url.href);
      return new URL(headers.get("Location") ?? "", server.issuer).href;
    };
    const [left, opened] = [await begin(), await begin()];
    assert.equal((await browser.request(opened)).status, 200);
    await wait(2_100);
    assert.equal((await browser.request(left)).status, 404);
    assert.equal((await browser.request(opened)).status, 200);
  });
});
