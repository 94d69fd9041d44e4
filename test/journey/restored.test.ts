// What an operator runs after restoring a backup, on whichever store: nothing that was handed out before lives on.
import assert from "node:assert/strict";
import * as oidc from "openid-client";
import {
  askForLink,
  auditedOf,
  newAccount,
  openRecovery,
  recoveryLink,
} from "../attacks/recovery-scene.ts";
import { createBrowser } from "../support/browser.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";

describe("latchkey store restored, on a store that is served from", function () {
  this.timeout(60_000);
  let server: TestServer;
  let app: RelyingParty;

  before(async () => {
    server = await startServer();
    app = await registerRelyingParty(server, { id: "app" });
  });
  after(() => server.close());

  it("ends sessions, tokens and sign-ins under way at once, and lets everybody sign in anew", async () => {
    const user = await server.latchkey("user", "add", "--username", "alice");
    const given = { login: "alice", password: user.password };
    const browser = createBrowser();
    const begun = await app.begin();
    const page = await browser.open(begun.url.href);
    const tokens = await app.finish(begun, await browser.submit(page, "login", given));
    const underWay = createBrowser();
    const halfDone = await underWay.open((await app.begin()).url.href);

    const { ended } = await server.latchkey("store", "restored");
    assert.ok(ended >= 5, `session, grant, two tokens, an interaction: ${ended}`);
    assert.deepEqual(await server.latchkey("store", "restored"), { ended: 0 });

    const refreshed = oidc.refreshTokenGrant(app.config, tokens.refresh_token ?? "");
    await assert.rejects(refreshed, { error: "invalid_grant" });
    const facts = await oidc.tokenIntrospection(app.config, tokens.access_token);
    assert.equal(facts.active, false);
    const lost = await underWay.post(halfDone, "login", given);
    assert.equal(lost.status, 404);

    const again = await app.begin();
    const asked = await browser.open(again.url.href);
    assert.match(asked.html, /name="password"/, "the session is alive");
    await app.finish(again, await browser.submit(asked, "login", given));
  });

  it("ends links for a forgotten password, which a backup may bring back to life", async () => {
    await server.latchkey("store", "restored");
    const account = await newAccount(server);
    await askForLink(server, account.username);
    const link = await recoveryLink(server, account.email);
    const browser = createBrowser();
    assert.equal((await openRecovery(browser, link)).status, 200);
    assert.deepEqual(await server.latchkey("store", "restored"), { ended: 1 });
    assert.equal((await openRecovery(browser, link)).status, 410);
    assert.deepEqual(await server.latchkey("store", "restored"), { ended: 0 });
    assert.equal((await auditedOf(server, "recovery-ended", account)).length, 1);
  });
});
