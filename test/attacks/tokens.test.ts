// Attacks on the protocol: codes and tokens used twice, by others, with other parameters, too late.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as oidc from "openid-client";
import { createBrowser, locationOf } from "../support/browser.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import {
  answerOf,
  atOnce,
  basicOf,
  exchangeFields,
  getJson,
  introspect,
  openScene,
  postForm,
  postToken,
  type Scene,
  signedIn,
  TWO,
  tally,
  tokensFor,
  wait,
} from "./scene.ts";

describe("attacks on tokens", () => {
  let scene: Scene;
  let other: RelyingParty;
  let pairwise: RelyingParty;
  before(async () => {
    scene = await openScene({
      limits: {
        authorizationCodeLifeSeconds: 5,
        refreshReuseGraceSeconds: 0,
        refreshReuseGracePublicSeconds: 0,
      },
    });
    [other, pairwise] = await Promise.all([
      registerRelyingParty(scene.server, { id: "other", sms: "off" }),
      registerRelyingParty(scene.server, {
        id: "pairwise",
        sms: "off",
        args: ["--subject-type", "pairwise"],
      }),
    ]);
  });
  after(() => scene.server.close());

  it("exchanges a code once for 200 parallel requests (TOK-01)", async () => {
    const { server, strict } = scene;
    const visit = await signedIn(scene, strict, scene.victim());
    const fields = exchangeFields(strict, visit);
    const answers = await atOnce(200, () => postToken(server, strict, fields));
    assert.deepEqual(tally(answers.map(({ status }) => status)), { 200: 1, 400: 199 });
    for (const { status, body } of answers) {
      if (status === 400) assert.equal(body.error, "invalid_grant");
    }
    const token = answers.find(({ status }) => status === 200)?.body.access_token;
    assert.equal((await postToken(server, strict, fields)).body.error, "invalid_grant");
    assert.equal((await introspect(server, strict, token)).body.active, false);
  }).timeout(30_000);

  it("revokes what a code gave when the code is used again (TOK-02)", async () => {
    const { server, strict } = scene;
    const fields = exchangeFields(strict, await signedIn(scene, strict, scene.victim()));
    const { body } = await postToken(server, strict, fields);
    assert.equal((await introspect(server, strict, body.access_token)).body.active, true);
    const again = await postToken(server, strict, fields);
    assert.deepEqual([again.status, again.body.error], [400, "invalid_grant"]);
    for (const token of [body.access_token, body.refresh_token]) {
      assert.equal((await introspect(server, strict, token)).body.active, false);
    }
    const info = await getJson(`${server.issuer}/me`, {
      Authorization: `Bearer ${body.access_token}`,
    });
    assert.equal(info.status, 401);
  });

  it("refuses a code that is late, another client's, or for another address (TOK-03)", async () => {
    const { server, strict } = scene;
    const victim = scene.victim();
    const fresh = async () => exchangeFields(strict, await signedIn(scene, strict, victim));
    const late = await fresh();
    const stolen = await postToken(server, other, await fresh());
    const misled = await postToken(server, strict, {
      ...(await fresh()),
      redirect_uri: "https://strict.example/other",
    });
    const { redirect_uri: _, ...without } = await fresh();
    const unsaid = await postToken(server, strict, without);
    for (const { status } of [stolen, misled, unsaid]) assert.equal(status, 400);
    await wait(5_100);
    const answer = await postToken(server, strict, late);
    assert.deepEqual([answer.status, answer.body.error], [400, "invalid_grant"]);
  });

  it("revokes the family of a refresh token that is used after its grace (TOK-04)", async () => {
    const { server, strict } = scene;
    const tokens = await tokensFor(scene, strict, scene.victim());
    const refresh = (token: string) =>
      postToken(server, strict, { grant_type: "refresh_token", refresh_token: token });
    const first = await refresh(tokens.refresh_token ?? "");
    assert.equal(first.status, 200);
    assert.equal((await refresh(tokens.refresh_token ?? "")).body.error, "invalid_grant");
    assert.equal((await refresh(first.body.refresh_token)).body.error, "invalid_grant");
    assert.equal((await introspect(server, strict, first.body.access_token)).body.active, false);
  });

  it("rotates a refresh token once for 50 parallel requests where there is no grace (TOK-04)", async () => {
    const { server, strict } = scene;
    const { refresh_token: token = "" } = await tokensFor(scene, strict, scene.victim());
    const answers = await atOnce(50, () =>
      postToken(server, strict, { grant_type: "refresh_token", refresh_token: token }),
    );
    assert.deepEqual(tally(answers.map(({ status }) => status)), { 200: 1, 400: 49 });
  });

  it("narrows the scope at a refresh, and never widens it (TOK-06)", async () => {
    const { server, strict } = scene;
    const tokens = await tokensFor(scene, strict, scene.victim(), {
      scope: "openid email offline_access",
    });
    const less = await postToken(server, strict, {
      grant_type: "refresh_token",
      refresh_token: tokens.refresh_token ?? "",
      scope: "openid",
    });
    assert.equal(less.body.scope, "openid");
    const more = await postToken(server, strict, {
      grant_type: "refresh_token",
      refresh_token: less.body.refresh_token,
      scope: "openid phone",
    });
    assert.deepEqual([more.status, more.body.error], [400, "invalid_scope"]);
  });

  it("wants PKCE of public clients, by S256 alone, and the right verifier (TOK-07, TOK-08)", async () => {
    const { server, lax } = scene;
    const victim = scene.victim();
    const { url } = await lax.begin();
    const variants = [
      { code_challenge: null, code_challenge_method: null },
      { code_challenge: "a".repeat(43), code_challenge_method: "plain" },
      { code_challenge: "a".repeat(43), code_challenge_method: null },
    ];
    for (const changes of variants) {
      const changed = new URL(url);
      for (const [name, value] of Object.entries(changes)) {
        if (value === null) changed.searchParams.delete(name);
        else changed.searchParams.set(name, value);
      }
      const page = await createBrowser().open(changed.href);
      assert.equal(answerOf(page).get("error"), "invalid_request", JSON.stringify(changes));
    }
    for (const verifier of ["b".repeat(43), "b".repeat(42), "b".repeat(129), ""]) {
      const fields = exchangeFields(lax, await signedIn(scene, lax, victim));
      const { status } = await postToken(server, lax, { ...fields, code_verifier: verifier });
      assert.equal(status, 400, verifier);
    }
    const { code_verifier: _, ...without } = exchangeFields(
      lax,
      await signedIn(scene, lax, victim),
    );
    assert.equal((await postToken(server, lax, without)).status, 400);
  });

  it("refuses a verifier for a code that had no challenge (TOK-08)", async () => {
    const { server } = scene;
    const victim = scene.victim();
    const { url } = await other.begin();
    url.searchParams.delete("code_challenge");
    url.searchParams.delete("code_challenge_method");
    const browser = createBrowser();
    const login = await browser.open(url.href);
    const page = await browser.submit(login, "login", {
      login: victim.username,
      password: victim.password,
    });
    const code = answerOf(page).get("code") ?? "";
    assert.notEqual(code, "");
    const fields = { grant_type: "authorization_code", code, redirect_uri: other.redirectUri };
    const answer = await postToken(server, other, { ...fields, code_verifier: "c".repeat(43) });
    assert.equal(answer.status, 400);
  });

  it("answers a broken authorization request on our page until the client is known (TOK-12)", async () => {
    const { url } = await scene.strict.begin();
    const ours = [
      { client_id: "nobody" },
      { redirect_uri: "https://evil.example/cb" },
      { redirect_uri: "https://strict.example/cb/" },
      { redirect_uri: "https://strict.example/cb?x=1" },
      { client_id: "" },
    ];
    for (const changes of ours) {
      const changed = new URL(url);
      for (const [name, value] of Object.entries(changes)) changed.searchParams.set(name, value);
      const page = await createBrowser().open(changed.href);
      assert.equal(page.status, 400, JSON.stringify(changes));
      assert.equal(page.headers.get("Location"), null);
    }
    const twice = new URL(url);
    twice.searchParams.append("client_id", "lax");
    assert.equal((await createBrowser().open(twice.href)).status, 400);
    const theirs = [
      { response_type: "token", error: "unsupported_response_type" },
      { response_type: "code id_token", error: "unsupported_response_type" },
      { response_mode: "odd", error: "unsupported_response_mode" },
    ];
    for (const { error, ...changes } of theirs) {
      const changed = new URL(url);
      for (const [name, value] of Object.entries(changes)) changed.searchParams.set(name, value);
      const page = await createBrowser().open(changed.href);
      const said = new URLSearchParams(locationOf(page).split(/[?#]/)[1]);
      const seen = said.get("error") ?? (page.status === 400 ? "on our page" : "");
      assert.ok([error, "invalid_request", "on our page"].includes(seen), `${error}: ${seen}`);
      if (seen !== "on our page") assert.equal(said.get("iss"), scene.server.issuer);
    }
  });

  const endings: Record<string, string[]> = {
    disabled: ["update", "--disable"],
    "given a new password": ["update", "--reset-password"],
    removed: ["remove"],
  };
  for (const [name, [command = "", ...flags]] of Object.entries(endings)) {
    it(`takes tokens from a user who was ${name} (TOK-14, FLOW-16)`, async () => {
      const { server, strict } = scene;
      const victim = scene.victim();
      const visit = await signedIn(scene, strict, victim);
      const tokens = await strict.finish(visit.begun, visit.page);
      const open = exchangeFields(strict, await signedIn(scene, strict, victim));
      // What was issued within this second is not older than the change.
      await wait(1_050);
      await server.latchkey("user", command, victim.username, ...flags);
      const { access_token, refresh_token = "" } = tokens;
      const fields = { grant_type: "refresh_token", refresh_token };
      assert.equal((await postToken(server, strict, fields)).body.error, "invalid_grant");
      assert.equal((await introspect(server, strict, access_token)).body.active, false);
      const bearer = { Authorization: `Bearer ${access_token}` };
      assert.equal((await getJson(`${server.issuer}/me`, bearer)).status, 401);
      assert.equal((await postToken(server, strict, open)).body.error, "invalid_grant");
      const silent = await strict.begin({ prompt: "none" });
      const page = await visit.browser.open(silent.url.href);
      assert.equal(strict.errorOf(page), "login_required");
    });
  }

  it("tells nobody about another client's token, nor anybody unnamed (TOK-15)", async () => {
    const { server, strict } = scene;
    const { access_token: token, refresh_token = "" } = await tokensFor(
      scene,
      strict,
      scene.victim(),
    );
    assert.equal((await introspect(server, other, token)).body.active, false);
    assert.equal((await introspect(server, other, refresh_token)).body.active, false);
    const url = `${server.issuer}/token/introspection`;
    assert.ok([400, 401].includes((await postForm(url, { token })).status));
    const revoke = `${server.issuer}/token/revocation`;
    await postForm(revoke, { token }, basicOf(other));
    assert.ok([400, 401].includes((await postForm(revoke, { token })).status));
    assert.equal((await introspect(server, strict, token)).body.active, true);
    const inQuery = await getJson(`${server.issuer}/me?access_token=${token}`);
    const unsaid = await getJson(`${server.issuer}/me`);
    for (const { status } of [inQuery, unsaid]) assert.ok([400, 401].includes(status), `${status}`);
  });

  it("refuses clients that say it wrong, or twice (TOK-16)", async () => {
    const { server, strict } = scene;
    const url = `${server.issuer}/token`;
    const fields = { grant_type: "refresh_token", refresh_token: "x" };
    const basic = (text: string) => ({
      Authorization: `Basic ${Buffer.from(text).toString("base64")}`,
    });
    for (let i = 0; i < 5; i++) {
      assert.equal((await postForm(url, fields, basic(`strict:wrong${i}`))).status, 401);
    }
    for (const odd of ["strict", "%zz:%zz", ":", ""]) {
      assert.ok([400, 401].includes((await postForm(url, fields, basic(odd))).status), odd);
    }
    assert.ok(
      [400, 401].includes((await postForm(url, fields, { Authorization: "Basic ###" })).status),
    );
    const twice = { ...fields, client_id: "strict", client_secret: strict.clientSecret ?? "" };
    assert.equal((await postForm(url, twice, basicOf(strict))).status, 400);
    const noSecret = await postForm(url, { ...fields, client_id: "strict" });
    assert.equal(noSecret.status, 401);
  });

  it("says in an ID token what it must and no more (TOK-17)", async () => {
    const { server, strict } = scene;
    const victim = scene.victim();
    const { begun, page } = await signedIn(scene, strict, victim, { scope: "openid" });
    const tokens = await strict.finish(begun, page);
    const claims = tokens.claims();
    assert.deepEqual(Object.keys(claims ?? {}).toSorted(), [
      ...["acr", "amr", "at_hash", "aud", "auth_time", "exp", "iat", "iss", "nonce", "sub"],
    ]);
    const hash = createHash("sha256").update(tokens.access_token).digest();
    assert.equal(claims?.at_hash, hash.subarray(0, 16).toString("base64url"));
    assert.equal(claims?.iss, server.issuer);
    assert.equal(claims?.aud, strict.clientId);
    assert.equal(claims?.sub, victim.id);
    assert.equal(claims?.nonce, begun.checks.expectedNonce);
    assert.ok(Number(claims?.exp) - Number(claims?.iat) <= 3600);
  });

  it("keeps the number from who has not the scope phone, whatever the claims ask (TOK-17, TOK-18)", async () => {
    const { strict } = scene;
    const victim = scene.victim();
    const wanted = { phone_number: { essential: true }, phone_number_verified: null };
    const params = {
      scope: "openid",
      claims: JSON.stringify({ userinfo: wanted, id_token: wanted }),
    };
    const tokens = await tokensFor(scene, strict, victim, params);
    const info = await oidc.fetchUserInfo(strict.config, tokens.access_token, victim.id);
    const seen = JSON.stringify([tokens.claims(), info]);
    assert.ok(!seen.includes("phone") && !seen.includes(victim.phone), seen);
  });

  it("refuses resources that are not the client's (TOK-18)", async () => {
    const page = await createBrowser().open(
      (await scene.strict.begin({ resource: "https://evil.example" })).url.href,
    );
    assert.equal(answerOf(page).get("error"), "invalid_target");
  });

  it("gives a pairwise client a sub of its own, and a new user a new one (TOK-19)", async () => {
    const victim = scene.victim();
    const subOf = async (party: RelyingParty) =>
      (await tokensFor(scene, party, victim)).claims()?.sub ?? "";
    const first = await subOf(pairwise);
    assert.equal(await subOf(pairwise), first);
    assert.notEqual(first, victim.id);
    const { server } = scene;
    await server.latchkey("user", "remove", victim.username);
    const again = await server.latchkey("user", "add", "--username", victim.username);
    const tokens = await tokensFor(scene, pairwise, { ...victim, password: again.password });
    assert.notEqual(tokens.claims()?.sub, first);
    assert.notEqual(again.id, victim.id);
  });

  it("names the issuer in every answer, errors too (TOK-21)", async () => {
    const { server, strict } = scene;
    const { page } = await signedIn(scene, strict, scene.victim());
    assert.equal(answerOf(page).get("iss"), server.issuer);
    const silent = await strict.begin({ prompt: "none" });
    const refused = await createBrowser().open(silent.url.href);
    assert.equal(answerOf(refused).get("error"), "login_required");
    assert.equal(answerOf(refused).get("iss"), server.issuer);
  });

  it("publishes the public half of its keys and nothing else (TOK-22)", async () => {
    const { body } = await getJson(`${scene.server.issuer}/jwks`);
    assert.ok(body.keys.length >= 2);
    for (const key of body.keys) {
      for (const name of Object.keys(key)) {
        assert.ok("kty use alg kid n e crv x y".split(" ").includes(name), name);
      }
      assert.equal(key.use, "sig");
      assert.ok(key.kid && key.alg);
    }
  });

  it("says in its discovery what it does (TOK-23)", async () => {
    const { issuer } = scene.server;
    const { body } = await getJson(`${issuer}/.well-known/openid-configuration`);
    assert.equal(body.issuer, issuer);
    assert.deepEqual(body.code_challenge_methods_supported, ["S256"]);
    assert.deepEqual(body.response_types_supported, ["code"]);
    assert.deepEqual(body.id_token_signing_alg_values_supported.toSorted(), ["ES256", "RS256"]);
    assert.equal(body.authorization_response_iss_parameter_supported, true);
    assert.ok(body.acr_values_supported.includes(TWO));
    for (const grant of ["implicit", "password"]) {
      const { body: answer } = await postToken(scene.server, scene.strict, { grant_type: grant });
      assert.equal(answer.error, "unsupported_grant_type", grant);
      assert.ok(!body.grant_types_supported.includes(grant), grant);
    }
    for (const [name, url] of Object.entries(body)) {
      if (name.endsWith("_endpoint")) assert.ok(String(url).startsWith(`${issuer}/`), name);
    }
  });

  it("sends browsers on with 303 after a password and a code (TOK-24)", async () => {
    const victim = scene.victim();
    const begun = await scene.strict.begin();
    const browser = createBrowser();
    const page = await browser.open(begun.url.href);
    const login = { login: victim.username, password: victim.password };
    assert.equal((await browser.post(page, "login", login)).status, 303);
    const code = scene.server.lastCode(victim.phone);
    const taken = await browser.post(page, "code", { code });
    assert.equal(taken.status, 303);
    const resumed = await browser.request(locationOf(taken));
    assert.equal(resumed.status, 303);
    assert.equal((await createBrowser().request(begun.url.href)).status, 303);
  });

  it("opens its endpoints to an application's own origins alone (TOK-25)", async () => {
    const { server, strict } = scene;
    const { access_token } = await tokensFor(scene, strict, scene.victim());
    const origins = ["https://strict.example", "https://evil.example", "null"];
    const allowed = await Promise.all(
      origins.map(async (origin) => {
        const token = await postForm(
          `${server.issuer}/token`,
          { grant_type: "refresh_token", refresh_token: "x" },
          { ...basicOf(strict), Origin: origin },
        );
        const me = await getJson(`${server.issuer}/me`, {
          Authorization: `Bearer ${access_token}`,
          Origin: origin,
        });
        for (const { headers } of [token, me]) {
          assert.equal(headers.get("Access-Control-Allow-Credentials"), null);
        }
        return [token, me].map(({ headers }) => headers.get("Access-Control-Allow-Origin"));
      }),
    );
    const [own, ...foreign] = allowed;
    assert.deepEqual(own, ["https://strict.example", "https://strict.example"]);
    for (const each of foreign.flat()) assert.equal(each, null);
  });

  it("lets nobody store tokens (TOK-26)", async () => {
    const { server, strict } = scene;
    const fields = exchangeFields(strict, await signedIn(scene, strict, scene.victim()));
    const tokens = await postToken(server, strict, fields);
    const bearer = { Authorization: `Bearer ${tokens.body.access_token}` };
    const answers = [
      tokens,
      await introspect(server, strict, tokens.body.access_token),
      await getJson(`${server.issuer}/me`, bearer),
      await postToken(server, strict, fields),
    ];
    for (const { headers } of answers) {
      assert.match(headers.get("Cache-Control") ?? "", /no-store/);
    }
  });
});
