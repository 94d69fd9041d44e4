// What tokens say of a sign-in when its session had proved more before: amr and acr are those of this authentication, and
// the session keeps what it proved for other applications.
import assert from "node:assert/strict";
import * as oidc from "openid-client";
import { createBrowser } from "../support/browser.ts";
import type { RelyingParty } from "../support/relying-party.ts";
import { asksForPassword, typePassword } from "./account-scene.ts";
import {
  afterPassword,
  asksForCode,
  introspect,
  ONE,
  openScene,
  type Scene,
  signedIn,
  TWO,
  type Visit,
} from "./scene.ts";

describe("what tokens say of an authentication", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
  });
  after(() => scene.server.close());

  const claimsAt = async (party: RelyingParty, { begun, page }: Visit) => {
    const claims = (await party.finish(begun, page)).claims();
    return [claims?.amr, claims?.acr];
  };
  const silently = async (party: RelyingParty, { browser }: Visit) => {
    const begun = await party.begin({ prompt: "none" });
    return claimsAt(party, { browser, begun, page: await browser.open(begun.url.href) });
  };
  const BOTH = [["pwd", "sms", "mfa"], TWO];
  const PASSWORD_ALONE = [["pwd"], ONE];

  it("is the password alone, where nothing else was typed again (TOK-29)", async () => {
    const victim = scene.victim();
    const visit = await signedIn(scene, scene.strict, victim);
    assert.deepEqual(await silently(scene.lax, visit), BOTH, "before");

    const again = await afterPassword(scene.lax, victim, { prompt: "login" }, visit.browser);
    const tokens = await scene.lax.finish(again.begun, again.page);
    assert.deepEqual([tokens.claims()?.amr, tokens.claims()?.acr], PASSWORD_ALONE);
    const refreshed = await oidc.refreshTokenGrant(scene.lax.config, tokens.refresh_token ?? "");
    assert.deepEqual(refreshed.claims()?.amr, ["pwd"]);

    assert.deepEqual(await silently(scene.strict, visit), BOTH, "the session has lost nothing");
    assert.deepEqual(await silently(scene.lax, visit), BOTH, "nor for who asks nothing new");
  });

  it("is the password alone after max_age as well (TOK-29)", async () => {
    const victim = scene.victim();
    const visit = await signedIn(scene, scene.strict, victim);
    const begun = await scene.lax.begin({ max_age: "0" });
    const page = await visit.browser.open(begun.url.href);
    assert.ok(asksForPassword(page));
    const done = await typePassword(visit.browser, page, victim);
    assert.deepEqual(await claimsAt(scene.lax, { ...visit, begun, page: done }), PASSWORD_ALONE);
    assert.deepEqual(await silently(scene.strict, visit), BOTH);
  });

  it("is both factors where the second is added to a session, or both were typed (TOK-29)", async () => {
    const victim = scene.victim();
    const { browser } = await afterPassword(scene.lax, victim, {}, createBrowser());
    const begun = await scene.strict.begin();
    const sent = await browser.submit(await browser.open(begun.url.href), "resend");
    const code = () => ({ code: scene.server.lastCode(victim.phone) });
    const page = await browser.submit(sent, "code", code());
    assert.deepEqual(await claimsAt(scene.strict, { browser, begun, page }), BOTH);

    const again = await afterPassword(scene.strict, victim, { prompt: "login" }, browser);
    assert.ok(asksForCode(again.page));
    const typed = await browser.submit(again.page, "code", code());
    const tokens = await scene.strict.finish(again.begun, typed);
    assert.deepEqual([tokens.claims()?.amr, tokens.claims()?.acr], BOTH);
    const { body } = await introspect(scene.server, scene.strict, tokens.access_token);
    assert.deepEqual([body.amr, body.acr], BOTH);
  });
});
