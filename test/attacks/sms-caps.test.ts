// Attacks on the send button: what one network, one user, one range of numbers, one country, everybody and
// the purse can be made to send.
import assert from "node:assert/strict";
import { CookieJar } from "tough-cookie";
import { createBrowser } from "../support/browser.ts";
import { type FakeVonage, startFakeVonage } from "../support/fake-vonage.ts";
import { until } from "../support/until.ts";
import {
  afterPassword,
  answerOf,
  asksForCode,
  openScene,
  type Scene,
  type Victim,
} from "./scene.ts";

function from(address: string) {
  return createBrowser(new CookieJar(), { "X-Forwarded-For": address });
}

describe("attacks on sending from one network", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({ env: { TRUST_PROXY: "1" } });
  });
  after(() => scene.server.close());

  const sentTo = (victim: Victim) =>
    scene.server.texts().filter(({ to }) => to === victim.phone).length;

  it("refuses the eleventh text an hour from one network, and nobody else's (SMS-06)", async () => {
    for (let i = 0; i < 10; i++) {
      const victim = scene.victim();
      await afterPassword(scene.strict, victim, {}, from(`203.0.113.${i + 1}`));
      assert.equal(sentTo(victim), 1);
    }
    const refused = scene.victim();
    const visit = await afterPassword(scene.strict, refused, {}, from("203.0.113.250"));
    assert.equal(sentTo(refused), 0);
    assert.equal(visit.page.status, 200);
    assert.match(visit.page.html, /Too many texts were requested from your network/);
    const again = await visit.browser.post(visit.page, "resend");
    assert.equal(again.status, 429);
    assert.match(again.headers.get("Retry-After") ?? "", /^\d{3,4}$/);
    assert.equal(sentTo(refused), 0);

    const other = scene.victim();
    await afterPassword(scene.strict, other, {}, from("203.0.114.1"));
    assert.equal(sentTo(other), 1);
    const { items } = await scene.server.latchkey("audit", "list", "--action", "text-refused");
    assert.ok(items.every(({ because }: { because: string }) => because === "address-cap"));
    assert.equal(items.length, 2);
  });

  it("takes the 64 bits of an IPv6 network for one (SMS-06)", async () => {
    for (let i = 0; i < 10; i++) {
      await afterPassword(scene.strict, scene.victim(), {}, from(`2001:db8:1:2::${i}`));
    }
    const refused = scene.victim();
    await afterPassword(scene.strict, refused, {}, from("2001:db8:1:2:ffff::1"));
    assert.equal(sentTo(refused), 0);
    const other = scene.victim();
    await afterPassword(scene.strict, other, {}, from("2001:db8:1:3::1"));
    assert.equal(sentTo(other), 1);
  });
});

describe("attacks on an office (SMS-22)", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({ env: { TRUST_PROXY: "1" } });
  });
  after(() => scene.server.close());

  const office = (i: number) => from(`198.51.100.${i + 1}`);
  const sentTo = ({ phone }: Victim) =>
    scene.server.texts().filter(({ to }) => to === phone).length;

  // Asks for a code so many times, and types it right after the last one.
  async function signsIn(victim: Victim, browser = office(7), texts = 1): Promise<boolean> {
    const visit = await afterPassword(scene.strict, victim, {}, browser);
    for (let i = 1; i < texts; i++) await visit.browser.submit(visit.page, "resend");
    const code = scene.server.lastCode(victim.phone);
    const back = await visit.browser.submit(visit.page, "code", { code });
    return answerOf(back).has("code");
  }

  it("let everybody of a network in who types the code, however many they are", async () => {
    for (let i = 0; i < 12; i++) assert.ok(await signsIn(scene.victim(), office(i)));
  });

  it("give back what was counted where the text was asked for, not where its code was typed", async () => {
    for (let i = 0; i < 11; i++) {
      const victim = scene.victim();
      const jar = new CookieJar();
      const inside = createBrowser(jar, { "X-Forwarded-For": "203.0.115.1" });
      const outside = createBrowser(jar, { "X-Forwarded-For": `203.0.${116 + i}.1` });
      const { begun, page } = await afterPassword(scene.strict, victim, {}, inside);
      const code = scene.server.lastCode(victim.phone);
      const back = await outside.submit(page, "code", { code });
      assert.ok((await scene.strict.finish(begun, back)).id_token);
    }
  });

  it("let no neighbour use up the count with codes that they type", async () => {
    const neighbour = scene.victim();
    for (let i = 0; i < 5; i++) assert.ok(await signsIn(neighbour, office(i), 3));
    const colleague = scene.victim();
    await afterPassword(scene.strict, colleague, {}, office(9));
    assert.equal(sentTo(colleague), 1);
  });

  it("leave room for who has signed in before, when one account leaves ten texts untyped", async () => {
    const known = scene.victim();
    assert.ok(await signsIn(known, from("203.0.200.1")));
    const attacker = scene.victimWithoutPhone();
    for (let i = 0; i < 10; i++) {
      const browser = from(`203.0.201.${i + 1}`);
      const { page } = await afterPassword(scene.strict, attacker, {}, browser);
      const phone = `+1415555600${i}`;
      assert.equal((await browser.post(page, "phone", { phone })).status, 303);
    }
    const unknown = scene.victim();
    await afterPassword(scene.strict, unknown, {}, from("203.0.201.50"));
    assert.equal(sentTo(unknown), 0);
    for (let i = 0; i < 3; i++) assert.ok(await signsIn(known, from("203.0.201.51")));
  });

  it("still count the texts that nobody types, among them those of a number that was typed over", async () => {
    const attacker = scene.victimWithoutPhone();
    const browser = from("192.0.2.1");
    const visit = await afterPassword(scene.strict, attacker, {}, browser);
    for (let i = 0; i < 4; i++)
      await browser.post(visit.page, "phone", { phone: `+141555540${i}0` });
    const right = { code: scene.server.lastCode("+14155554030") };
    assert.equal((await browser.post(visit.page, "code", right)).status, 303);
    // Three are left of these, and seven more fill the hour.
    for (let i = 0; i < 7; i++) {
      await afterPassword(scene.strict, scene.victim(), {}, from(`192.0.2.${i + 2}`));
    }
    const refused = scene.victim();
    await afterPassword(scene.strict, refused, {}, from("192.0.2.99"));
    assert.equal(sentTo(refused), 0);
  });
});

