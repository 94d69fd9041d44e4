// Somebody forgets the password and gets back in by a mailed link.
import assert from "node:assert/strict";
import {
  askForLink,
  NEW_PASSWORD,
  newAccount,
  openRecovery,
  recoveryLink,
  setPassword,
} from "../attacks/recovery-scene.ts";
import { createBrowser } from "../support/browser.ts";
import { type RelyingParty, registerRelyingParty, signIn } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";

describe("a forgotten password", function () {
  this.timeout(60_000);
  let server: TestServer;
  let app: RelyingParty;
  before(async () => {
    server = await startServer();
    app = await registerRelyingParty(server, { id: "app" });
  });
  after(() => server.close());

  it("is replaced by way of the sign-in page and a mail, and the new one signs in (TOK-24)", async () => {
    const account = await newAccount(server);
    const browser = createBrowser(undefined, { "Accept-Language": "de" });
    const page = await browser.open((await app.begin()).url.href);
    const href = /href="(\/recovery)"/.exec(page.html)?.[1] ?? assert.fail("no link");
    const form = await browser.open(new URL(href, page.url).href);
    assert.match(form.html, /Passwort vergessen\?/);
    const asked = await askForLink(server, account.username, browser);
    assert.equal(new URL(asked.url).pathname, "/recovery/sent");
    assert.equal(asked.status, 200);
    assert.match(asked.html, /Er funktioniert 60 Minuten lang/);

    const link = await recoveryLink(server, account.email);
    assert.match(server.mails().at(-1)?.subject ?? "", /Neues Passwort wählen/);
    const opened = await openRecovery(browser, link);
    assert.equal(opened.status, 200);
    const done = await setPassword(browser, opened, NEW_PASSWORD);
    assert.equal(new URL(done.url).pathname, "/recovery/done");
    assert.equal(done.status, 200);
    assert.match(done.html, /Ihr Passwort wurde geändert/);

    const begun = await app.begin();
    const given = { ...account, password: NEW_PASSWORD };
    const tokens = await app.finish(begun, await signIn(server, createBrowser(), begun, given));
    assert.deepEqual(tokens.claims()?.amr, ["pwd"]);
  });
});
