// Two servers on one database, every request to the other one than the request before: what one of them
// answers, the other has to know.
import assert from "node:assert/strict";
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import * as oidc from "openid-client";
import {
  afterPassword,
  answerOf,
  asksForCode,
  atOnce,
  exchangeFields,
  otherThan,
  postToken,
  type Scene,
  sceneOn,
  signedIn,
  tally,
  tokensFor,
  type Visit,
  wait,
} from "../attacks/scene.ts";
import { type Nodes, startNodes } from "../support/nodes.ts";

// Longer than the five seconds in which every node learns of a new key.
const PUBLISH_SECONDS = 7;

describe("two nodes on one database", function () {
  this.timeout(60_000);
  let nodes: Nodes;
  let scene: Scene;

  before(async () => {
    nodes = await startNodes({
      limits: {
        sendGapSeconds: 0,
        sendsPerNumberPerDay: 1000,
        signingKeyPublishSeconds: PUBLISH_SECONDS,
      },
    });
    scene = await sceneOn(nodes.front);
  });
  after(() => nodes.close());

  const codeOf = (victim: { phone: string }) => nodes.front.lastCode(victim.phone);

  it("carry a sign-in from one to the other at every step", async () => {
    const before = nodes.balancer.served();
    const tokens = await tokensFor(scene, scene.strict, scene.victim());
    assert.deepEqual(tokens.claims()?.amr, ["pwd", "sms", "mfa"]);
    const bound = await tokensFor(scene, scene.strict, scene.victimWithoutPhone());
    assert.deepEqual(bound.claims()?.amr, ["pwd", "sms", "mfa"]);
    const [one = 0, other = 0] = nodes.balancer
      .served()
      .map((count, i) => count - (before[i] ?? 0));
    assert.ok(one >= 6 && other >= 6, `${one} and ${other} requests`);
    assert.ok(Math.abs(one - other) <= 1, "every request went to the other one");
  });

  it("accept one of two hundred right codes at once", async () => {
    const victim = scene.victim();
    const { browser, begun, page } = await afterPassword(scene.strict, victim);
    const code = codeOf(victim);
    const answers = await atOnce(200, () => browser.post(page, "code", { code }));
    const statuses = tally(answers.map(({ status }) => status));
    assert.equal(statuses[303], 1, JSON.stringify(statuses));
    const winner = answers.find(({ status }) => status === 303);
    assert.ok(winner);
    assert.ok((await scene.strict.finish(begun, await browser.follow(winner))).id_token);
  });

  it("look at five of two hundred wrong codes at once, and then not at the right one", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const code = codeOf(victim);
    const answers = await atOnce(200, (i) =>
      browser.post(page, "code", { code: otherThan(code, i + 1) }),
    );
    const statuses = tally(answers.map(({ status }) => status));
    assert.equal(statuses[401], 5, JSON.stringify(statuses));
    assert.equal((await browser.post(page, "code", { code })).status, 410);
  });

  it("share the lock of a user: ten of thirty wrong codes over three sign-ins", async () => {
    const victim = scene.victim();
    const visits: Visit[] = [];
    for (let i = 0; i < 3; i++) visits.push(await afterPassword(scene.strict, victim));
    const code = codeOf(victim);
    const answers = await atOnce(30, (i) => {
      const visit = visits[i % 3];
      assert.ok(visit);
      return visit.browser.post(visit.page, "code", { code: otherThan(code, i + 1) });
    });
    const looked = answers.filter(({ status }) => status === 401).length;
    assert.equal(looked, 10, JSON.stringify(tally(answers.map(({ status }) => status))));
    const locked = await afterPassword(scene.strict, victim);
    assert.match(locked.page.html, /are paused until/);
  });

  it("exchange an authorization code once", async () => {
    const visit = await signedIn(scene, scene.strict, scene.victim());
    const fields = exchangeFields(scene.strict, visit);
    const answers = await atOnce(50, () => postToken(nodes.front, scene.strict, fields));
    const statuses = tally(answers.map(({ status }) => status));
    assert.deepEqual(statuses, { 200: 1, 400: 49 });
  });

  it("renew silently at both at once, and lose no application", async () => {
    const victim = scene.victim();
    const { browser } = await signedIn(scene, scene.strict, victim);
    const renewals = await atOnce(6, async (i) => {
      const party = i % 2 === 0 ? scene.strict : scene.lax;
      const begun = await party.begin({ prompt: "none" });
      const page = await (await browser.clone()).open(begun.url.href);
      assert.equal(answerOf(page).get("error"), null);
      return party.finish(begun, page);
    });
    assert.equal(renewals.filter((tokens) => tokens.id_token).length, 6);
  });

  it("take a switch on the next request, at whichever it arrives", async () => {
    const victim = scene.victim();
    for (const [turn, asked] of [
      ["off", false],
      ["on", true],
    ] as const) {
      await nodes.front.latchkey("mfa", "client", "strict", turn);
      for (let i = 0; i < 2; i++) {
        const { page } = await afterPassword(scene.strict, victim);
        assert.equal(asksForCode(page), asked, turn);
      }
    }
  });

  it("go on when one of them dies in the middle of a sign-in", async () => {
    const victim = scene.victim();
    const { browser, begun, page } = await afterPassword(scene.strict, victim);
    const [, second] = nodes.all;
    assert.ok(second);
    await second.kill("SIGKILL");
    try {
      const done = await browser.submit(page, "code", { code: codeOf(victim) });
      assert.ok((await scene.strict.finish(begun, done)).id_token);
    } finally {
      await second.restart();
    }
  });

  it("rotate their keys without a restart and without one failed verification", async () => {
    const tokens = await tokensFor(scene, scene.strict, scene.victim());
    // This client leaves the signatures to us: its own cache outlives the time of publishing in this test.
    const trusting = await oidc.discovery(
      new URL(nodes.front.issuer),
      scene.strict.clientId,
      undefined,
      oidc.ClientSecretBasic(scene.strict.clientSecret ?? ""),
      { execute: [oidc.allowInsecureRequests] },
    );
    const jwks = createRemoteJWKSet(new URL(`${nodes.front.issuer}/jwks`), {
      cacheMaxAge: 2_000,
      cooldownDuration: 0,
    });
    await nodes.front.latchkey("key", "rotate");
    const signers = new Set<string>();
    let last = tokens.refresh_token ?? "";
    let verified = 0;
    for (let waited = 0; waited < (PUBLISH_SECONDS + 8) * 1000; waited += 100) {
      const refreshed = await oidc.refreshTokenGrant(trusting, last);
      last = refreshed.refresh_token ?? "";
      const idToken = refreshed.id_token ?? "";
      await jwtVerify(idToken, jwks, { issuer: nodes.front.issuer });
      verified++;
      signers.add(decodeProtectedHeader(idToken).kid ?? "");
      await wait(100);
    }
    assert.equal(signers.size, 2, "the new key signs by now");
    assert.ok(verified > 50);
    await jwtVerify(tokens.id_token ?? "", jwks, { issuer: nodes.front.issuer });
  });
});

describe("two nodes with gaps between texts", () => {
  let nodes: Nodes;
  let scene: Scene;
  before(async () => {
    nodes = await startNodes({ limits: { sendGapSeconds: 600 } });
    scene = await sceneOn(nodes.front);
  });
  after(() => nodes.close());

  it("send one text, from however many sign-ins it is asked for at once", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const resent = await atOnce(20, () => browser.post(page, "resend"));
    const others = await atOnce(5, () => afterPassword(scene.strict, victim));
    assert.ok(resent.every(({ status }) => status === 429));
    assert.equal(others.length, 5);
    assert.equal(nodes.front.texts().filter(({ to }) => to === victim.phone).length, 1);
  });
});
