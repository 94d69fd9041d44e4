// No text can be sent: who gets on, who does not, and what an attacker makes of it.
import assert from "node:assert/strict";
import { type FakeVonage, fakes, startFakeVonage } from "../support/fake-vonage.ts";
import {
  afterPassword,
  answerOf,
  asksForCode,
  atOnce,
  audited,
  ONE,
  openScene,
  type Scene,
  TWO,
  tally,
  type Victim,
  type Visit,
} from "./scene.ts";

const WRONG = "0000-0000-0000-0000-0000-0000";
// Another one for each number.
const wrongBy = (by: number) => `${WRONG.slice(0, -4)}${String(by).padStart(4, "0")}`;
const DOWN = fakes.status(503);

describe("attacks when no text can be sent", () => {
  let vonage: FakeVonage;
  let scene: Scene;
  before(async () => {
    vonage = await startFakeVonage();
    scene = await openScene({
      env: {
        ...{ SMS_PROVIDERS: "vonage", SMS_COUNTRIES: "US", VONAGE_HOST: vonage.url },
        ...{ VONAGE_API_KEY: "key", VONAGE_API_SECRET: "secret", VONAGE_FROM: "Latchkey" },
      },
      // The circuit stays closed: each text is tried.
      limits: { smsTimeoutSeconds: 2, smsFailuresUntilOpen: 1000 },
    });
    await scene.server.latchkey("mfa", "rule", "outage", "other-factor", "--client", "strict");
    // The first text loads Vonage's library, which takes its time; not in a test that counts.
    await afterPassword(scene.strict, scene.victim());
  });
  beforeEach(() => {
    vonage.reset();
    vonage.script(...Array.from({ length: 100 }, () => DOWN));
  });
  after(async () => {
    await scene.server.close();
    await vonage.close();
  });

  async function codesOf(victim: Victim): Promise<string[]> {
    const made = await scene.server.latchkey("user", "recovery-codes", victim.username);
    assert.equal(made.recoveryCodes.length, 10);
    return made.recoveryCodes;
  }
  const offers = (visit: Visit) => visit.page.html.includes('name="recovery_code"');
  const post = ({ browser, page }: Visit, code: string) =>
    browser.post(page, "recovery-code", { recovery_code: code });
  const finished = (page: Visit["page"]) => answerOf(page).has("code");

  // A user with codes, in a browser whose text did not go out.
  async function stranded() {
    const victim = scene.victim();
    const codes = await codesOf(victim);
    const visit = await afterPassword(scene.strict, victim);
    assert.equal(visit.page.status, 503);
    return { victim, visit, codes, code: codes[0] ?? "" };
  }

  it("signs in with a recovery code, and says in the tokens that it was one", async () => {
    const { victim, visit, code } = await stranded();
    assert.ok(offers(visit));
    const back = await visit.browser.submit(visit.page, "recovery-code", {
      recovery_code: code.toLowerCase().replaceAll("-", " "),
    });
    const claims = (await scene.strict.finish(visit.begun, back)).claims();
    assert.deepEqual(claims?.amr, ["pwd", "otp", "mfa"]);
    assert.equal(claims?.acr, TWO);
    assert.deepEqual(
      (await audited(scene.server, "recovery-code-used", victim)).map(({ details }) => details),
      [{ left: 9 }],
    );
    const shown = await scene.server.latchkey("user", "show", victim.username);
    assert.equal(shown.recoveryCodesLeft, 9);
    assert.ok(!scene.server.output().includes(code));
  });

  it("takes none once the password was reset, and spends none (BIND-13)", async () => {
    const { victim, visit, code } = await stranded();
    await scene.server.latchkey("user", "update", victim.username, "--reset-password");
    assert.equal((await post(visit, code)).status, 409);
    const shown = await scene.server.latchkey("user", "show", victim.username);
    assert.equal(shown.recoveryCodesLeft, 10);
  });

  it("counts a recovery code for no application that is closed to them (FLOW-10)", async () => {
    const { visit, code } = await stranded();
    const back = await visit.browser.submit(visit.page, "recovery-code", { recovery_code: code });
    await scene.strict.finish(visit.begun, back);
    const silent = await scene.strict.begin({ prompt: "none" });
    assert.ok(finished(await visit.browser.open(silent.url.href)));

    const plain = await scene.lax.begin({ prompt: "none" });
    const page = await visit.browser.open(plain.url.href);
    const { amr, acr } = (await scene.lax.finish(plain, page)).claims() ?? assert.fail("no claims");
    assert.deepEqual([amr, acr], [["pwd"], ONE], "told of what counts there");
    const closed = await scene.lax.begin({ prompt: "none", acr_values: TWO });
    const refused = answerOf(await visit.browser.open(closed.url.href));
    assert.equal(refused.get("error"), "unmet_authentication_requirements");
    assert.ok(!refused.has("code"));
  });

  it("keeps offering it on reload, and stops as soon as a text goes out", async () => {
    const { visit, code } = await stranded();
    const reloaded = { ...visit, page: await visit.browser.open(visit.page.url) };
    assert.ok(offers(reloaded));
    vonage.reset();
    const sent = { ...visit, page: await visit.browser.submit(reloaded.page, "resend") };
    assert.ok(asksForCode(sent.page) && !offers(sent));
    assert.equal((await post(sent, code)).status, 409);
  });

  it("takes a recovery code once, whoever asks (OTP-04, OTP-09)", async () => {
    const { victim, visit, code } = await stranded();
    const visits = [visit];
    // One after the other: it is not passwords that race here.
    while (visits.length < 10) {
      const next = await afterPassword(scene.strict, victim);
      assert.ok(offers(next));
      visits.push(next);
    }
    const answers = await Promise.all(visits.map((each) => post(each, code)));
    assert.deepEqual(tally(answers.map(({ status }) => status)), { 303: 1, 401: 9 });
    const again = await afterPassword(scene.strict, victim);
    assert.equal((await post(again, code)).status, 401);
  });

  it("lets one of twenty posts of one interaction through", async () => {
    const { visit, codes } = await stranded();
    const answers = await atOnce(20, (i) => post(visit, codes[i % 5] ?? ""));
    assert.equal(answers.filter(({ status }) => status === 303).length, 1);
  });

  it("looks at five wrong ones of two hundred at once, and at no right one after them (OTP-05, OTP-08)", async () => {
    const { victim, visit, code } = await stranded();
    const answers = await atOnce(200, (i) => post(visit, wrongBy(i)));
    assert.deepEqual(tally(answers.map(({ status }) => status)), { 401: 5, 410: 195 });
    assert.equal((await post(visit, code)).status, 410);
    const rejected = await audited(scene.server, "code-rejected", victim);
    assert.deepEqual(
      rejected.map(({ because }) => because),
      Array.from({ length: 5 }, () => "wrong-recovery-code"),
    );
  });

  it("takes a wrong one that is typed again for no new guess (OTP-28)", async () => {
    const { victim, visit, code } = await stranded();
    const answers = await atOnce(20, () => post(visit, WRONG));
    assert.deepEqual(tally(answers.map(({ status }) => status)), { 401: 20 });
    assert.equal((await audited(scene.server, "code-rejected", victim)).length, 1);
    assert.equal((await post(visit, code)).status, 303);
  });

  it("counts wrong ones towards the user's lock, over sign-ins (OTP-06, OTP-11)", async () => {
    const { victim, visit, code } = await stranded();
    for (let i = 0; i < 5; i++) await post(visit, wrongBy(i));
    const second = await afterPassword(scene.strict, victim);
    for (let i = 0; i < 5; i++) await post(second, wrongBy(i));
    const locked = await post(await afterPassword(scene.strict, victim), code);
    assert.equal(locked.status, 409, "while it is locked, no text was tried");
    const late = await post(second, code);
    assert.equal(late.status, 429);
    assert.ok(Number(late.headers.get("Retry-After")) > 800);
  });

  it("takes what is no recovery code for none, and for no attempt (OTP-16, OTP-17)", async () => {
    const { visit, code } = await stranded();
    for (const typed of ["", "123456", `${code}A`, "x".repeat(10_000)]) {
      assert.equal((await post(visit, typed)).status, 422);
    }
    assert.equal((await visit.browser.post(visit.page, "recovery-code", {})).status, 422);
    assert.equal((await post(visit, code)).status, 303);
  });

  it("takes nobody else's, and leaves it to its owner (OTP-20)", async () => {
    const mine = await stranded();
    const theirs = await stranded();
    assert.equal((await post(mine.visit, theirs.code)).status, 401);
    assert.equal((await post(theirs.visit, theirs.code)).status, 303);
  });

  it("takes none without the password, nor in another browser (FLOW-03, BIND-02)", async () => {
    const { visit, code } = await stranded();
    const url = visit.page.url.replace(/\/login$/, "/recovery-code");
    const answer = await fetch(url, {
      method: "POST",
      redirect: "manual",
      headers: { Origin: scene.server.issuer },
      body: new URLSearchParams({ recovery_code: code }),
    });
    assert.equal(answer.status, 404);
  });

  it("offers nothing where the rules are closed, and takes none", async () => {
    const { visit, code } = await stranded();
    await scene.server.latchkey("mfa", "rule", "outage", "closed", "--client", "strict");
    try {
      const reloaded = { ...visit, page: await visit.browser.open(visit.page.url) };
      assert.ok(!offers(reloaded));
      assert.equal((await post(visit, code)).status, 409);
    } finally {
      await scene.server.latchkey("mfa", "rule", "outage", "other-factor", "--client", "strict");
    }
    assert.equal((await post(visit, code)).status, 303);
  });

  it("offers nothing to those who have no codes, or none any more", async () => {
    const without = await afterPassword(scene.strict, scene.victim());
    assert.equal(without.page.status, 503);
    assert.ok(!offers(without));
    assert.equal((await post(without, WRONG)).status, 409);

    const { victim, visit, code } = await stranded();
    await scene.server.latchkey("user", "recovery-codes", victim.username, "--void");
    assert.equal((await post(visit, code)).status, 409);
  });

  it("voids the codes of before with new ones, and with another phone (BIND-13)", async () => {
    const { victim, visit, code } = await stranded();
    const [renewed = ""] = await codesOf(victim);
    assert.equal((await post(visit, code)).status, 401);
    await scene.server.latchkey("user", "update", victim.username, "--phone", "+14155559990");
    assert.equal((await post(visit, renewed)).status, 409);
    const shown = await scene.server.latchkey("user", "show", victim.username);
    assert.equal(shown.recoveryCodesLeft, 0);
  });

  it("binds no phone by a code on paper", async () => {
    const visit = await afterPassword(scene.strict, scene.victimWithoutPhone());
    const page = await visit.browser.submit(visit.page, "phone", { phone: "+14155559876" });
    assert.equal(page.status, 503);
    assert.ok(!offers({ ...visit, page }));
    assert.equal((await post({ ...visit, page }, WRONG)).status, 409);
  });

  it("is offered when the text may have gone out, beside the code", async () => {
    vonage.reset();
    vonage.script(fakes.hang);
    const { visit, code } = await stranded();
    assert.ok(asksForCode(visit.page) && offers(visit));
    assert.equal((await post(visit, code)).status, 303);
  });

  it("steps a session up, whose login time stays", async () => {
    const victim = scene.victim();
    const [code = ""] = await codesOf(victim);
    const lax = await afterPassword(scene.lax, victim);
    const before = (await scene.lax.finish(lax.begun, lax.page)).claims();
    assert.deepEqual(before?.amr, ["pwd"]);

    const begun = await scene.strict.begin();
    const page = await lax.browser.open(begun.url.href);
    assert.ok(!offers({ ...lax, page }), "no text was tried yet");
    assert.equal((await post({ ...lax, page }, code)).status, 409);
    const tried = await lax.browser.submit(page, "resend");
    assert.equal(tried.status, 503);
    const back = await lax.browser.submit(tried, "recovery-code", { recovery_code: code });
    const claims = (await scene.strict.finish(begun, back)).claims();
    assert.deepEqual(claims?.amr, ["pwd", "otp", "mfa"]);
    assert.equal(claims?.auth_time, before?.auth_time);
    assert.ok(finished(back));
  });
});