describe("attacks on sending by other caps", () => {
  const CAPS: { it: string; limits: Record<string, number>; sentence: RegExp; because: string }[] =
    [
      {
        it: "to one range of numbers (SMS-07)",
        limits: { sendsPerPrefixPerDay: 3 },
        sentence: /We can&#39;t send a text to this number right now/,
        because: "prefix-cap",
      },
      {
        it: "to one country (SMS-07)",
        limits: { sendsPerCountryPerDay: 3 },
        sentence: /We can&#39;t send a text to this number right now/,
        because: "country-cap",
      },
      {
        it: "in a day (SMS-08)",
        limits: { sendsPerDay: 3 },
        sentence: /We can&#39;t send a text to this number right now/,
        because: "day-cap",
      },
    ];
  for (const cap of CAPS) {
    it(`sends no more than so many ${cap.it}`, async () => {
      const scene = await openScene({ limits: cap.limits });
      try {
        for (let i = 0; i < 3; i++) {
          const { page } = await afterPassword(scene.strict, scene.victim());
          assert.ok(asksForCode(page));
        }
        const { page } = await afterPassword(scene.strict, scene.victim());
        assert.match(page.html, cap.sentence);
        assert.equal(scene.server.texts().length, 3);
        const { items } = await scene.server.latchkey("audit", "list", "--action", "text-refused");
        assert.deepEqual(
          items.map(({ because }: { because: string }) => because),
          [cap.because],
        );
      } finally {
        await scene.server.close();
      }
    });
  }

  it("sends one user no more than so many a day, whatever number is to be bound", async () => {
    const scene = await openScene({
      limits: { sendsPerUserPerDay: 3, sendsPerNumberPerDay: 3 },
    });
    try {
      const victim = scene.victimWithoutPhone();
      let { browser, page } = await afterPassword(scene.strict, victim);
      for (let i = 0; i < 3; i++) {
        page = await browser.submit(page, "phone", { phone: `+1415555290${i}` });
        assert.ok(asksForCode(page));
      }
      const refused = await browser.post(page, "phone", { phone: "+14155552909" });
      assert.equal(refused.status, 429);
      assert.match(refused.html, /Too many texts were sent for your account today/);
      assert.equal(scene.server.texts().length, 3);
    } finally {
      await scene.server.close();
    }
  });
});

describe("attacks on the purse", () => {
  let vonage: FakeVonage;
  let scene: Scene;
  before(async () => {
    vonage = await startFakeVonage();
    scene = await openScene({
      // Five texts to the United States, at one cent each.
      limits: { smsBudgetPerDayCents: 5 },
      env: {
        SMS_PROVIDERS: "vonage",
        SMS_COUNTRIES: "US",
        VONAGE_API_KEY: "key",
        VONAGE_API_SECRET: "a-secret",
        VONAGE_FROM: "Latchkey",
        VONAGE_HOST: vonage.url,
      },
    });
  });
  after(async () => {
    await scene.server.close();
    await vonage.close();
  });

  it("spends the budget of a day and no more, and says so in time (SMS-08)", async () => {
    for (let i = 0; i < 5; i++) {
      assert.ok(asksForCode((await afterPassword(scene.strict, scene.victim())).page));
    }
    assert.equal(vonage.requests.length, 5);
    const visit = await afterPassword(scene.strict, scene.victim());
    assert.match(visit.page.html, /We can&#39;t send a text to this number right now/);
    assert.equal((await visit.browser.post(visit.page, "resend")).status, 429);
    assert.equal(vonage.requests.length, 5);

    const list = await scene.server.latchkey(
      ...["audit", "list", "--action", "sms-budget-alarm", "--oldest-first"],
    );
    assert.deepEqual(
      list.items.map(({ because }: { because: string }) => because),
      ["50-percent", "80-percent", "100-percent"],
    );
    await until(() => scene.server.output().match(/"event":"alarm"/g)?.length === 3);
  });
});
