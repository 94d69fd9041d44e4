// Recovery codes, from the page that shows them to the day when no text can be sent.
import assert from "node:assert/strict";
import {
  afterPassword,
  answerOf,
  asksForCode,
  audited,
  openScene,
  type Scene,
  type Victim,
  type Visit,
} from "../attacks/scene.ts";
import { createBrowser } from "../support/browser.ts";

describe("journey of recovery codes", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
    await scene.server.latchkey("mfa", "rule", "outage", "other-factor", "--client", "strict");
  });
  after(() => scene.server.close());

  const shownIn = (html: string) =>
    [...html.matchAll(/<code>([\w-]{29})<\/code>/g)].map((m) => m[1]);
  const left = async ({ username }: Victim) =>
    (await scene.server.latchkey("user", "show", username)).recoveryCodesLeft;

  // A browser that has typed its code, and sees what comes next.
  async function shown(victim: Victim): Promise<Visit> {
    const visit = await afterPassword(scene.strict, victim);
    assert.ok(asksForCode(visit.page));
    const page = await visit.browser.submit(visit.page, "code", {
      code: scene.server.lastCode(victim.phone),
    });
    return { ...visit, page };
  }

  it("shows ten to who has typed a code, keeps them when told to, and signs in", async () => {
    const victim = scene.victim();
    const visit = await shown(victim);
    const codes = shownIn(visit.page.html);
    assert.equal(new Set(codes).size, 10);
    assert.equal(await left(victim), 0);
    const reloaded = await visit.browser.open(visit.page.url);
    assert.deepEqual(shownIn(reloaded.html), codes);

    const back = await visit.browser.submit(reloaded, "recovery-codes", { keep: "yes" });
    const claims = (await scene.strict.finish(visit.begun, back)).claims();
    assert.deepEqual(claims?.amr, ["pwd", "sms", "mfa"]);
    assert.equal(await left(victim), 10);
    const kept = await audited(scene.server, "recovery-codes-kept", victim);
    assert.deepEqual(
      kept.map(({ details }) => details),
      [{ left: 10 }],
    );

    const again = await shown(victim);
    assert.ok(answerOf(again.page).has("code"), "whoever has codes is not shown others");
    for (const code of codes) assert.ok(!scene.server.output().includes(String(code)));
  });

  it("lets them be, and shows others the next time", async () => {
    const victim = scene.victim();
    const visit = await shown(victim);
    const back = await visit.browser.submit(visit.page, "recovery-codes", { keep: "no" });
    assert.ok((await scene.strict.finish(visit.begun, back)).claims());
    assert.equal(await left(victim), 0);
    const next = await shown(victim);
    assert.notDeepEqual(shownIn(next.page.html), shownIn(visit.page.html));
  });

  it("binds a first phone before it shows them", async () => {
    const victim = scene.victimWithoutPhone();
    const visit = await afterPassword(scene.strict, victim);
    const page = await visit.browser.submit(visit.page, "phone", { phone: victim.phone });
    const code = scene.server.lastCode(victim.phone);
    const codes = await visit.browser.submit(page, "code", { code });
    assert.equal(shownIn(codes.html).length, 10);
    const user = await scene.server.latchkey("user", "show", victim.username);
    assert.equal(user.phoneStatus, "bound");
    assert.ok(!answerOf(codes).has("code"));
    const back = await visit.browser.submit(codes, "recovery-codes", { keep: "yes" });
    assert.ok((await scene.strict.finish(visit.begun, back)).claims());
  });

  for (const keep of ["yes", "no"]) {
    it(`shows them in a step-up too, which goes on with "${keep}"`, async () => {
      const victim = scene.victim();
      const lax = await afterPassword(scene.lax, victim);
      await scene.lax.finish(lax.begun, lax.page);
      const begun = await scene.strict.begin();
      const page = await lax.browser.open(begun.url.href);
      const sent = await lax.browser.submit(page, "resend");
      const code = scene.server.lastCode(victim.phone);
      const offered = await lax.browser.submit(sent, "code", { code });
      assert.equal(shownIn(offered.html).length, 10);
      const back = await lax.browser.submit(offered, "recovery-codes", { keep });
      const claims = (await scene.strict.finish(begun, back)).claims();
      assert.deepEqual(claims?.amr, ["pwd", "sms", "mfa"]);
      assert.equal(await left(victim), keep === "yes" ? 10 : 0);
    });
  }

  it("shows none where they would not be taken", async () => {
    const victim = scene.victim();
    const lax = await afterPassword(scene.lax, victim, { acr_values: "urn:latchkey:acr:2fa" });
    const code = scene.server.lastCode(victim.phone);
    const back = await lax.browser.submit(lax.page, "code", { code });
    assert.ok(answerOf(back).has("code"));
  });

  it("ends a sign-in once, however often it is posted, and takes no code a second time", async () => {
    const victim = scene.victim();
    const visit = await shown(victim);
    const typed = { code: scene.server.lastCode(victim.phone) };
    assert.equal((await visit.browser.post(visit.page, "code", typed)).status, 409);
    const posts = Array.from({ length: 10 }, () =>
      visit.browser.post(visit.page, "recovery-codes", { keep: "yes" }),
    );
    const statuses = (await Promise.all(posts)).map(({ status }) => status).toSorted();
    assert.equal(statuses.filter((status) => status === 303).length, 1);
    assert.equal(statuses.filter((status) => status === 409).length, 9);
    assert.equal(await left(victim), 10);
  });

  it("shows them to no other browser, and ends nothing for one whose credentials changed", async () => {
    const victim = scene.victim();
    const visit = await shown(victim);
    assert.equal((await createBrowser().open(visit.page.url)).status, 404);
    await scene.server.latchkey("user", "update", victim.username, "--reset-password");
    const late = await visit.browser.post(visit.page, "recovery-codes", { keep: "yes" });
    assert.equal(late.status, 409);
    assert.ok(!answerOf(late).has("code"));
    assert.equal(await left(victim), 0);

    const other = scene.victim();
    const disabled = await shown(other);
    await scene.server.latchkey("user", "update", other.username, "--disable");
    const refused = await disabled.browser.post(disabled.page, "recovery-codes", { keep: "no" });
    assert.equal(refused.status, 409);
  });

  it("is no way in before the code", async () => {
    const visit = await afterPassword(scene.strict, scene.victim());
    const early = await visit.browser.post(visit.page, "recovery-codes", { keep: "no" });
    assert.equal(early.status, 409);
  });

  it("gives up like any other step", async () => {
    const visit = await shown(scene.victim());
    const back = await visit.browser.submit(visit.page, "abort");
    assert.equal(answerOf(back).get("error"), "access_denied");
  });
});
