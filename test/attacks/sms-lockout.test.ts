// Locking somebody out by their number: whoever has an account without a phone can ask for texts to any number.
import assert from "node:assert/strict";
import { CookieJar } from "tough-cookie";
import { createBrowser } from "../support/browser.ts";
import {
  afterPassword,
  answerOf,
  asksForCode,
  openScene,
  type Scene,
  type Victim,
} from "./scene.ts";

describe("attacks on the texts of somebody else's number (SMS-21)", () => {
  // The limits as they are published, gaps included.
  let scene: Scene;
  before(async () => {
    const limits = { sendGapSeconds: 60, sendsPerNumberPerDay: 10 };
    scene = await openScene({ limits, env: { TRUST_PROXY: "1" } });
  });
  after(() => scene.server.close());

  const textsTo = (phone: string) => scene.server.texts().filter(({ to }) => to === phone).length;

  async function triesToBind(phone: string): Promise<number> {
    const { browser, page } = await afterPassword(scene.strict, scene.victimWithoutPhone());
    return (await browser.post(page, "phone", { phone })).status;
  }

  async function signsIn(victim: Victim): Promise<boolean> {
    const { browser, page } = await afterPassword(scene.strict, victim);
    if (!asksForCode(page)) return false;
    const code = { code: scene.server.lastCode(victim.phone) };
    return answerOf(await browser.submit(page, "code", code)).has("code");
  }

  it("do not hold its owner back, be the number bound or given by an administrator", async () => {
    const victim = scene.victim();
    for (let i = 0; i < 2; i++) {
      assert.equal(await triesToBind(victim.phone), i === 0 ? 303 : 429);
      assert.ok(await signsIn(victim));
    }
  });

  it("do not make the one wait who has just bound it", async () => {
    const owner = { ...scene.victimWithoutPhone(), phone: "+14155552990" };
    const { browser, page } = await afterPassword(scene.strict, owner);
    const asked = await browser.submit(page, "phone", { phone: owner.phone });
    const code = { code: scene.server.lastCode(owner.phone) };
    assert.ok(answerOf(await browser.submit(asked, "code", code)).has("code"));
    assert.equal(await triesToBind(owner.phone), 303);
    assert.equal(await triesToBind(owner.phone), 429);
    assert.ok(await signsIn(owner));
    assert.equal(textsTo(owner.phone), 3);
  });

  it("neither wait for the gap of the owner nor shorten it", async () => {
    const victim = scene.victim();
    await afterPassword(scene.strict, victim);
    assert.equal(await triesToBind(victim.phone), 303);
    // The gap of the owner's own text still holds.
    assert.ok(!asksForCode((await afterPassword(scene.strict, victim)).page));
    assert.equal(textsTo(victim.phone), 2);
  });
});

describe("attacks on the day's texts of somebody else's number (SMS-03, SMS-21)", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({ limits: { sendsPerNumberPerDay: 10 } });
  });
  after(() => scene.server.close());

  it("leave the owner their share, and the number its cap", async () => {
    const victim = scene.victim();
    const jar = new CookieJar();
    const statuses: number[] = [];
    for (let i = 0; i < 6; i++) {
      const browser = createBrowser(jar);
      const visit = await afterPassword(scene.strict, scene.victimWithoutPhone(), {}, browser);
      statuses.push((await browser.post(visit.page, "phone", { phone: victim.phone })).status);
    }
    assert.deepEqual(statuses, [303, 303, 303, 303, 429, 429]);
    for (let i = 0; i < 6; i++) {
      assert.ok(asksForCode((await afterPassword(scene.strict, victim)).page));
    }
    const { browser, page } = await afterPassword(scene.strict, victim);
    assert.equal((await browser.post(page, "resend")).status, 429);
    const texts = scene.server.texts().filter(({ to }) => to === victim.phone);
    assert.equal(texts.length, 10);
  });
});
