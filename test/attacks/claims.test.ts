// Attacks on what an application is told of a user: claims that its scope would not give it.
import assert from "node:assert/strict";
import * as oidc from "openid-client";
import { createBrowser } from "../support/browser.ts";
import { registerRelyingParty } from "../support/relying-party.ts";
import { afterPassword, getJson, openScene, type Scene, signedIn, tokensFor } from "./scene.ts";

const EVERYTHING = {
  name: null,
  preferred_username: { essential: true },
  updated_at: null,
  email: { essential: true },
  email_verified: null,
  phone_number: null,
};
const ALL_CLAIMS = JSON.stringify({ userinfo: EVERYTHING, id_token: EVERYTHING });

describe("attacks on claims", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
  });
  after(() => scene.server.close());

  async function victimWithFacts() {
    const victim = scene.victim();
    const facts = ["--name", "Vera Victim", "--email", `${victim.username}@example.com`];
    await scene.server.latchkey("user", "update", victim.username, ...facts);
    return victim;
  }

  const register = (id: string, ...args: string[]) =>
    registerRelyingParty(scene.server, { id, sms: "off", args });

  it("keeps what an application's scope would not give it, whatever the claims ask (TOK-27)", async () => {
    const narrow = await register("narrow", "--scope", "openid");
    const victim = await victimWithFacts();
    const params = { scope: "openid", claims: ALL_CLAIMS };
    const tokens = await tokensFor(scene, narrow, victim, params);
    const info = await oidc.fetchUserInfo(narrow.config, tokens.access_token, victim.id);
    assert.deepEqual(info, { sub: victim.id });
    const idToken = tokens.claims() ?? {};
    for (const claim of Object.keys(EVERYTHING)) assert.ok(!(claim in idToken), claim);
  });

  it("gives an application with one scope that scope's claims alone (TOK-27)", async () => {
    const mailer = await register("mailer", "--scope", "openid email");
    const victim = await victimWithFacts();
    const params = { scope: "openid", claims: ALL_CLAIMS };
    const tokens = await tokensFor(scene, mailer, victim, params);
    const info = await oidc.fetchUserInfo(mailer.config, tokens.access_token, victim.id);
    const email = `${victim.username}@example.com`;
    assert.deepEqual(info, { sub: victim.id, email, email_verified: false });
  });

  it("asks for no consent to what it would not release (TOK-27)", async () => {
    const asking = await register("asking", "--scope", "openid", "--consent");
    const params = { scope: "openid", claims: ALL_CLAIMS };
    const { page } = await afterPassword(asking, await victimWithFacts(), params);
    assert.match(page.html, /asking app/);
    assert.doesNotMatch(page.html, /preferred_username|email/);
  });

  it("stops releasing when an application loses a scope, also for tokens of before (TOK-27)", async () => {
    const loser = await register("loser");
    const victim = await victimWithFacts();
    const visit = await signedIn(scene, loser, victim, {}, createBrowser());
    const tokens = await loser.finish(visit.begun, visit.page);
    const me = () =>
      getJson(`${scene.server.issuer}/me`, { Authorization: `Bearer ${tokens.access_token}` });
    assert.equal((await me()).body.name, "Vera Victim");
    await scene.server.latchkey("client", "update", "loser", "--scope", "openid");
    assert.deepEqual((await me()).body, { sub: victim.id });
  });

  it("puts a scope's claims into the ID token of an application that wants them there, and of no other (TOK-33)", async () => {
    const victim = await victimWithFacts();
    const [wanting, plain] = [
      await register("wanting", "--id-token-claims"),
      await register("plain"),
    ];
    const scope = "openid profile email";
    const full = (await tokensFor(scene, wanting, victim, { scope })).claims();
    assert.equal(full?.name, "Vera Victim");
    assert.equal(full?.email, `${victim.username}@example.com`);
    assert.equal(full?.phone_number, undefined);
    const less = (await tokensFor(scene, plain, victim, { scope })).claims();
    assert.deepEqual([less?.name, less?.email], [undefined, undefined]);
    const claims = JSON.stringify({ id_token: { email: null } });
    const asked = (await tokensFor(scene, plain, victim, { scope, claims })).claims();
    assert.deepEqual([asked?.name, asked?.email], [undefined, `${victim.username}@example.com`]);
    await scene.server.latchkey("client", "update", "wanting", "--no-id-token-claims");
    const after = (await tokensFor(scene, wanting, victim, { scope })).claims();
    assert.equal(after?.email, undefined);
  });
});
