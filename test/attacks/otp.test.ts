// Attacks on the code: guessing, racing, replaying, and everything that is not six digits.
import assert from "node:assert/strict";
import { createBrowser, locationOf } from "../support/browser.ts";
import {
  afterPassword,
  answerOf,
  asksForCode,
  atOnce,
  atSignIn,
  audited,
  changeLimits,
  openScene,
  otherThan,
  type Scene,
  signedIn,
  TWO,
  tally,
  tokensFor,
  type Victim,
  wait,
} from "./scene.ts";

const LIMITS = {
  sendGapSeconds: 0,
  sendsPerNumberPerDay: 1000,
  sendsPerChallenge: 50,
  lockSeconds: 3,
};

describe("attacks on the code", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({ limits: LIMITS });
  });
  after(() => scene.server.close());

  const codeOf = (victim: Victim) => scene.server.lastCode(victim.phone);

  it("takes the right code once and says so in the tokens (OTP-01)", async () => {
    const victim = scene.victim();
    const { browser, begun, page } = await afterPassword(scene.strict, victim);
    const taken = await browser.post(page, "code", { code: codeOf(victim) });
    assert.equal(taken.status, 303);
    assert.match(locationOf(taken), /\/auth\/[\w-]+$/);
    const tokens = await scene.strict.finish(begun, await browser.follow(taken));
    assert.deepEqual(tokens.claims()?.amr, ["pwd", "sms", "mfa"]);
    assert.equal(tokens.claims()?.acr, TWO);
  });

  it("answers a wrong code with 401 and keeps the right one valid (OTP-02)", async () => {
    const victim = scene.victim();
    const { browser, begun, page } = await afterPassword(scene.strict, victim);
    const wrong = await browser.post(page, "code", { code: otherThan(codeOf(victim)) });
    assert.equal(wrong.status, 401);
    assert.ok(asksForCode(wrong));
    assert.match(wrong.html, /4 tries left/);
    assert.equal(scene.server.texts().filter(({ to }) => to === victim.phone).length, 1);
    const right = await browser.submit(page, "code", { code: codeOf(victim) });
    assert.ok((await scene.strict.finish(begun, right)).id_token);
  });

  it("refuses a code that was used, in its sign-in and in the next (OTP-04)", async () => {
    const victim = scene.victim();
    const { browser, begun, page } = await afterPassword(scene.strict, victim);
    const code = codeOf(victim);
    const taken = await browser.post(page, "code", { code });
    const again = await browser.post(page, "code", { code });
    assert.equal(again.status, 409);
    await scene.strict.finish(begun, await browser.follow(taken));
    assert.equal((await browser.post(page, "code", { code })).status, 404);

    const next = await afterPassword(scene.strict, victim);
    assert.notEqual(codeOf(victim), code);
    assert.equal((await next.browser.post(next.page, "code", { code })).status, 401);
  });

  it("refuses the right code after five wrong ones (OTP-05, OTP-07, OTP-14)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const code = codeOf(victim);
    const statuses: number[] = [];
    for (let i = 1; i <= 5; i++) {
      const wrong = await browser.post(page, "code", { code: otherThan(code, i) });
      statuses.push(wrong.status);
    }
    const right = await browser.post(page, "code", { code });
    statuses.push(right.status);
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 410]);
    assert.match(right.html, /Send a new code/);

    const resent = await browser.submit(page, "resend");
    assert.ok(asksForCode(resent));
    assert.notEqual(codeOf(victim), code);
    assert.equal((await browser.post(page, "code", { code: codeOf(victim) })).status, 303);
  });

  it("takes the right code at the fifth try (OTP-14)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const code = codeOf(victim);
    for (let i = 1; i <= 4; i++) await browser.post(page, "code", { code: otherThan(code, i) });
    assert.equal((await browser.post(page, "code", { code })).status, 303);
  });

  it("locks the factor at the tenth wrong code in a row, for every browser, and for so long only (OTP-06, OTP-14)", async () => {
    const victim = scene.victim();
    const first = await afterPassword(scene.strict, victim);
    const guess = async ({ browser, page }: typeof first, by: number) =>
      (await browser.post(page, "code", { code: otherThan(codeOf(victim), by) })).status;
    for (let i = 1; i <= 5; i++) assert.equal(await guess(first, i), 401);
    const second = await afterPassword(scene.strict, victim);
    for (let i = 1; i <= 4; i++) assert.equal(await guess(second, i), 401);
    const third = await afterPassword(scene.strict, victim);
    const texts = scene.server.texts().length;
    assert.equal(await guess(third, 1), 401);

    const right = await third.browser.post(third.page, "code", { code: codeOf(victim) });
    assert.equal(right.status, 429);
    assert.match(right.headers.get("Retry-After") ?? "", /^[123]$/);
    assert.equal((await third.browser.post(third.page, "resend")).status, 429);

    const fourth = await afterPassword(scene.strict, victim);
    assert.equal(scene.server.texts().length, texts, "a text went out while the factor is locked");
    assert.match(fourth.page.html, /are paused until/);
    const early = await fourth.browser.post(fourth.page, "resend");
    assert.equal(early.status, 429);

    await wait(3_100);
    const late = await third.browser.post(third.page, "code", { code: codeOf(victim) });
    assert.equal(late.status, 303);
  });

  it("ends the run of wrong codes with a right one (OTP-14)", async () => {
    const victim = scene.victim();
    for (let round = 0; round < 3; round++) {
      const { browser, page } = await afterPassword(scene.strict, victim);
      const code = codeOf(victim);
      for (let i = 1; i <= 4; i++) {
        assert.equal((await browser.post(page, "code", { code: otherThan(code, i) })).status, 401);
      }
      assert.equal((await browser.post(page, "code", { code })).status, 303);
    }
  });

  it("compares at most five of 200 parallel guesses (OTP-08)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const code = codeOf(victim);
    const pages = await atOnce(200, (i) =>
      browser.post(page, "code", { code: otherThan(code, i + 1) }),
    );
    assert.deepEqual(tally(pages.map(({ status }) => status)), { 401: 5, 410: 195 });
    assert.equal((await audited(scene.server, "code-rejected", victim)).length, 5);
    assert.equal((await browser.post(page, "code", { code })).status, 410);
  }).timeout(30_000);

  it("takes the answer to a wrong code that is reloaded for no new guess (OTP-28)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const code = codeOf(victim);
    for (let i = 1; i <= 3; i++) {
      const wrong = await browser.post(page, "code", { code: otherThan(code) });
      assert.equal(wrong.status, 401);
      assert.match(wrong.html, /4 tries left/);
    }
    for (let i = 2; i <= 5; i++) {
      assert.equal((await browser.post(page, "code", { code: otherThan(code, i) })).status, 401);
    }
    const reloaded = await browser.post(page, "code", { code: otherThan(code, 5) });
    assert.equal(reloaded.status, 410);
    assert.equal((await audited(scene.server, "code-rejected", victim)).length, 5);
  });

  it("counts the same wrong code of 200 at once a single time (OTP-28)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const code = codeOf(victim);
    const same = { code: otherThan(code) };
    const pages = await atOnce(200, () => browser.post(page, "code", same));
    assert.deepEqual(tally(pages.map(({ status }) => status)), { 401: 200 });
    assert.equal((await audited(scene.server, "code-rejected", victim)).length, 1);

    const others = await atOnce(200, (i) =>
      browser.post(page, "code", { code: otherThan(code, 1 + (i % 10)) }),
    );
    const counts = tally(others.map(({ status }) => status));
    assert.equal((counts[401] ?? 0) + (counts[410] ?? 0), 200, JSON.stringify(counts));
    assert.equal((await audited(scene.server, "code-rejected", victim)).length, 5);
    assert.equal((await browser.post(page, "code", { code })).status, 410);
  }).timeout(30_000);

  it("takes a wrong code for a new guess at a new challenge (OTP-28)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const wrong = { code: otherThan(codeOf(victim)) };
    await browser.post(page, "code", wrong);
    const next = await afterPassword(scene.strict, victim);
    assert.equal((await next.browser.post(next.page, "code", wrong)).status, 401);
    assert.equal((await audited(scene.server, "code-rejected", victim)).length, 2);
  });

  it("lets exactly one of 200 parallel right codes through (OTP-09)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const code = codeOf(victim);
    const browsers = await atOnce(200, (i) =>
      i % 2 === 0 ? browser.clone() : Promise.resolve(browser),
    );
    const pages = await Promise.all(browsers.map((each) => each.post(page, "code", { code })));
    const counts = tally(pages.map(({ status }) => status));
    assert.equal(counts[303], 1, JSON.stringify(counts));
    assert.equal((counts[409] ?? 0) + (counts[410] ?? 0), 199, JSON.stringify(counts));

    const taken = pages.find(({ status }) => status === 303);
    assert.ok(taken);
    const jars = await atOnce(20, () => browser.clone());
    const resumed = await Promise.all(jars.map((each) => each.request(locationOf(taken))));
    assert.equal(resumed.filter((each) => answerOf(each).has("code")).length, 1);
    const sessions = resumed.filter(({ headers }) =>
      headers.getSetCookie().some((cookie) => cookie.startsWith("latchkey_session=")),
    );
    assert.equal(sessions.length, 1);
    assert.equal((await audited(scene.server, "sign-in", victim)).length, 1);
  }).timeout(30_000);

  it("counts the same way while a number is being bound (OTP-11)", async () => {
    const victim = scene.victimWithoutPhone();
    const visit = await afterPassword(scene.strict, victim);
    const { browser } = visit;
    const page = await browser.submit(visit.page, "phone", { phone: victim.phone });
    const code = codeOf(victim);
    for (let i = 1; i <= 5; i++) await browser.post(page, "code", { code: otherThan(code, i) });
    assert.equal((await browser.post(page, "code", { code })).status, 410);
    const { phoneStatus } = await scene.server.latchkey("user", "show", victim.username);
    assert.equal(phoneStatus, "none");
  });

  it("sends nothing to another number while the factor is locked (OTP-11)", async () => {
    const victim = scene.victimWithoutPhone();
    const visit = await afterPassword(scene.strict, victim);
    const { browser } = visit;
    const page = await browser.submit(visit.page, "phone", { phone: victim.phone });
    for (let i = 1; i <= 10; i++) {
      await browser.post(page, "code", { code: otherThan(codeOf(victim), i) });
      if (i === 5) await browser.submit(page, "resend");
    }
    const texts = scene.server.texts().length;
    const other = { phone: scene.victimWithoutPhone().phone };
    assert.equal((await browser.post(page, "phone", other)).status, 429);
    const next = await afterPassword(scene.strict, victim);
    assert.equal((await next.browser.post(next.page, "phone", other)).status, 429);
    assert.equal(scene.server.texts().length, texts);
  });

  it("writes down who gave up after a right password (OTP-13)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    await browser.post(page, "code", { code: otherThan(codeOf(victim)) });
    await browser.post(page, "abort");
    assert.equal((await audited(scene.server, "sign-in-aborted", victim)).length, 1);
    const [rejected] = await audited(scene.server, "code-rejected", victim);
    assert.equal(rejected?.because, "wrong-code");
  });

  it("answers 409 to a code before any was sent, and after the end (OTP-15)", async () => {
    const victim = scene.victim();
    const { browser, page } = await atSignIn(scene.strict);
    assert.equal((await browser.post(page, "code", { code: "123456" })).status, 409);

    const bind = await afterPassword(scene.strict, scene.victimWithoutPhone());
    assert.equal((await bind.browser.post(bind.page, "code", { code: "123456" })).status, 409);

    const session = await signedIn(scene, scene.lax, victim);
    const stepUp = await atSignIn(scene.strict, {}, session.browser);
    const unsent = await stepUp.browser.post(stepUp.page, "code", { code: "123456" });
    assert.equal(unsent.status, 409);
  });

  it("answers 422 to what is no code, and counts none of it (OTP-16, OTP-17, OTP-23)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const nothing = await browser.post(page, "code");
    assert.equal(nothing.status, 422);
    const malformed = [
      ...["", " ", "1", "12345", "1234567", "9".repeat(10_000), "12345a", "0x1234", "12.456"],
      ...["-12345", "+12345", "1e5", "123456;123456", "①②③④⑤⑥x", "123\u0000456", "null", "true"],
    ];
    for (const code of malformed) {
      const refused = await browser.post(page, "code", { code });
      assert.equal(refused.status, 422, JSON.stringify(code.slice(0, 20)));
      assert.match(refused.html, /id="code"/);
    }
    assert.equal((await audited(scene.server, "code-rejected", victim)).length, 0);
    assert.equal((await browser.post(page, "code", { code: codeOf(victim) })).status, 303);
  });

  it("answers 422 to two codes and to nested ones (OTP-16)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] ?? "";
    const code = codeOf(victim);
    for (const fields of [`code=${code}&code=${code}`, `code[]=${code}`, `code[$eq]=${code}`]) {
      const refused = await browser.request(`${page.url}/code`, {
        method: "POST",
        body: new URLSearchParams(`csrf=${csrf}&${fields}`),
      });
      assert.equal(refused.status, 422, fields);
    }
    assert.equal((await browser.post(page, "code", { code })).status, 303);
  });

  const writings: Record<string, (code: string) => string> = {
    "full-width": (code) => code.replace(/\d/g, (d) => String.fromCodePoint(0xff10 + Number(d))),
    "Arabic-Indic": (code) => code.replace(/\d/g, (d) => String.fromCodePoint(0x660 + Number(d))),
    spaced: (code) => ` ${code.slice(0, 3)} ${code.slice(3)} `,
    hyphenated: (code) => `${code.slice(0, 3)}-${code.slice(3)}`,
    "with a line's end": (code) => `${code}\r\n`,
  };
  for (const [name, write] of Object.entries(writings)) {
    it(`reads a code that is ${name} (OTP-23)`, async () => {
      const victim = scene.victim();
      const { browser, page } = await afterPassword(scene.strict, victim);
      const taken = await browser.post(page, "code", { code: write(codeOf(victim)) });
      assert.equal(taken.status, 303);
    });
  }

  it("refuses one user's code in another's challenge, and keeps it for its owner (OTP-20)", async () => {
    const [alice, bob] = [scene.victim(), scene.victim()];
    const [hers, his] = [
      await afterPassword(scene.strict, alice),
      await afterPassword(scene.strict, bob),
    ];
    const code = codeOf(alice);
    assert.equal((await his.browser.post(his.page, "code", { code })).status, 401);
    assert.equal((await hers.browser.post(hers.page, "code", { code })).status, 303);
  });

  it("shows the code nowhere but in the text (OTP-22)", async () => {
    const victim = scene.victim();
    const browser = createBrowser();
    const seen: string[] = [];
    const { request } = browser;
    const look = async (...args: Parameters<typeof request>) => {
      const page = await request(...args);
      seen.push(page.url, page.html, JSON.stringify([...page.headers]));
      return page;
    };
    Object.assign(browser, { request: look });
    const { page } = await afterPassword(scene.strict, victim, {}, browser);
    const code = codeOf(victim);
    await browser.post(page, "code", { code: otherThan(code) });
    await browser.post(page, "code", { code: "12345" });
    await browser.open(page.url);
    await browser.submit(page, "resend");
    assert.equal(codeOf(victim), code);
    await browser.submit(page, "code", { code });
    assert.ok(seen.length > 20);
    for (const each of seen) assert.ok(!each.includes(code), each.slice(0, 200));
    assert.ok(!scene.server.output().includes(code));
  });

  it("answers 404 to guessed interactions, and makes their ids long (OTP-27)", async () => {
    const { browser, page } = await afterPassword(scene.strict, scene.victim());
    const uid = /interaction\/([^/]+)$/.exec(page.url)?.[1] ?? "";
    assert.ok(uid.length * 6 >= 128, uid);
    const other = `${uid.slice(0, -1)}${uid.endsWith("_") ? "-" : "_"}`;
    const guessed = { ...page, url: page.url.replace(uid, other) };
    assert.equal((await browser.post(guessed, "code", { code: "123456" })).status, 404);
    const stranger = createBrowser();
    assert.equal((await stranger.post(page, "code", { code: "123456" })).status, 404);
  });
});

