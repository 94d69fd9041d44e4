// Attacks on the phone and on sending: numbers that are none, numbers of others, and texts without end.
import assert from "node:assert/strict";
import { type Browser, createBrowser, type Page } from "../support/browser.ts";
import { until } from "../support/until.ts";
import {
  afterPassword,
  asksForCode,
  atSignIn,
  openScene,
  otherThan,
  type Scene,
  tokensFor,
} from "./scene.ts";

const LIMITS = { usersPerBoundPhone: 2, sendsPerNumberPerDay: 7 };

describe("attacks on the phone", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({ limits: LIMITS, env: { SMS_COUNTRIES: "US,GB,DE" } });
  });
  after(() => scene.server.close());

  const bind = (browser: Browser, page: Page, phone: string, country = "") =>
    browser.post(page, "phone", { phone, country });

  it("does not let a password change a phone that is there (BIND-01)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const texts = scene.server.texts().length;
    assert.equal((await bind(browser, page, "+14155559876")).status, 409);
    assert.equal(scene.server.texts().length, texts);
    const shown = await scene.server.latchkey("user", "show", victim.username, "--reveal-phone");
    assert.ok(JSON.stringify(shown).includes(victim.phone));
  });

  it("takes a number that an administrator gave for nobody's until its first right code (BIND-17)", async () => {
    const victim = scene.victim();
    const { latchkey } = scene.server;
    const phoneOf = async () => (await latchkey("user", "show", victim.username)).phoneStatus;
    assert.equal(await phoneOf(), "assigned");
    const acr_values = "urn:latchkey:acr:2fa";
    const claims = await tokensFor(scene, scene.lax, victim, { acr_values });
    assert.equal(await phoneOf(), "bound");
    assert.deepEqual(claims.claims()?.amr, ["pwd", "sms", "mfa"]);

    await latchkey("user", "update", victim.username, "--phone", "+14155559870");
    assert.equal(await phoneOf(), "assigned");
    const { items } = await latchkey("audit", "list", "--target", `user:${victim.id}`);
    const changed = items.find(({ action }: { action: string }) => action === "user-changed");
    assert.match(changed.actor, /^cli:/);
    assert.match(changed.at, /Z$/);
    assert.equal(changed.details.before.phoneStatus, "bound");
    assert.equal(changed.details.after.phoneStatus, "assigned");
    assert.ok(!JSON.stringify(changed).includes("5559870"), "masked");
    // The old number hears of it a little later; not while another test counts texts.
    await until(() => scene.server.texts().some(({ purpose }) => purpose === "phone-changed"));
  });

  it("binds a number only once its code was right (BIND-04)", async () => {
    const victim = scene.victimWithoutPhone();
    const { browser, begun, page } = await afterPassword(scene.strict, victim);
    const code = await browser.submit(page, "phone", { phone: victim.phone });
    await browser.post(code, "code", { code: otherThan(scene.server.lastCode(victim.phone)) });
    const show = () => scene.server.latchkey("user", "show", victim.username);
    assert.equal((await show()).phoneStatus, "none");
    const next = await afterPassword(scene.strict, victim);
    assert.ok(next.page.html.includes('name="phone"') && !asksForCode(next.page));
    const right = { code: scene.server.lastCode(victim.phone) };
    await scene.strict.finish(begun, await browser.submit(code, "code", right));
    assert.equal((await show()).phoneStatus, "bound");
  });

  it("reads one number out of every way to write it (BIND-07)", async () => {
    const { strict, server } = scene;
    for (const [phone, country] of [
      ["+1 (415) 555-3671", ""],
      ["+１４１５５５５３６７１", ""],
      ["+١٤١٥٥٥٥٣٦٧١", ""],
      ["415.555.3671", "US"],
    ]) {
      const { browser, page } = await afterPassword(strict, scene.victimWithoutPhone());
      assert.equal((await bind(browser, page, phone ?? "", country)).status, 303, phone);
      assert.equal(server.texts().at(-1)?.to, "+14155553671");
    }
  });

  it("answers 422 to what is no number or cannot be texted, and sends nothing (BIND-07, BIND-08, SMS-09, SMS-11)", async () => {
    const { browser, page } = await afterPassword(scene.strict, scene.victimWithoutPhone());
    const texts = scene.server.texts().length;
    const refused = [
      ...["", "+", "++447911123456", "+1415555267a", "9".repeat(30), "+1415555267111111111"],
      ...["00447911123456", "+14155552671;ext=99", "+14155552671 x5", "+14155552671\n"],
      ...["tel:+14155552671", "tel:4155552671;phone-context=+1", "+1415\u200b5552671"],
      ...[
        "\u200f+14155552671",
        "<script>",
        `+${"1".repeat(50_0)}`,
        "$where",
        "+14155552671,+14155552672",
      ],
      // Jamaica, Guernsey, premium, toll-free, satellite, shared cost, short codes.
      ...["+18765551234", "+447781123456", "+449098790000", "+19005551234", "+18005551234"],
      ...[
        "+8816212345678",
        "+882161234567",
        "+870772001234",
        "+979123456789",
        "12345",
        "+33612345678",
      ],
    ];
    for (const phone of refused) {
      const answer = await bind(browser, page, phone);
      assert.equal(answer.status, 422, JSON.stringify(phone.slice(0, 40)));
      assert.match(answer.html, /name="phone"/);
    }
    assert.equal((await bind(browser, page, "4155552671", "ZZ")).status, 422);
    assert.equal(scene.server.texts().length, texts);
  });

  it("lets so many users share a number, and makes nobody the other (BIND-09)", async () => {
    const [one, two, three] = [
      scene.victimWithoutPhone(),
      scene.victimWithoutPhone(),
      scene.victimWithoutPhone(),
    ];
    const subs = [];
    for (const victim of [one, two]) {
      const tokens = await tokensFor(scene, scene.strict, { ...victim, phone: one.phone });
      subs.push(tokens.claims()?.sub);
    }
    assert.deepEqual(subs, [one.id, two.id]);
    const { browser, page } = await afterPassword(scene.strict, three);
    assert.equal((await bind(browser, page, one.phone)).status, 422);
  });

  it("shows two digits of a number, and no page to the unknown (BIND-16)", async () => {
    const victim = scene.victim();
    const { page } = await afterPassword(scene.strict, victim);
    assert.match(page.html, new RegExp(`••• ••• ${victim.phone.slice(-2)}`));
    assert.ok(!page.html.includes(victim.phone.slice(-4)));
    const { browser, page: unknown } = await atSignIn(scene.strict);
    const answer = await browser.post(unknown, "login", { login: "nobody", password: "whatever" });
    assert.ok(!answer.html.includes("•••"));
  });

  it("says what texts are worth, and what else there is (BIND-18)", async () => {
    const { page } = await afterPassword(scene.strict, scene.victimWithoutPhone());
    assert.match(page.html, /restricted/);
    assert.match(page.html, /<details>\s*<summary>Learn more/);
  });

  it("caps the texts to one number over all accounts (SMS-03)", async () => {
    const number = "+14155554671";
    const statuses = [];
    const visits = [
      await afterPassword(scene.strict, scene.victimWithoutPhone()),
      await afterPassword(scene.strict, scene.victimWithoutPhone()),
    ];
    for (let i = 0; i < 8; i++) {
      const visit = visits[i % 2];
      if (visit) statuses.push((await bind(visit.browser, visit.page, number)).status);
    }
    assert.deepEqual(statuses, [...Array(7).fill(303), 429]);
    assert.equal(scene.server.texts().filter(({ to }) => to === number).length, 7);
  });

  it("sends nothing without the password, or for another site (SMS-12, SMS-13)", async () => {
    const texts = scene.server.texts().length;
    const { browser, page } = await atSignIn(scene.strict);
    assert.equal((await browser.post(page, "resend")).status, 409);
    assert.equal((await createBrowser().post(page, "resend")).status, 404);
    const foreign = await browser.request(`${page.url}/resend`, {
      method: "POST",
      headers: { Origin: "https://evil.example" },
      body: new URLSearchParams({ csrf: "x" }),
    });
    assert.equal(foreign.status, 403);
    assert.equal(scene.server.texts().length, texts);
  });
});

