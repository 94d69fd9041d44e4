// Attacks on the web server: bodies too large, of other kinds, and headers that lie.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { csrfOf } from "../support/browser.ts";
import { atSignIn, openScene, postForm, rawRequest, type Scene } from "./scene.ts";

describe("attacks on the web server", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
  });
  after(() => scene.server.close());

  it("refuses bodies that are too large, packed or not (HTTP-09)", async () => {
    const { browser, page } = await atSignIn(scene.strict);
    const url = `${page.url}/login`;
    const large = `csrf=${csrfOf(page)}&login=${"x".repeat(80_000)}`;
    const type = { "Content-Type": "application/x-www-form-urlencoded" };
    const post = (body: string | Buffer, headers: Record<string, string>) =>
      browser.request(url, { method: "POST", headers, body: new Uint8Array(Buffer.from(body)) });
    assert.equal((await post(large, type)).status, 413);
    const bomb = gzipSync(`login=${"x".repeat(10_000_000)}`);
    const packed = await post(bomb, { ...type, "Content-Encoding": "gzip" });
    assert.ok([413, 415].includes(packed.status), `${packed.status}`);
    const json = await post("x".repeat(1_000_000), { "Content-Type": "application/json" });
    assert.equal(json.status, 415);
    const token = await postForm(`${scene.server.issuer}/token`, {
      grant_type: "x".repeat(80_000),
    });
    assert.ok([400, 413].includes(token.status), `${token.status}`);
    assert.equal((await browser.request(page.url)).status, 200);
  });

  it("answers a foreign host with 421 on every path but health (HTTP-03)", async () => {
    for (const path of ["/", "/auth", "/jwks", "/.well-known/openid-configuration"]) {
      const headers = { Host: "evil.example" };
      assert.equal((await rawRequest(scene.server, { path, headers })).status, 421, path);
    }
    const health = await rawRequest(scene.server, {
      path: "/healthz",
      headers: { Host: "evil.example" },
    });
    assert.equal(health.status, 200);
  });

  it("believes no forwarded header without a proxy of its own (HTTP-03, HTTP-04)", async () => {
    const { host } = new URL(scene.server.issuer);
    const { body } = await rawRequest(scene.server, {
      path: "/.well-known/openid-configuration",
      headers: {
        ...{ Host: host, "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https" },
        Forwarded: "host=evil.example",
      },
    });
    assert.ok(!body.includes("evil.example") && !body.includes("https:"));
  });

  it("answers wrong methods with 405 before anything else (HTTP-15)", async () => {
    const { browser, page } = await atSignIn(scene.strict);
    for (const method of ["PUT", "DELETE", "PATCH"]) {
      const answer = await browser.request(`${page.url}/login`, { method, body: "x" });
      assert.equal(answer.status, 405, method);
      assert.match(answer.headers.get("Allow") ?? "", /POST/);
    }
    assert.equal((await browser.request(page.url, { method: "POST" })).status, 405);
    const put = await browser.request(`${scene.server.issuer}/token`, { method: "PUT" });
    assert.equal(put.status, 405);
  });
});
