// Attacks on an application's binding rule by way of another application, or of the user's own page, whose rule is
// laxer: what was bound there counts only as far as it was bound as strictly as is asked for here.
import assert from "node:assert/strict";
import type { Browser, Page } from "../support/browser.ts";
import { type RelyingParty, registerRelyingParty } from "../support/relying-party.ts";
import { atAccount, atNewCode, newNumber } from "./account-scene.ts";
import { linkTo, newAccount, tokenOf } from "./link-scene.ts";
import {
  afterPassword,
  answerOf,
  asksForCode,
  ONE,
  openScene,
  type Scene,
  signedIn,
  TWO,
  type Victim,
} from "./scene.ts";

const isRefused = (page: Page) => /doesn&#39;t accept your mobile number/.test(page.html);

describe("attacks on a strict binding rule by way of a lax one", () => {
  let scene: Scene;
  let bank: RelyingParty;
  let mailing: RelyingParty;
  let early: RelyingParty;
  before(async () => {
    scene = await openScene({ limits: { mailedLinkGapSeconds: 0 } });
    const { server } = scene;
    const strictly = async (id: string, ...rule: string[]) => {
      const party = await registerRelyingParty(server, { id, sms: "on" });
      await server.latchkey("mfa", "rule", "binding", ...rule, "--client", id);
      return party;
    };
    bank = await strictly("bank", "administrator");
    mailing = await strictly("mailing", "mailed-link");
    early = await strictly("early", "within-days", "14");
  });
  after(() => scene.server.close());

  const bindAt = (party: RelyingParty, victim: Victim, browser?: Browser) =>
    signedIn(scene, party, victim, { acr_values: TWO }, browser);
  const assign = (victim: Victim, phone: string) =>
    scene.server.latchkey("user", "update", victim.username, "--phone", phone);
  const show = (victim: Victim) => scene.server.latchkey("user", "show", victim.username);
  const explain = (party: RelyingParty, victim: Victim) =>
    scene.server.latchkey(
      ...["mfa", "explain", "--client", party.clientId, "--user", victim.username],
      ...["--source", "password"],
    );

  it("takes no code of a phone that a password alone bound elsewhere (BIND-20)", async () => {
    const victim = scene.victimWithoutPhone();
    const { page: done } = await bindAt(scene.lax, victim);
    assert.ok(answerOf(done).has("code"));

    const texts = scene.server.texts().length;
    const { browser, page } = await afterPassword(bank, victim);
    assert.ok(isRefused(page), "says why");
    for (const [post, fields] of [
      ["phone", { phone: newNumber() }],
      ["code", { code: scene.server.lastCode(victim.phone) }],
      ["resend", {}],
      ["recovery-code", { code: "0000-0000-0000-0000-0000-0000" }],
    ] as const) {
      assert.equal((await browser.post(page, post, fields)).status, 409, post);
    }
    assert.equal(scene.server.texts().length, texts);
    assert.equal((await explain(bank, victim)).because, "phone-not-accepted");
    assert.equal((await explain(scene.lax, victim)).need, "none");
  });

  it("does not count what a session proved with such a phone (BIND-20)", async () => {
    const victim = scene.victimWithoutPhone();
    const { browser } = await bindAt(scene.lax, victim);
    const silent = await bank.begin({ prompt: "none" });
    assert.equal(bank.errorOf(await browser.open(silent.url.href)), "interaction_required");
    assert.ok(isRefused(await browser.open((await bank.begin()).url.href)));
    const essential = { id_token: { acr: { essential: true, value: TWO } } };
    const asked = await bank.begin({ claims: JSON.stringify(essential) });
    const answer = await browser.open(asked.url.href);
    assert.equal(bank.errorOf(answer), "unmet_authentication_requirements");
  });

  it("holds an essential acr to the application's own rule where its SMS switch is off (BIND-20)", async () => {
    const victim = scene.victimWithoutPhone();
    const { browser } = await bindAt(scene.lax, victim);
    await scene.server.latchkey("mfa", "client", "bank", "off");
    try {
      const begun = await bank.begin();
      const plain = await bank.finish(begun, await browser.open(begun.url.href));
      assert.deepEqual(plain.claims()?.amr, ["pwd"], "nor is it told of the other one");
      assert.equal(plain.claims()?.acr, ONE);
      const asked = await bank.begin({ acr_values: TWO });
      assert.ok(isRefused(await browser.open(asked.url.href)));
    } finally {
      await scene.server.latchkey("mfa", "client", "bank", "on");
    }
  });

  it("accepts the number of an administrator, before and after its first right code (BIND-20)", async () => {
    const victim = scene.victim();
    const { browser } = await bindAt(scene.lax, victim);
    const next = await browser.open((await bank.begin()).url.href);
    assert.ok(answerOf(next).has("code"), "what the session proved counts");
    assert.ok(asksForCode((await afterPassword(bank, victim)).page));
    assert.ok(asksForCode((await afterPassword(bank, scene.victim())).page));
    assert.equal((await show(victim)).phoneEnrolment.by, "administrator");
  });

  it("accepts a bound number once an administrator says it again (BIND-20)", async () => {
    const victim = scene.victimWithoutPhone();
    const { browser } = await bindAt(scene.lax, victim);
    assert.equal((await show(victim)).phoneEnrolment.by, "user");
    await assign(victim, victim.phone);
    const shown = await show(victim);
    assert.deepEqual([shown.phoneStatus, shown.phoneEnrolment.by], ["bound", "administrator"]);
    const next = await browser.open((await bank.begin()).url.href);
    assert.ok(answerOf(next).has("code"), "nobody was signed out");
  });

  it("takes the fixed code of a test number for no administrator (BIND-20)", async () => {
    const victim = { ...scene.victimWithoutPhone(), phone: "+14155550199" };
    const { latchkeyReading } = scene.server;
    const soon = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, "Z");
    await latchkeyReading(
      "271828",
      "test-number",
      "add",
      victim.phone,
      "--name",
      "t",
      "--until",
      soon,
      "--code-stdin",
    );
    const { browser, page } = await afterPassword(scene.lax, victim, { acr_values: TWO });
    const code = await browser.submit(page, "phone", { phone: victim.phone });
    assert.ok(answerOf(await browser.submit(code, "code", { code: "271828" })).has("code"));
    const shown = await show(victim);
    assert.deepEqual([shown.phoneStatus, shown.phoneEnrolment.by], ["assigned", "user"]);
    assert.ok(isRefused((await afterPassword(bank, victim)).page));
  });

  it("wants the link opened where the number was typed, or an administrator (BIND-20)", async () => {
    const { server } = scene;
    const account = await newAccount(server);
    await bindAt(scene.lax, account);
    assert.ok(isRefused((await afterPassword(mailing, account)).page));
    assert.ok(asksForCode((await afterPassword(early, account)).page), "the account was new");

    const linked = await newAccount(server);
    const { browser } = await afterPassword(mailing, linked);
    const link = await linkTo(server, linked.email);
    const opened = await browser.open(link);
    const asked = await browser.submit(opened, "link", { token: tokenOf(link) });
    const typed = await browser.submit(asked, "phone", { phone: linked.phone });
    const done = await browser.submit(typed, "code", { code: server.lastCode(linked.phone) });
    assert.ok(answerOf(done).has("code"));
    assert.deepEqual(
      [(await show(linked)).phoneEnrolment.linkOpened, (await explain(bank, linked)).because],
      [true, "phone-not-accepted"],
    );
    assert.ok(asksForCode((await afterPassword(mailing, linked)).page));
  });

  it("takes a phone that its user replaced for no administrator's (BIND-20)", async () => {
    const { server } = scene;
    const victim = scene.victim();
    await bindAt(scene.lax, victim);
    await atAccount(server, victim);
    const phone = newNumber();
    const { browser, page } = await atNewCode(server, victim, phone);
    await browser.submit(page, "code", { code: server.lastCode(phone) });
    assert.equal((await show(victim)).phoneEnrolment.by, "user");
    assert.ok(isRefused((await afterPassword(bank, victim)).page));
    const moved = { ...victim, phone };
    assert.ok(asksForCode((await afterPassword(mailing, moved)).page), "they showed the old one");
  });

  it("lets nobody on who typed the code after the rule became stricter (BIND-20)", async () => {
    const victim = scene.victimWithoutPhone();
    await bindAt(scene.lax, victim);
    const { server, strict } = scene;
    const { browser, page } = await afterPassword(strict, victim);
    await server.latchkey("mfa", "rule", "binding", "administrator", "--client", "strict");
    try {
      const after = await browser.submit(page, "code", { code: server.lastCode(victim.phone) });
      assert.ok(isRefused(after));
    } finally {
      await server.latchkey("mfa", "rule", "binding", "anybody", "--client", "strict");
    }
  });

  it("lets nobody into their own page with such a phone, though it was proved just now (BIND-20)", async () => {
    const { server } = scene;
    const victim = scene.victimWithoutPhone();
    await server.latchkey("mfa", "global", "on");
    await server.latchkey("mfa", "client", "lax", "on");
    await server.latchkey("mfa", "rule", "binding", "administrator");
    try {
      const { browser } = await bindAt(scene.lax, victim);
      assert.ok(isRefused(await browser.open(`${server.issuer}/account`)));
    } finally {
      await server.latchkey("mfa", "rule", "binding", "anybody");
      await server.latchkey("mfa", "global", "off");
      await server.latchkey("mfa", "client", "lax", "inherit");
    }
  });
});
