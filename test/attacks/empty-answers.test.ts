// Answers without a body, at which clients that read the content type first must not stumble.
import assert from "node:assert/strict";
import { basicOf, openScene, type Scene, tokensFor } from "./scene.ts";

describe("answers without a body (TOK-30)", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
  });
  after(() => scene.server.close());

  async function assertEmptyWithoutType(path: string, init: RequestInit, status: number) {
    const answer = await fetch(`${scene.server.issuer}${path}`, init);
    const text = await answer.text();
    const type = answer.headers.get("Content-Type");
    assert.deepEqual([answer.status, text, type], [status, "", null], path);
  }

  it("have no content type: a revocation, of a token that is known or not", async () => {
    const { access_token: known } = await tokensFor(scene, scene.strict, scene.victim());
    for (const token of [known, "unknown"]) {
      const body = new URLSearchParams({ token });
      const init = { method: "POST", body, headers: basicOf(scene.strict) };
      await assertEmptyWithoutType("/token/revocation", init, 200);
    }
    const body = new URLSearchParams({ token: "unknown", client_id: "lax" });
    const headers = { Origin: "https://lax.example" };
    await assertEmptyWithoutType("/token/revocation", { method: "POST", body, headers }, 200);
  });

  it("have none: a preflight", async () => {
    const headers = { Origin: "https://lax.example", "Access-Control-Request-Method": "POST" };
    for (const path of ["/token", "/me", "/token/revocation"]) {
      await assertEmptyWithoutType(path, { method: "OPTIONS", headers }, 204);
    }
  });

  it("keep their type where there is a body, and at HEAD", async () => {
    for (const method of ["GET", "HEAD"]) {
      const answer = await fetch(`${scene.server.issuer}/jwks`, { method });
      assert.match(answer.headers.get("Content-Type") ?? "", /json/, method);
    }
  });
});