describe("attacks on sending, with the gaps as published", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({ limits: { sendGapSeconds: 60 } });
  });
  after(() => scene.server.close());

  it("sends nothing within the gap, nor for a new sign-in or a retyped number (SMS-01)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const again = await browser.post(page, "resend");
    assert.equal(again.status, 429);
    assert.ok(Number(again.headers.get("Retry-After")) > 50);
    await afterPassword(scene.strict, victim);
    const texts = scene.server.texts().filter(({ to }) => to === victim.phone);
    assert.equal(texts.length, 1);

    const binding = await afterPassword(scene.strict, scene.victimWithoutPhone());
    await binding.browser.post(binding.page, "phone", { phone: "+14155557001" });
    const retyped = await binding.browser.post(binding.page, "phone", { phone: "+14155557002" });
    assert.equal(retyped.status, 429);
    assert.equal(scene.server.texts().at(-1)?.to, "+14155557001");
  });
});

describe("attacks on sending, without gaps", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
  });
  after(() => scene.server.close());

  it("sends five times in a challenge, and not the sixth (SMS-02)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const code = scene.server.lastCode(victim.phone);
    const statuses = [];
    for (let i = 2; i <= 6; i++) statuses.push((await browser.post(page, "resend")).status);
    assert.deepEqual(statuses, [303, 303, 303, 303, 429]);
    const texts = scene.server.texts().filter(({ to }) => to === victim.phone);
    assert.equal(texts.length, 5);
    for (const { text } of texts) assert.ok(text.endsWith(`#${code}`));
  });

  it("keeps the wrong tries over a resend (SMS-05)", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const code = scene.server.lastCode(victim.phone);
    for (let i = 1; i <= 4; i++) await browser.post(page, "code", { code: otherThan(code, i) });
    const resent = await browser.submit(page, "resend");
    assert.match(resent.html, /1 try left/);
    await browser.post(page, "code", { code: otherThan(code, 5) });
    assert.equal((await browser.post(page, "code", { code })).status, 410);
  });

  it("sends one segment of plain text, bound to its site (SMS-15)", async () => {
    const victim = scene.victim();
    await afterPassword(scene.strict, victim);
    const text = scene.server.texts().findLast(({ to }) => to === victim.phone)?.text ?? "";
    assert.match(text, /^Latchkey: (\d{6}) .*Do not share[\s\S]*\n@localhost #\1$/);
    assert.match(text, /^[\x20-\x7e\n]{1,160}$/);
    assert.ok(!/https?:/.test(text));
  });

  it("sends an application's own text in its language, bound to its site, and nobody else's (SMS-15)", async () => {
    const { latchkey, latchkeyReading } = scene.server;
    const own = "Northwind: {code} ist Ihr Code, {minutes} Min. {code}\n";
    await latchkeyReading(own, "client", "text", "strict", "de");
    const victim = scene.victim();
    const textIn = async (language: string, party = scene.strict) => {
      const acr_values = "urn:latchkey:acr:2fa";
      await afterPassword(party, victim, { ui_locales: language, acr_values });
      return scene.server.texts().findLast(({ to }) => to === victim.phone)?.text ?? "";
    };
    assert.match(
      await textIn("de"),
      /^Northwind: (\d{6}) ist Ihr Code, 5 Min\. \1\n@localhost #\1$/,
    );
    assert.match(await textIn("en"), /^Latchkey: \d{6} is your code/);
    assert.match(await textIn("de", scene.lax), /^Latchkey: /);
    await latchkey("client", "text", "strict", "de", "--remove");
    assert.match(await textIn("de"), /^Latchkey: /);
  });

  it("evaluates nothing in a text that somebody writes (INJ-23)", async () => {
    const { latchkey, latchkeyReading } = scene.server;
    const setText = (text: string) => latchkeyReading(text, "client", "text", "strict", "en");
    for (const text of ["<%= process.env %>", "#{1+1}", `$${"{1+1}"}`, "{{constructor}}"]) {
      await assert.rejects(setText(`{code} ${text}`), /"usage"/);
    }
    await setText("{code} <%= 1+1 %> $& #");
    const victim = scene.victim();
    await afterPassword(scene.strict, victim);
    const text = scene.server.texts().findLast(({ to }) => to === victim.phone)?.text ?? "";
    assert.match(text, /^(\d{6}) <%= 1\+1 %> \$& #\n@localhost #\1$/);
    await latchkey("client", "text", "strict", "en", "--remove");
  });
});

describe("attacks on a factor that is off", () => {
  it("sends nothing to any number, and says when it is worth asking again", async () => {
    const scene = await openScene({
      limits: { attemptsInARowUntilOff: 3, attemptsInARowUntilLock: 100 },
    });
    try {
      const victim = scene.victimWithoutPhone();
      const { browser, page } = await afterPassword(scene.strict, victim);
      const asked = await browser.submit(page, "phone", { phone: victim.phone });
      const code = scene.server.lastCode(victim.phone);
      for (let i = 1; i <= 3; i++) await browser.post(asked, "code", { code: otherThan(code, i) });
      const texts = scene.server.texts().length;
      const again = await browser.post(asked, "phone", { phone: "+14155552999" });
      assert.equal(again.status, 429);
      assert.match(again.headers.get("Retry-After") ?? "", /^\d+$/);
      assert.equal((await browser.post(asked, "resend")).status, 429);
      assert.equal(scene.server.texts().length, texts);
    } finally {
      await scene.server.close();
    }
  });
});
