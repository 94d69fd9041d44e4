// Pumping: somebody who is paid for texts to their own numbers has them sent, and types no code. And what an
// administrator sees of it.
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
  tokensFor,
  type Victim,
} from "./scene.ts";

const LIMITS = { pumpingGraceSeconds: 0, pumpingSendsMin: 5, pumpingVerifiedPercentMin: 50 };

async function openPaid(
  vonage: FakeVonage,
  { limits = LIMITS, env = {} }: { limits?: typeof LIMITS; env?: Record<string, string> } = {},
): Promise<Scene> {
  return openScene({
    limits,
    env: {
      SMS_PROVIDERS: "vonage",
      SMS_COUNTRIES: "US",
      VONAGE_API_KEY: "key",
      VONAGE_API_SECRET: "a-secret",
      VONAGE_FROM: "Latchkey",
      VONAGE_HOST: vonage.url,
      ...env,
    },
  });
}

describe("attacks by pumping (SMS-14)", () => {
  let vonage: FakeVonage;
  let scene: Scene;
  before(async () => {
    vonage = await startFakeVonage();
    scene = await openPaid(vonage);
  });
  after(async () => {
    await scene.server.close();
    await vonage.close();
  });

  const codeTo = (victim: Victim) => {
    const sent = vonage.requests.findLast(({ to }) => `+${to}` === victim.phone);
    return /#(\d{6})$/.exec(sent?.text ?? "")?.[1] ?? "";
  };

  it("pause texts to a range of numbers of which few codes are typed", async () => {
    for (let i = 0; i < 5; i++) await afterPassword(scene.strict, scene.victim());
    assert.equal(vonage.requests.length, 5);
    const refused = await afterPassword(scene.strict, scene.victim());
    assert.match(refused.page.html, /We can&#39;t send a text to this number right now/);
    const again = await refused.browser.post(refused.page, "resend");
    assert.equal(again.status, 429);
    assert.match(again.headers.get("Retry-After") ?? "", /^\d+$/);
    assert.equal(vonage.requests.length, 5);

    const { items } = await scene.server.latchkey("message", "pauses");
    assert.deepEqual(
      items.map(({ scope }: { scope: string }) => scope),
      ["prefix:+1415555"],
    );
    const events = await scene.server.latchkey("audit", "list", "--action", "texts-paused");
    assert.equal(events.items.length, 1);
    assert.deepEqual(events.items[0].details, { sent: 5, verified: 0 });
    await until(() => /"alarm":"sms-pumping"/.test(scene.server.output()));
  });

  it("go on where an administrator has lifted the pause, as long as codes are typed", async () => {
    await scene.server.latchkey("message", "lift", "+1415555");
    // The country as a whole is judged as well.
    await scene.server.latchkey("message", "lift", "US").catch(() => null);
    for (let i = 0; i < 6; i++) {
      const victim = scene.victim();
      const { browser, begun, page } = await afterPassword(scene.strict, victim);
      const paused = await scene.server.latchkey("message", "pauses");
      for (const { scope } of paused.items) {
        await scene.server.latchkey("message", "lift", scope.split(":")[1]);
      }
      const asked = paused.items.length === 0 ? page : await browser.submit(page, "resend");
      const done = await browser.submit(asked, "code", { code: codeTo(victim) });
      assert.ok((await scene.strict.finish(begun, done)).id_token);
    }
    assert.deepEqual((await scene.server.latchkey("message", "pauses")).items, []);
  });

  it("show in the figures of an administrator, without a number or a code", async () => {
    const { items } = await scene.server.latchkey("message", "stats", "--by", "country");
    const [all, us] = items;
    assert.equal(all.group, "all");
    assert.equal(us.group, "US");
    assert.equal(all.verified, 6);
    assert.equal(all.accepted, vonage.requests.length);
    assert.equal(all.spentMicros, vonage.requests.length * 10_000);
    assert.equal(all.currency, "USD");
    assert.equal(typeof all.medianSecondsToVerify, "number");
    const list = await scene.server.latchkey("message", "list");
    assert.equal(list.items.length, vonage.requests.length);
    for (const { to, text } of vonage.requests) {
      assert.ok(!JSON.stringify(list).includes(String(to)));
      assert.ok(!JSON.stringify(list).includes(/#(\d{6})$/.exec(text ?? "")?.[1] ?? "?"));
    }
  });
});

describe("attacks that make the guard shut others out (SMS-20)", () => {
  it("pause no country and no range by one account, from however many networks", async () => {
    const vonage = await startFakeVonage();
    const limits = { pumpingGraceSeconds: 0, pumpingSendsMin: 20, pumpingVerifiedPercentMin: 10 };
    const scene = await openPaid(vonage, { limits, env: { TRUST_PROXY: "1" } });
    try {
      const attacker = scene.victimWithoutPhone();
      for (let i = 0; i < 24; i++) {
        const network = { "X-Forwarded-For": `198.51.${i % 4}.1` };
        const browser = createBrowser(new CookieJar(), network);
        const { page } = await afterPassword(scene.strict, attacker, {}, browser);
        const phone = `+1415${550 + (i % 8)}${3000 + i}`;
        assert.equal((await browser.post(page, "phone", { phone })).status, 303);
      }
      assert.equal(vonage.requests.length, 24);
      assert.ok(asksForCode((await afterPassword(scene.strict, scene.victim())).page));
      assert.deepEqual((await scene.server.latchkey("message", "pauses")).items, []);
    } finally {
      await scene.server.close();
      await vonage.close();
    }
  });

  it("hold nobody back whose number has been verified, and say when they end", async () => {
    const vonage = await startFakeVonage();
    const scene = await openPaid(vonage);
    try {
      const known = scene.victim();
      const signsIn = async () => {
        const { browser, page } = await afterPassword(scene.strict, known);
        const text = vonage.requests.findLast(({ to }) => `+${to}` === known.phone)?.text;
        const code = /#(\d{6})$/.exec(text ?? "")?.[1] ?? "";
        return answerOf(await browser.submit(page, "code", { code })).has("code");
      };
      assert.ok(await signsIn());
      for (let i = 0; i < 9; i++) await afterPassword(scene.strict, scene.victim());
      const { items } = await scene.server.latchkey("message", "pauses");
      assert.equal(items.length, 1);
      assert.equal(Date.parse(items[0].trialFrom) - Date.parse(items[0].since), 3_600_000);
      await until(() => /"lift":"latchkey message lift \+1415555"/.test(scene.server.output()));
      assert.ok(!asksForCode((await afterPassword(scene.strict, scene.victim())).page));
      assert.ok(await signsIn());
    } finally {
      await scene.server.close();
      await vonage.close();
    }
  });
});

describe("the fraud guard, and people who have just asked for a code", () => {
  it("lets many of them in at once", async () => {
    const vonage = await startFakeVonage();
    const scene = await openPaid(vonage, { limits: { ...LIMITS, pumpingGraceSeconds: 120 } });
    try {
      for (let i = 0; i < 7; i++) await afterPassword(scene.strict, scene.victim());
      assert.equal(vonage.requests.length, 7);
      assert.deepEqual((await scene.server.latchkey("message", "pauses")).items, []);
    } finally {
      await scene.server.close();
      await vonage.close();
    }
  });
});

describe("the fraud guard, to try it first", () => {
  it("writes down what it would pause, and pauses nothing", async () => {
    const vonage = await startFakeVonage();
    const scene = await openPaid(vonage, { env: { SMS_PUMPING_GUARD: "record" } });
    try {
      for (let i = 0; i < 7; i++) await afterPassword(scene.strict, scene.victim());
      assert.equal(vonage.requests.length, 7);
      const { items } = await scene.server.latchkey("audit", "list", "--action", "texts-paused");
      assert.ok(items.length >= 1);
      assert.match(items[0].because, /recorded-only/);
    } finally {
      await scene.server.close();
      await vonage.close();
    }
  });

  it("is off where texts cost nothing", async () => {
    const scene = await openScene({ limits: LIMITS });
    try {
      for (let i = 0; i < 7; i++) await afterPassword(scene.strict, scene.victim());
      assert.equal(scene.server.texts().length, 7);
      assert.ok(await tokensFor(scene, scene.strict, scene.victim()));
    } finally {
      await scene.server.close();
    }
  });
});
