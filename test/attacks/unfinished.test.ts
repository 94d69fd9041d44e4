// Somebody has the right password and not the second step: its owner hears of it, however that sign-in ends.
import assert from "node:assert/strict";
import type { Notice } from "../../src/domain/mail.ts";
import { type Later, later } from "../support/later.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";
import {
  afterPassword,
  atSignIn,
  audited,
  otherThan,
  signedIn,
  TWO,
  type Victim,
  type Visit,
} from "./scene.ts";

type Account = Victim & { readonly email: string };

const KIND = "second-step-unfinished";
const MAILS_MAX = 2;

describe("a right password without a second step", function () {
  this.timeout(60_000);
  let server: TestServer;
  let strict: RelyingParty;
  let lax: RelyingParty;
  let accounts = 0;
  before(async () => {
    const limits = { sendGapSeconds: 0, unfinishedSignInMailsPerDay: MAILS_MAX };
    server = await startServer({ limits });
    strict = await registerRelyingParty(server, { id: "strict", sms: "on" });
    lax = await registerRelyingParty(server, { id: "lax" });
  });
  after(() => server.close());

  async function newAccount({ verified = true, phoned = true } = {}): Promise<Account> {
    const i = ++accounts;
    const [username, email, phone] = [`user${i}`, `user${i}@example.com`, `+1415555${4000 + i}`];
    const { id, password } = await server.latchkey(
      ...["user", "add", "--username", username, "--email", email],
      ...(verified ? ["--email-verified"] : []),
      ...(phoned ? ["--phone", phone] : []),
    );
    return { id, username, password, email, phone };
  }

  const binding = (rule: string) =>
    server.latchkey("mfa", "rule", "binding", rule, "--client", "strict");
  const delivered = ({ email }: Account, purpose: string = KIND) =>
    server.mails().filter((mail) => mail.to === email && mail.purpose === purpose);
  const hears = (account: Account, count = 1) =>
    until(() => delivered(account).length >= count, "no mail");
  // Mails go out in order.
  async function hearsNothingMore(account: Account, count = 0): Promise<void> {
    const witness = await newAccount();
    await giveUp(witness);
    await hears(witness);
    assert.equal(delivered(account).length, count);
  }

  async function giveUp(account: Account): Promise<void> {
    const { browser, page } = await afterPassword(strict, account);
    await browser.submit(page, "abort");
  }
  async function guess({ browser, page }: Visit, { phone }: Account, times: number) {
    for (let i = 1; i <= times; i++) {
      const code = otherThan(server.lastCode(phone), i);
      assert.equal((await browser.post(page, "code", { code })).status, 401);
    }
  }
  const whenOver = (act: (then: Later) => Promise<void>) => later(server, 1000, act);
  // What the owner of an account is told once all sign-ins that are under way have expired.
  async function toldWhenOver(account: Account): Promise<Notice[]> {
    const notices: Notice[] = [];
    await whenOver(async (then) => {
      await then.sweep();
      for (const { to, notice } of await then.mails(KIND))
        if (to === account.email) notices.push(notice);
    });
    return notices;
  }

  it("is told at once when it is given up, without a code, an address or a number (OTP-13)", async () => {
    const account = await newAccount();
    const visit = await afterPassword(strict, account, { ui_locales: "es" });
    await guess(visit, account, 1);
    await visit.browser.submit(visit.page, "abort");
    await hears(account);
    const [mail] = delivered(account);
    assert.match(mail?.subject ?? "", /Alguien usó su contraseña/);
    assert.match(mail?.text ?? "", /Códigos incorrectos: 1\n.*Si no fue usted/s);
    for (const secret of [account.phone.slice(-4), server.lastCode(account.phone), "127.0.0.1"]) {
      assert.ok(!mail?.text.includes(secret), secret);
    }
    assert.doesNotMatch(mail?.text ?? "", /https?:/);
    const [event] = await audited(server, "sign-in-aborted", account);
    assert.deepEqual(event?.details, { step: "code", wrongCodes: 1 });
    assert.deepEqual(await toldWhenOver(account), []);
    await hearsNothingMore(account, 1);
  });

  it("is told once when it is left until it expires, however many nodes sweep (OTP-13)", async () => {
    const account = await newAccount();
    const began = Date.now();
    const visit = await afterPassword(strict, account, { ui_locales: "de" });
    await guess(visit, account, 2);
    await whenOver(async (then) => {
      await then.sweep(4);
      const mails = await then.mails(KIND);
      const [mail] = mails;
      assert.deepEqual(
        mails.map(({ to }) => to),
        [account.email],
      );
      assert.ok(mail?.language === "de" && mail.notice.kind === KIND);
      const { since, ...notice } = mail.notice;
      assert.deepEqual(notice, { kind: KIND, step: "code", wrongCodes: 2 });
      assert.ok(since >= began && since <= Date.now(), "not when the password was typed");
      await then.sweep();
      assert.deepEqual(await then.mails(KIND), []);
    });
    const [event, ...more] = await audited(server, "sign-in-abandoned", account);
    assert.deepEqual(event?.details, { step: "code", wrongCodes: 2 });
    assert.deepEqual([event.because, more.length], ["expired", 0]);
  });

  it("is told of a phone that was to be bound, and of a second step that was refused", async () => {
    const account = await newAccount({ phoned: false });
    await afterPassword(strict, account);
    const [bind] = await toldWhenOver(account);
    assert.ok(bind?.kind === KIND && bind.step === "bind-phone");

    const { browser, page } = await afterPassword(strict, account);
    await browser.submit(page, "phone", { phone: account.phone });
    const [typed] = await toldWhenOver(account);
    assert.ok(typed?.kind === KIND && typed.step === "bind-phone");

    const barred = await newAccount({ phoned: false });
    await binding("administrator");
    await afterPassword(strict, barred);
    const [refused] = await toldWhenOver(barred);
    await binding("anybody");
    assert.ok(refused?.kind === KIND && refused.step === "refused");
  });

  it("is told at once when the application wanted what cannot be, and so is whom that replaced", async () => {
    const [alice, account] = [await newAccount(), await newAccount({ phoned: false })];
    await binding("administrator");
    const claims = JSON.stringify({ id_token: { acr: { essential: true, value: TWO } } });
    const visit = await afterPassword(strict, alice, { claims });
    const { username: login, password } = account;
    const page = await visit.browser.submit(visit.page, "login", { login, password });
    await binding("anybody");
    assert.equal(strict.errorOf(page), "unmet_authentication_requirements");
    for (const each of [alice, account]) await hears(each);
    assert.match(delivered(account)[0]?.text ?? "", /wasn't possible/);
    assert.equal((await audited(server, "sign-in-abandoned", alice)).length, 1);
    assert.equal((await audited(server, "sign-in-refused", account)).length, 1);
  });

  it("is told when somebody else signs in over it, and to whom it concerns", async () => {
    const [alice, bob] = [await newAccount(), await newAccount()];
    const { browser, page } = await afterPassword(strict, alice);
    const { username: login, password } = bob;
    const next = await browser.submit(page, "login", { login, password });
    await hears(alice);
    const [event] = await audited(server, "sign-in-abandoned", alice);
    assert.deepEqual([event?.because, event?.details], ["replaced", { step: "code" }]);
    await browser.submit(next, "code", { code: server.lastCode(bob.phone) });
    assert.deepEqual(await toldWhenOver(alice), []);
    await hearsNothingMore(bob);
    assert.equal(delivered(alice).length, 1);
  });

  it("is not told when the same user begins again, but when that is left", async () => {
    const account = await newAccount();
    const { username: login, password } = account;
    const visit = await afterPassword(strict, account);
    await guess(visit, account, 1);
    await visit.browser.submit(visit.page, "login", { login, password: "not the password" });
    await visit.browser.submit(visit.page, "login", { login, password });
    await hearsNothingMore(account);
    const told = await toldWhenOver(account);
    assert.equal(told.length, 1);
    assert.ok(told[0]?.kind === KIND && told[0].wrongCodes === 1);
  });

  it("is not told of a sign-in that came to its end", async () => {
    const account = await newAccount();
    await signedIn({ server }, strict, account);
    await signedIn({ server }, lax, account);
    assert.deepEqual(await toldWhenOver(account), []);
    assert.deepEqual(await audited(server, "sign-in-abandoned", account), []);
    await hearsNothingMore(account);
  });

  it("is not what a step-up shows that is left or given up: that is in the audit log", async () => {
    const account = await newAccount();
    const { browser } = await signedIn({ server }, lax, account);
    const left = await atSignIn(strict, {}, browser);
    await left.browser.submit(left.page, "resend");
    assert.deepEqual(await toldWhenOver(account), []);
    const [event] = await audited(server, "step-up-abandoned", account);
    assert.deepEqual([event?.because, event?.details], ["expired", { step: "code" }]);
    const { page } = await atSignIn(strict, {}, browser);
    await browser.submit(await browser.submit(page, "resend"), "abort");
    assert.equal((await audited(server, "step-up-aborted", account)).length, 1);
    await hearsNothingMore(account);
  });

  it("is not told twice, where the third wrong code was told", async () => {
    const [given, left] = [await newAccount(), await newAccount()];
    for (const account of [given, left]) {
      const visit = await afterPassword(strict, account);
      await guess(visit, account, 5);
      const again = await visit.browser.submit(visit.page, "resend");
      if (account === given) await visit.browser.submit(again, "abort");
    }
    assert.deepEqual(await toldWhenOver(left), []);
    assert.equal((await audited(server, "sign-in-abandoned", left)).length, 1);
    const [event] = await audited(server, "sign-in-aborted", given);
    assert.deepEqual(event?.details, { step: "code", wrongCodes: 5 });
    await hearsNothingMore(given);
    assert.equal(delivered(given, "codes-rejected").length, 1);
  });

  it("is told so often in a day, and written down each time (OTP-13)", async () => {
    const account = await newAccount();
    for (let i = 0; i < MAILS_MAX + 1; i++) await giveUp(account);
    await hearsNothingMore(account, MAILS_MAX);
    await afterPassword(strict, account);
    assert.deepEqual(await toldWhenOver(account), []);
    assert.equal((await audited(server, "sign-in-aborted", account)).length, MAILS_MAX + 1);
    assert.equal((await audited(server, "sign-in-abandoned", account)).length, 1);
  });

  it("is told to no address that nobody verified", async () => {
    const account = await newAccount({ verified: false });
    await giveUp(account);
    await afterPassword(strict, account);
    assert.deepEqual(await toldWhenOver(account), []);
    for (const action of ["sign-in-aborted", "sign-in-abandoned"]) {
      assert.equal((await audited(server, action, account)).length, 1);
    }
    await hearsNothingMore(account);
  });
});