describe("attacks when a cap is reached", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({ limits: { sendsPerDay: 1 } });
    await scene.server.latchkey("mfa", "rule", "outage", "other-factor", "--client", "strict");
    await afterPassword(scene.strict, scene.victim());
  });
  after(() => scene.server.close());

  it("offers a recovery code at once, and after another try", async () => {
    const victim = scene.victim();
    const made = await scene.server.latchkey("user", "recovery-codes", victim.username);
    const visit = await afterPassword(scene.strict, victim);
    assert.equal(visit.page.status, 200);
    assert.match(visit.page.html, /name="recovery_code"/);
    const refused = await visit.browser.post(visit.page, "resend");
    assert.equal(refused.status, 429);
    assert.match(refused.html, /name="recovery_code"/);
    const back = await visit.browser.submit(refused, "recovery-code", {
      recovery_code: made.recoveryCodes[9],
    });
    const claims = (await scene.strict.finish(visit.begun, back)).claims();
    assert.deepEqual(claims?.amr, ["pwd", "otp", "mfa"]);
  });

  it("offers it to a session that is to step up once the refusal is known", async () => {
    const victim = scene.victim();
    const made = await scene.server.latchkey("user", "recovery-codes", victim.username);
    const lax = await afterPassword(scene.lax, victim);
    await scene.lax.finish(lax.begun, lax.page);
    const begun = await scene.strict.begin();
    const page = await lax.browser.open(begun.url.href);
    assert.equal((await lax.browser.post(page, "resend")).status, 429);
    const reloaded = await lax.browser.open(page.url);
    const back = await lax.browser.submit(reloaded, "recovery-code", {
      recovery_code: made.recoveryCodes[0],
    });
    assert.ok((await scene.strict.finish(begun, back)).claims());
  });
});
