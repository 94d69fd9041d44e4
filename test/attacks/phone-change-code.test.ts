// Attacks on a change of phone once the old number was proved: on the new number, on its code, and on what comes in
// between.
import assert from "node:assert/strict";
import { createBrowser } from "../support/browser.ts";
import {
  asksForNumber,
  asksForPassword,
  atAccount,
  atNewCode,
  atNewNumber,
  atOldCode,
  newNumber,
  type Place,
  phoneOf,
  postChange,
  textsTo,
  typePassword,
} from "./account-scene.ts";
import {
  afterPassword,
  answerOf,
  asksForCode,
  atOnce,
  audited,
  openScene,
  otherThan,
  type Scene,
  signedIn,
  tally,
  type Victim,
} from "./scene.ts";

describe("attacks on a new number", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({ limits: { usersPerBoundPhone: 2, attemptsInARowUntilLock: 6 } });
  });
  after(() => scene.server.close());

  const codeFor = (number: string) => scene.server.lastCode(number);
  const give = ({ browser, page }: Place, number: string) =>
    browser.post(page, "code", { code: codeFor(number) });
  const update = (victim: Victim, ...args: string[]) =>
    scene.server.latchkey("user", "update", victim.username, ...args);

  it("changes nothing until its code was right, and then once (BIND-04)", async () => {
    const { server } = scene;
    const victim = scene.victim();
    const phone = newNumber();
    const place = await atNewCode(server, victim, phone);
    assert.equal(await phoneOf(server, victim), `${victim.phone} bound`);
    const old = { code: codeFor(victim.phone) };
    assert.equal((await place.browser.post(place.page, "code", old)).status, 401);
    const answers = await atOnce(20, () => give(place, phone));
    assert.equal(tally(answers.map(({ status }) => status))["303"], 1);
    assert.equal(await phoneOf(server, victim), `${phone} bound`);
    assert.equal((await audited(server, "phone-changed", victim)).length, 1);
  });

  it("takes one of two changes at once", async () => {
    const { server } = scene;
    const victim = scene.victim();
    const phones = [newNumber(), newNumber()];
    const places: Place[] = [];
    for (const phone of phones) places.push(await atNewCode(server, victim, phone));
    const answers = await Promise.all(places.map((place, i) => give(place, phones[i] ?? "")));
    const statuses = answers.map(({ status }) => status);
    assert.deepEqual(statuses.toSorted(), [303, 409]);
    const [winner, loser] = statuses[0] === 303 ? [0, 1] : [1, 0];
    assert.equal(await phoneOf(server, victim), `${phones[winner]} bound`);
    const events = await audited(server, "phone-changed", victim);
    assert.equal(events.length, 1);
    // What the other one had proved is older than the change.
    const place = places[loser];
    assert.ok(place);
    assert.equal((await give(place, phones[loser] ?? "")).status, 409);
    assert.ok(asksForPassword(await place.browser.open(`${server.issuer}/account`)));
  });

  it("voids whatever was proved with the old one, sign-ins under way too (BIND-13)", async () => {
    const { server } = scene;
    const victim = scene.victim();
    const session = await signedIn(scene, scene.strict, victim);
    const waiting = await afterPassword(scene.strict, victim);
    const phone = newNumber();
    const place = await atNewCode(server, victim, phone);
    assert.equal((await give(place, phone)).status, 303);
    const code = { code: codeFor(victim.phone) };
    assert.equal((await waiting.browser.post(waiting.page, "code", code)).status, 409);
    const silent = await scene.strict.begin({ prompt: "none" });
    const answer = answerOf(await session.browser.open(silent.url.href));
    assert.equal(answer.get("error"), "login_required");
    const next = await afterPassword(scene.strict, victim);
    assert.ok(next.page.html.includes(phone.slice(-2)));
  });

  it("counts wrong codes for either number to the one lock (OTP-11)", async () => {
    const { server } = scene;
    const victim = scene.victim();
    const guess = async (place: Place, number: string, times: number) => {
      for (let i = 1; i <= times; i++) {
        const code = otherThan(codeFor(number), i);
        assert.equal((await place.browser.post(place.page, "code", { code })).status, 401);
      }
    };
    const other = await afterPassword(scene.strict, victim);
    const phone = newNumber();
    const place = await atNewCode(server, victim, phone);
    await guess(place, phone, 3);
    await guess(await atOldCode(server, victim), victim.phone, 3);
    for (const number of [phone, newNumber()]) {
      const typed = await place.browser.post(place.page, "phone", { phone: number });
      assert.equal(typed.status, 429);
    }
    assert.equal((await give(place, phone)).status, 429);
    assert.equal((await place.browser.post(place.page, "resend")).status, 429);
    assert.equal((await give(other, victim.phone)).status, 429);
    assert.equal(await phoneOf(server, victim), `${victim.phone} bound`);
  });

  it("counts the texts to it on its challenge, however often another one is typed", async () => {
    const { server } = scene;
    const { browser, page } = await atNewCode(server, scene.victim(), newNumber());
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) {
      statuses.push((await browser.post(page, "phone", { phone: newNumber() })).status);
    }
    assert.deepEqual(tally(statuses), { 303: 4, 429: 2 });
  });

  it("refuses the number that is there, one that too many have, and one that is none", async () => {
    const { server } = scene;
    const victim = scene.victim();
    const shared = newNumber();
    for (let i = 0; i < 2; i++) {
      await signedIn(scene, scene.strict, { ...scene.victimWithoutPhone(), phone: shared });
    }
    const texts = textsTo(server, shared);
    const { browser, page } = await atNewNumber(server, victim);
    for (const phone of [victim.phone, shared, "12", "tel:+14155552671", ""]) {
      const answer = await browser.post(page, "phone", { phone });
      assert.equal(answer.status, 422, phone);
      assert.ok(asksForNumber(answer) && answer.html.includes("Your new mobile number"));
    }
    assert.equal(textsTo(server, shared), texts);
  });

  it("stops when the phone, the password or the rule is another one meanwhile (BIND-01)", async () => {
    const { server } = scene;
    for (const [before, ...change] of [
      ["typed", "--phone", "+14155559801"],
      ["coded", "--phone", "+14155559802"],
      ["typed", "--reset-password"],
      ["coded", "--reset-password"],
    ]) {
      const victim = scene.victim();
      const phone = newNumber();
      const place =
        before === "typed"
          ? await atNewNumber(server, victim)
          : await atNewCode(server, victim, phone);
      await update(victim, ...change);
      const post = before === "typed" ? { phone } : { code: codeFor(phone) };
      const step = before === "typed" ? "phone" : "code";
      const answer = await place.browser.post(place.page, step, post);
      assert.equal(answer.status, 409, `${before} ${change}`);
      assert.equal((await place.browser.post(place.page, "resend")).status, 409);
      assert.ok(!(await phoneOf(server, victim)).startsWith(phone));
    }
  });

  it("stops when phones are the administrator's to give meanwhile", async () => {
    const { server } = scene;
    const victims = [scene.victim(), scene.victim(), scene.victim()] as const;
    const phone = newNumber();
    const typing = await atNewNumber(server, victims[0]);
    const coding = await atNewCode(server, victims[1], phone);
    const resending = await atNewCode(server, victims[2], newNumber());
    await server.latchkey("mfa", "rule", "binding", "administrator");
    try {
      const last = newNumber();
      const pages = [
        await typing.browser.submit(typing.page, "phone", { phone: last }),
        await coding.browser.submit(coding.page, "code", { code: codeFor(phone) }),
        await resending.browser.submit(resending.page, "resend"),
      ];
      for (const page of pages) assert.match(page.html, /can&#39;t change the mobile number/);
      assert.equal(textsTo(server, last), 0);
      for (const victim of victims) {
        assert.equal(await phoneOf(server, victim), `${victim.phone} bound`);
      }
    } finally {
      await server.latchkey("mfa", "rule", "binding", "anybody");
    }
  });
});

