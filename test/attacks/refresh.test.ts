// Refresh tokens that are used twice: by tabs at once, which is ordinary life, and by whoever has copied one.
import assert from "node:assert/strict";
import * as oidc from "openid-client";
import { createBrowser, locationOf } from "../support/browser.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import {
  atOnce,
  introspect,
  openScene,
  postToken,
  type Scene,
  signedIn,
  tally,
  tokensFor,
} from "./scene.ts";

describe("attacks on refresh tokens", () => {
  let scene: Scene;
  let other: RelyingParty;
  before(async () => {
    scene = await openScene();
    other = await registerRelyingParty(scene.server, { id: "other", sms: "off" });
  });
  after(() => scene.server.close());

  const refresh = (party: RelyingParty, token = "") =>
    postToken(scene.server, party, { grant_type: "refresh_token", refresh_token: token });

  for (const kind of ["strict", "lax"] as const) {
    it(`lets five tabs of the ${kind} application refresh at once, and go on (TOK-04)`, async () => {
      const { refresh_token } = await tokensFor(scene, scene[kind], scene.victim());
      const answers = await atOnce(5, () => refresh(scene[kind], refresh_token));
      assert.deepEqual(tally(answers.map(({ status }) => status)), { 200: 5 });
      const next = answers.map(({ body }) => body.refresh_token);
      assert.equal(new Set(next).size, 5);
      const again = await Promise.all(next.map((token) => refresh(scene[kind], token)));
      assert.deepEqual(tally(again.map(({ status }) => status)), { 200: 5 });
    });
  }

  it("revokes the family for the second-last one, however soon it comes (TOK-04)", async () => {
    const { server, strict } = scene;
    const { refresh_token: first } = await tokensFor(scene, strict, scene.victim());
    const second = (await refresh(strict, first)).body.refresh_token;
    assert.equal((await refresh(strict, first)).status, 200);
    const third = await refresh(strict, second);
    assert.equal(third.status, 200);
    const replayed = await refresh(strict, first);
    assert.deepEqual([replayed.status, replayed.body.error], [400, "invalid_grant"]);
    assert.equal((await refresh(strict, third.body.refresh_token)).body.error, "invalid_grant");
    assert.equal((await introspect(server, strict, third.body.access_token)).body.active, false);
  });

  it("takes a rotated one from its own client alone (TOK-04)", async () => {
    const { strict } = scene;
    const { refresh_token } = await tokensFor(scene, strict, scene.victim());
    assert.equal((await refresh(strict, refresh_token)).status, 200);
    const stolen = await refresh(other, refresh_token);
    assert.deepEqual([stolen.status, stolen.body.error], [400, "invalid_grant"]);
    assert.equal((await refresh(strict, refresh_token)).status, 200);
  });

  it("takes a rotated one that is bound to a key with that key alone (TOK-04)", async () => {
    const { lax } = scene;
    const { begun, page } = await signedIn(scene, lax, scene.victim(), {}, createBrowser());
    const handle = async () => oidc.getDPoPHandle(lax.config, await oidc.randomDPoPKeyPair());
    const [own, foreign] = [await handle(), await handle()];
    const { refresh_token = "" } = await oidc.authorizationCodeGrant(
      lax.config,
      new URL(locationOf(page)),
      begun.checks,
      undefined,
      { DPoP: own },
    );
    const withKey = (DPoP: typeof own) =>
      oidc.refreshTokenGrant(lax.config, refresh_token, undefined, { DPoP });
    await withKey(own);
    await assert.rejects(withKey(foreign), { error: "invalid_grant" });
    await assert.rejects(oidc.refreshTokenGrant(lax.config, refresh_token), {
      error: "invalid_grant",
    });
    assert.ok((await withKey(own)).access_token);
  });
});
