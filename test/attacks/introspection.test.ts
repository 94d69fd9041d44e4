// Who is told what of a token (RFC 7662): its client, and the resource server that it was issued for.
import assert from "node:assert/strict";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import { until } from "../support/until.ts";
import { basicOf, introspect, openScene, postForm, type Scene, tokensFor } from "./scene.ts";

const API = "https://mail.example/api";

describe("introspection", () => {
  let scene: Scene;
  let mail: RelyingParty;
  before(async () => {
    scene = await openScene();
    mail = await registerRelyingParty(scene.server, {
      id: "mail",
      sms: "off",
      args: ["--resource", API],
    });
  });
  after(() => scene.server.close());

  // Resource servers need no redirect URI.
  async function resourceServer(id: string, uri: string, ...args: string[]): Promise<RelyingParty> {
    const flags = ["--id", id, "--name", id, "--resource-server", uri, ...args];
    const added = await scene.server.latchkey("client", "add", ...flags);
    assert.deepEqual([added.redirect_uris, added.grant_types], [[], []]);
    return { ...mail, clientId: id, clientSecret: added.client_secret };
  }

  const reasons = () =>
    scene.server
      .output()
      .split("\n")
      .filter((line) => line.includes('"introspection.refused"'))
      .map((line) => JSON.parse(line));

  async function refused(party: RelyingParty, token: string): Promise<string> {
    const before = reasons().length;
    assert.deepEqual((await introspect(scene.server, party, token)).body, { active: false });
    await until(() => reasons().length > before);
    const { because, clientId } = reasons().at(-1);
    assert.equal(clientId, party.clientId);
    assert.ok(!scene.server.output().includes(token));
    return because;
  }

  it("tells a resource server of the tokens for it, with the names that the scope allows (TOK-34)", async () => {
    const { server } = scene;
    const dovecot = await resourceServer("dovecot", API);
    const victim = scene.victim();
    const email = `${victim.username}@example.com`;
    await server.latchkey("user", "update", victim.username, "--email", email);
    const params = { scope: "openid profile email offline_access", resource: API };
    const tokens = await tokensFor(scene, mail, victim, params);
    const { body } = await introspect(server, dovecot, tokens.access_token);
    assert.deepEqual([body.active, body.aud, body.client_id], [true, API, "mail"]);
    assert.deepEqual([body.sub, body.username, body.email], [victim.id, victim.username, email]);
    assert.equal(await refused(dovecot, tokens.refresh_token ?? ""), "not-for-this-client");

    const less = await tokensFor(scene, mail, victim, { scope: "openid", resource: API });
    const { body: bare } = await introspect(server, dovecot, less.access_token);
    assert.deepEqual([bare.active, bare.username, bare.email], [true, undefined, undefined]);

    const shy = await resourceServer("shy", API, "--scope", "openid email");
    const { body: shown } = await introspect(server, shy, tokens.access_token);
    assert.deepEqual([shown.username, shown.email], [email, email]);
  });

  it("tells everybody else nothing, and the log why (TOK-34)", async () => {
    const { server, strict } = scene;
    const dovecot = await resourceServer("dovecot-two", API);
    const foreign = await resourceServer("foreign", "https://foreign.example");
    const victim = scene.victim();
    const { access_token: forApi } = await tokensFor(scene, mail, victim, { resource: API });
    const { access_token: forNobody } = await tokensFor(scene, mail, victim);
    assert.equal(await refused(foreign, forApi), "not-for-this-client");
    assert.equal(await refused(strict, forApi), "not-for-this-client");
    assert.equal(await refused(dovecot, forNobody), "not-for-this-client");
    assert.equal(await refused(dovecot, "x".repeat(43)), "unknown-or-expired");
    await server.latchkey("user", "update", victim.username, "--disable");
    assert.equal(await refused(dovecot, forApi), "user-gone-or-changed");
    const url = `${server.issuer}/token/introspection`;
    const wrong = basicOf({ ...dovecot, clientSecret: "wrong" });
    assert.equal((await postForm(url, { token: forApi }, wrong)).status, 401);
  });

  it("knows the tokens of an API by the audience that it has (TOK-34)", async () => {
    const { server } = scene;
    const uri = "https://orders.example";
    await server.latchkey(
      ...["resource", "add", "--id", uri, "--name", "Orders", "--scope", "orders:read"],
      ...["--audience", "orders"],
    );
    const args = ["--resource", uri, "--scope", "openid orders:read"];
    const shop = await registerRelyingParty(server, { id: "shop", sms: "off", args });
    const orders = await resourceServer("orders", uri);
    const params = { scope: "openid orders:read", resource: uri };
    const { access_token } = await tokensFor(scene, shop, scene.victim(), params);
    const { body } = await introspect(server, orders, access_token);
    assert.deepEqual([body.active, body.aud, body.scope], [true, "orders", "orders:read"]);
    const mailServer = await resourceServer("mail-server", API);
    assert.equal(await refused(mailServer, access_token), "not-for-this-client");
  });

  it("lets a resource server neither sign anybody in nor get a token (TOK-34)", async () => {
    const { server } = scene;
    const api = await resourceServer("only-api", "https://only.example");
    const { url } = await api.begin();
    url.searchParams.set("client_id", "only-api");
    const answer = await fetch(url, { redirect: "manual" });
    assert.equal(answer.status, 400);
    const fields = { grant_type: "refresh_token", refresh_token: "x" };
    assert.equal((await postForm(`${server.issuer}/token`, fields, basicOf(api))).status, 400);
  });

  it("is a resource server's with credentials alone (TOK-34)", async () => {
    const args = ["--id", "open", "--name", "Open", "--resource-server", API, "--public"];
    await assert.rejects(scene.server.latchkey("client", "add", ...args));
  });
});