describe("attacks on a change of phone when no text can be sent", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({ limits: { sendsPerNumberPerDay: 1 } });
    await scene.server.latchkey("mfa", "rule", "outage", "other-factor");
    await scene.server.latchkey("mfa", "rule", "outage", "other-factor", "--client", "strict");
  });
  after(() => scene.server.close());

  it("takes no recovery code for the old number (BIND-03)", async () => {
    const { server } = scene;
    const victim = scene.victim();
    const made = await server.latchkey("user", "recovery-codes", victim.username);
    const recovery = { recovery_code: made.recoveryCodes[0] };
    await afterPassword(scene.strict, victim);

    const place = await atAccount(server, victim, createBrowser());
    const asked = await place.browser.follow(await postChange(server, place));
    const page = await typePassword(place.browser, asked, victim);
    assert.ok(page.html.includes("/resend") && !asksForCode(page));
    assert.ok(!page.html.includes('name="recovery_code"'));
    const answer = await place.browser.post(page, "recovery-code", recovery);
    assert.equal(answer.status, 409);
    const phone = newNumber();
    assert.equal((await place.browser.post(page, "phone", { phone })).status, 409);
    const shown = await server.latchkey("user", "show", victim.username);
    assert.equal(shown.recoveryCodesLeft, 10);
    // The same code does where it may.
    const visit = await afterPassword(scene.strict, victim);
    const back = await visit.browser.submit(visit.page, "recovery-code", recovery);
    assert.ok(answerOf(back).has("code"));
  });
});
