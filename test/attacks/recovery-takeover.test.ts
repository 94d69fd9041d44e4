// Attacks with an account and somebody else's mailbox: who prepared an account before its owner came, and who changes
// everything at once.
import assert from "node:assert/strict";
import { createBrowser, locationOf } from "../support/browser.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import type { TestServer } from "../support/server.ts";
import {
  atAccount,
  newNumber,
  phoneOf,
  postChange,
  textsTo,
  typePassword,
} from "./account-scene.ts";
import {
  auditedOf,
  mailsOf,
  NEW_PASSWORD,
  newAccount,
  openRecoveryScene,
  recover,
} from "./recovery-scene.ts";
import { afterPassword, answerOf, asksForCode, otherThan, signedIn } from "./scene.ts";

describe("attacks with a mailbox", function () {
  this.timeout(60_000);
  let server: TestServer;
  let strict: RelyingParty;
  let lax: RelyingParty;
  before(async () => {
    server = await openRecoveryScene({}, { RECOVERY: "any" });
    strict = await registerRelyingParty(server, { id: "strict", sms: "on" });
    lax = await registerRelyingParty(server, { id: "lax", public: true });
  });
  after(() => server.close());

  it("end with the mailbox's owner, whoever registered the account before (BIND-14)", async () => {
    const account = await newAccount(server, "--name", "Unverified");
    // The one who came first: signed in, with a phone of theirs, and with recovery codes.
    await signedIn({ server }, strict, account);
    const squatter = createBrowser();
    await signedIn({ server }, lax, account, {}, squatter);
    await server.latchkey("user", "recovery-codes", account.username);

    const done = await recover(server, account);
    assert.equal(done.status, 200);
    const [mail] = await mailsOf(server, account.email, "password-recovered", 1);
    assert.match(
      mail?.text ?? "",
      new RegExp(`still go to the number below[\\s\\S]*${account.phone.slice(-2)}`),
    );

    const shown = await server.latchkey("user", "show", account.username);
    assert.deepEqual(
      [shown.emailVerified, shown.recoveryCodesLeft, shown.phoneStatus],
      [true, 0, "bound"],
    );
    const silent = await squatter.open((await lax.begin({ prompt: "none" })).url.href);
    assert.equal(answerOf(silent).get("error"), "login_required");
    assert.equal((await afterPassword(lax, account)).page.status, 401);
    // The phone stays, whosoever it is: recovery is no way around the second step.
    const { page } = await afterPassword(strict, { ...account, password: NEW_PASSWORD });
    assert.ok(asksForCode(page));
    const [event] = await auditedOf(server, "recovery-done", account);
    assert.deepEqual(event?.details.emailVerified, { before: false, after: true });
  });

  it("do not put a second step back that is off, while nobody had verified the address", async () => {
    const off = await openRecoveryScene({ attemptsInARowUntilOff: 3 }, { RECOVERY: "any" });
    try {
      const two = await registerRelyingParty(off, { id: "strict", sms: "on" });
      const account = await newAccount(off, "--name", "Unverified");
      await signedIn({ server: off }, two, account);
      const { browser, page } = await afterPassword(two, account);
      const code = off.lastCode(account.phone);
      for (let i = 1; i <= 3; i++) await browser.post(page, "code", { code: otherThan(code, i) });
      await recover(off, account);
      const { secondFactor } = await off.latchkey("user", "show", account.username);
      assert.equal(secondFactor.state, "off");
      assert.equal((await auditedOf(off, "user-second-factor-unlocked", account)).length, 0);
    } finally {
      await off.close();
    }
  });

  it("are flagged when a phone is bound or changed soon after, and the other way round (BIND-15)", async () => {
    const account = await newAccount(server);
    await recover(server, account);
    const renewed = { ...account, password: NEW_PASSWORD };
    await signedIn({ server }, strict, renewed);
    const [bound] = await auditedOf(server, "phone-bound", account, "actor");
    assert.equal(typeof bound?.details.secondsAfterRecovery, "number");
    const [done] = await auditedOf(server, "recovery-done", account);
    assert.equal(done?.details.secondsAfterPhoneChange, undefined);

    await server.latchkey("user", "update", account.username, "--phone", "+14155559123");
    const changed = (await auditedOf(server, "user-changed", account)).at(-1);
    assert.equal(typeof changed?.details.secondsAfterRecovery, "number");

    const other = await newAccount(server);
    await signedIn({ server }, strict, other);
    const [unflagged] = await auditedOf(server, "phone-bound", other, "actor");
    assert.deepEqual(unflagged?.details, {});
    await recover(server, other);
    const [flagged] = await auditedOf(server, "recovery-done", other);
    assert.equal(typeof flagged?.details.secondsAfterPhoneChange, "number");
  });

  it("change no phone within a day of a recovery (BIND-15)", async () => {
    const account = await newAccount(server);
    await signedIn({ server }, strict, account);
    await recover(server, account);
    const renewed = { ...account, password: NEW_PASSWORD };
    const texts = textsTo(server, account.phone);

    assert.match((await atAccount(server, renewed)).page.html, /a short time ago/);
    // The page has no button for it; the address behind the button is no secret.
    const elsewhere = await postChange(server, await atAccount(server, await newAccount(server)));
    const browser = createBrowser();
    const page = await browser.open(locationOf(elsewhere));
    const refused = await typePassword(browser, page, renewed);
    assert.match(refused.html, /you can&#39;t change your mobile number/);
    for (const step of ["phone", "code", "resend", "recovery-code"]) {
      const fields = { phone: newNumber(), code: "123456" };
      assert.equal((await browser.post(refused, step, fields)).status, 409, step);
    }
    assert.equal(textsTo(server, account.phone), texts);
    assert.equal(await phoneOf(server, renewed), `${account.phone} bound`);
  });
});
