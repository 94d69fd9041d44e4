// What an administrator changes while somebody is in the middle of a sign-in holds from the next step on.
import assert from "node:assert/strict";
import {
  afterPassword,
  answerOf,
  asksForCode,
  openScene,
  type Scene,
  type Victim,
} from "./scene.ts";

describe("attacks with a password that was reset meanwhile", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
  });
  after(() => scene.server.close());

  const reset = (victim: Victim) =>
    scene.server.latchkey("user", "update", victim.username, "--reset-password");
  const phoneOf = async (victim: Victim) =>
    (await scene.server.latchkey("user", "show", victim.username)).phoneStatus;
  const textsTo = (number: string) => scene.server.texts().filter(({ to }) => to === number).length;

  it("takes no number to bind, and sends nothing (BIND-02)", async () => {
    const victim = scene.victimWithoutPhone();
    const { browser, page } = await afterPassword(scene.strict, victim);
    await reset(victim);
    assert.equal((await browser.post(page, "phone", { phone: victim.phone })).status, 409);
    assert.equal(textsTo(victim.phone), 0);
    assert.equal(await phoneOf(victim), "none");
  });

  it("binds none by a code that was sent before, and sends no other (BIND-04)", async () => {
    const victim = scene.victimWithoutPhone();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const typed = await browser.submit(page, "phone", { phone: victim.phone });
    await reset(victim);
    const code = { code: scene.server.lastCode(victim.phone) };
    const answer = await browser.post(typed, "code", code);
    assert.equal(answer.status, 409);
    assert.equal((await browser.post(typed, "resend")).status, 409);
    assert.equal(await phoneOf(victim), "none");
    assert.equal(textsTo(victim.phone), 1);
  });

  it("ends no sign-in by the right code of a phone that is there", async () => {
    const victim = scene.victim();
    const { browser, page } = await afterPassword(scene.strict, victim);
    await reset(victim);
    const answer = await browser.post(page, "code", { code: scene.server.lastCode(victim.phone) });
    assert.equal(answer.status, 409);
    assert.ok(!answerOf(answer).has("code"));
    const { items } = await scene.server.latchkey("audit", "list", "--action", "sign-in");
    assert.ok(!items.some(({ actor }: { actor: string }) => actor === `user:${victim.id}`));
  });
});

describe("attacks with a phone or a rule that was changed meanwhile", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
  });
  after(() => scene.server.close());

  it("sends nothing to a typed number once an administrator gave another (BIND-01)", async () => {
    const victim = scene.victimWithoutPhone();
    const { browser, page } = await afterPassword(scene.strict, victim);
    const given = "+14155557770";
    await scene.server.latchkey("user", "update", victim.username, "--phone", given);
    const next = await browser.submit(page, "phone", { phone: victim.phone });
    assert.ok(!scene.server.texts().some(({ to }) => to === victim.phone));
    assert.equal(scene.server.texts().at(-1)?.to, given);
    assert.ok(asksForCode(next) && next.html.includes("70"), "the number that was given is asked");
  });

  it("binds none where a code is asked for no more, whatever was typed", async () => {
    const victim = scene.victimWithoutPhone();
    const visit = await afterPassword(scene.strict, victim);
    await scene.server.latchkey("mfa", "client", "strict", "off");
    try {
      const back = await visit.browser.submit(visit.page, "phone", { phone: victim.phone });
      assert.deepEqual((await scene.strict.finish(visit.begun, back)).claims()?.amr, ["pwd"]);
      const user = await scene.server.latchkey("user", "show", victim.username);
      assert.equal(user.phoneStatus, "none");
    } finally {
      await scene.server.latchkey("mfa", "client", "strict", "on");
    }
  });
});