describe("attacks on the life of a code", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({ limits: { ...LIMITS, codeLifeSeconds: 2 } });
  });
  after(() => scene.server.close());

  it("refuses a code past its life, and sends a new one (OTP-03, OTP-14)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const code = scene.server.lastCode(victim.phone);
    await wait(2_010);
    const late = await browser.post(page, "code", { code });
    assert.equal(late.status, 410);
    assert.match(late.html, /Send a new code/);
    await browser.submit(page, "resend");
    const fresh = scene.server.lastCode(victim.phone);
    assert.notEqual(fresh, code);
    assert.equal((await browser.post(page, "code", { code: fresh })).status, 303);
  });

  it("does not let a resend lengthen the life of a code (OTP-14)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const code = scene.server.lastCode(victim.phone);
    await wait(1_200);
    await browser.submit(page, "resend");
    assert.equal(scene.server.lastCode(victim.phone), code);
    await wait(900);
    assert.equal((await browser.post(page, "code", { code })).status, 410);
  });

  it("switches the factor off after so many in a row, until an administrator puts it back (OTP-06)", async () => {
    await changeLimits(scene.server, { ...LIMITS, attemptsInARowUntilOff: 3 });
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const code = scene.server.lastCode(victim.phone);
    for (let i = 1; i <= 3; i++) await browser.post(page, "code", { code: otherThan(code, i) });
    assert.equal((await browser.post(page, "code", { code })).status, 429);
    const texts = scene.server.texts().length;
    const next = await afterPassword(scene.strict, victim);
    assert.match(next.page.html, /turned off/);
    assert.equal(scene.server.texts().length, texts);
    await scene.server.latchkey("user", "update", victim.username, "--unlock");
    assert.ok((await tokensFor(scene, scene.strict, victim)).id_token);
  });
});
