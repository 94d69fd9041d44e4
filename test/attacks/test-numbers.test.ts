// Test numbers: what they are good for, and that nothing else comes of them. The outbox is where a text would be.
import assert from "node:assert/strict";
import { createBrowser } from "../support/browser.ts";
import { tomorrow } from "../support/builders.ts";
import { storedBytes } from "../support/stored-bytes.ts";
import {
  afterPassword,
  answerOf,
  asksForCode,
  atOnce,
  audited,
  getJson,
  openScene,
  otherThan,
  type Scene,
  signedIn,
  tally,
  type Victim,
  type Visit,
  wait,
} from "./scene.ts";

const NAME = "App review";
// Reserved by Ofcom for fiction: no numbering plan has it.
const FICTION = "+447700900";

let numbers = 100;
const fictional = () => `${FICTION}${numbers++}`;

interface Listed {
  readonly id: string;
  readonly number: string;
  readonly code: string;
}

async function list(scene: Scene, number: string, until = tomorrow()): Promise<Listed> {
  const args = ["test-number", "add", number, "--name", NAME, "--until", until];
  return { ...(await scene.server.latchkey(...args)), number };
}

const unlist = (scene: Scene, number: string) =>
  scene.server.latchkey("test-number", "remove", number);

const show = (scene: Scene, victim: Victim) =>
  scene.server.latchkey("user", "show", victim.username);

const textsTo = (scene: Scene, number: string) =>
  scene.server.texts().filter(({ to }) => to === number).length;

// A browser that waits for the code of a number that is to be bound.
async function binding(scene: Scene, victim: Victim, phone: string): Promise<Visit> {
  const visit = await afterPassword(scene.strict, victim);
  return { ...visit, page: await visit.browser.submit(visit.page, "phone", { phone }) };
}

async function finish(scene: Scene, { browser, begun, page }: Visit, code: string) {
  return scene.strict.finish(begun, await browser.submit(page, "code", { code }));
}

// The names of test numbers on the events about a user.
async function marks(scene: Scene, victim: Victim, action: string): Promise<unknown[]> {
  return (await audited(scene.server, action, victim)).map(({ details }) => details.testNumber);
}

describe("test numbers", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({ env: { SMS_COUNTRIES: "US" } });
  });
  after(() => scene.server.close());

  it("sign in with nothing sent, always marked, and verify nobody's number", async () => {
    const victim = scene.victimWithoutPhone();
    const listed = await list(scene, fictional());
    const visit = await binding(scene, victim, listed.number);
    assert.ok(asksForCode(visit.page));
    assert.ok(!visit.page.html.includes(listed.code));
    const tokens = await finish(scene, visit, listed.code);
    assert.deepEqual(tokens.claims()?.amr, ["pwd", "sms", "mfa"]);

    const info = await getJson(`${scene.server.issuer}/me`, {
      Authorization: `Bearer ${tokens.access_token}`,
    });
    assert.equal(info.body.phone_number, listed.number);
    assert.equal(info.body.phone_number_verified, false);
    assert.equal((await show(scene, victim)).phoneStatus, "assigned");

    assert.equal(textsTo(scene, listed.number), 0);
    const { items } = await scene.server.latchkey("message", "list");
    assert.ok(!items.some(({ prefix }: { prefix: string }) => listed.number.startsWith(prefix)));
    for (const action of ["code-not-sent", "phone-assigned", "sign-in"]) {
      assert.deepEqual(await marks(scene, victim, action), [NAME], action);
    }
    assert.deepEqual(await marks(scene, victim, "phone-bound"), []);
  });

  it("lead straight to the code once they are a user's phone, as real ones do", async () => {
    const victim = scene.victimWithoutPhone();
    const { number, code } = await list(scene, fictional());
    await scene.server.latchkey("user", "update", victim.username, "--phone", number);
    for (let times = 1; times <= 2; times++) {
      const visit = await afterPassword(scene.strict, victim);
      assert.ok(asksForCode(visit.page));
      await finish(scene, visit, code);
    }
    assert.equal((await show(scene, victim)).phoneStatus, "assigned");
    assert.equal(textsTo(scene, number), 0);
    assert.deepEqual(await marks(scene, victim, "sign-in"), [NAME, NAME]);
  });

  it("answer a step-up too", async () => {
    const victim = scene.victimWithoutPhone();
    const { number, code } = await list(scene, fictional());
    await scene.server.latchkey("user", "update", victim.username, "--phone", number);
    const browser = createBrowser();
    await signedIn(scene, scene.lax, victim, {}, browser);
    const begun = await scene.strict.begin();
    const due = await browser.open(begun.url.href);
    const page = await browser.submit(due, "resend");
    const tokens = await finish(scene, { browser, begun, page }, code);
    assert.deepEqual(tokens.claims()?.amr, ["pwd", "sms", "mfa"]);
    assert.deepEqual(await marks(scene, victim, "step-up"), [NAME]);
    assert.equal(textsTo(scene, number), 0);
  });

  it("judge a code as ever: wrong ones are counted, and the right one is dead after five", async () => {
    const victim = scene.victimWithoutPhone();
    const listed = await list(scene, fictional());
    const { browser, page } = await binding(scene, victim, listed.number);
    const statuses: number[] = [];
    for (let i = 1; i <= 5; i++) {
      statuses.push((await browser.post(page, "code", { code: otherThan(listed.code, i) })).status);
    }
    statuses.push((await browser.post(page, "code", { code: listed.code })).status);
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 410]);
    assert.deepEqual(await marks(scene, victim, "code-rejected"), Array(5).fill(NAME));
    assert.equal((await show(scene, victim)).secondFactor.attemptsInARow, 5);
    assert.equal((await show(scene, victim)).phoneStatus, "none");
  });

  it("take the right code once, of ten at once", async () => {
    const { number, code } = await list(scene, fictional());
    const { browser, page } = await binding(scene, scene.victimWithoutPhone(), number);
    const answers = await atOnce(10, () => browser.post(page, "code", { code }));
    assert.equal(tally(answers.map(({ status }) => status))[303], 1);
  });

  it("are numbers like any others unless they are listed: malformed, fictional, of no country that is on", async () => {
    const { number } = await list(scene, fictional());
    const { browser, page } = await afterPassword(scene.strict, scene.victimWithoutPhone());
    const refused = [
      ...[fictional(), `${number}1`, `${number} x5`, `${number.slice(0, -1)}O`, number.slice(1)],
      ...["+999123456", "+447911123456", "+44", ""],
    ];
    for (const phone of refused) {
      const answer = await browser.post(page, "phone", { phone, country: "" });
      assert.equal(answer.status, 422, JSON.stringify(phone));
    }
    for (const [phone, country] of [
      [number.replace("+447700", "+44 (0)7700 "), ""],
      [number.replace("+44", "0"), "GB"],
    ]) {
      const visit = await afterPassword(scene.strict, scene.victimWithoutPhone());
      const answer = await visit.browser.post(visit.page, "phone", { phone, country } as never);
      assert.equal(answer.status, 303, phone);
    }
    assert.equal(textsTo(scene, number), 0);
  });

  it("refuse their code once they are removed, and the phone is no better than assigned", async () => {
    const victim = scene.victimWithoutPhone();
    const number = fictional();
    const { code } = await list(scene, number);
    await finish(scene, await binding(scene, victim, number), code);
    const { browser, page } = await afterPassword(scene.strict, victim);
    await unlist(scene, number);
    assert.equal((await browser.post(page, "code", { code })).status, 401);
    const told = await browser.submit(page, "resend");
    assert.match(told.html, /can&#39;t send texts to your number/);

    const next = await afterPassword(scene.strict, victim);
    assert.match(next.page.html, /can&#39;t send texts to your number/);
    assert.equal(textsTo(scene, number), 0);
    assert.deepEqual(await marks(scene, victim, "code-rejected"), [NAME]);
  });

  it("bind a real number with the first right code that was really sent to it", async () => {
    const victim = scene.victimWithoutPhone();
    const { number, code } = await list(scene, victim.phone);
    await finish(scene, await binding(scene, victim, number), code);
    assert.equal((await show(scene, victim)).phoneStatus, "assigned");

    const open = await afterPassword(scene.strict, victim);
    await unlist(scene, number);
    assert.equal(textsTo(scene, number), 0);
    const page = await open.browser.submit(open.page, "resend");
    assert.equal(textsTo(scene, number), 1);
    assert.equal((await open.browser.post(page, "code", { code })).status, 401);
    await finish(scene, { ...open, page }, scene.server.lastCode(number));
    assert.equal((await show(scene, victim)).phoneStatus, "bound");
    assert.deepEqual(await marks(scene, victim, "phone-bound"), [undefined]);
  });

  it("do not answer what was opened for a text before they were listed", async () => {
    const victim = scene.victim();
    const visit = await afterPassword(scene.strict, victim);
    assert.equal(textsTo(scene, victim.phone), 1);
    const real = scene.server.lastCode(victim.phone);
    const { code } = await list(scene, victim.phone);
    assert.equal((await visit.browser.post(visit.page, "code", { code })).status, 401);
    assert.deepEqual(await marks(scene, victim, "code-rejected"), [undefined]);
    await finish(scene, visit, real);
    assert.equal((await show(scene, victim)).phoneStatus, "bound");
    assert.deepEqual(await marks(scene, victim, "sign-in"), [undefined]);
  });

  it("are sent nothing by a resend of what was opened before", async () => {
    const victim = scene.victim();
    const visit = await afterPassword(scene.strict, victim);
    const real = scene.server.lastCode(victim.phone);
    const { code } = await list(scene, victim.phone);
    const page = await visit.browser.submit(visit.page, "resend");
    assert.equal(textsTo(scene, victim.phone), 1);
    assert.equal((await visit.browser.post(page, "code", { code: real })).status, 401);
    await finish(scene, { ...visit, page }, code);
    assert.equal((await show(scene, victim)).phoneStatus, "assigned");
  });

  it("are sent nothing when they are typed once more, having been listed meanwhile", async () => {
    const victim = scene.victimWithoutPhone();
    const visit = await binding(scene, victim, victim.phone);
    assert.equal(textsTo(scene, victim.phone), 1);
    const { code } = await list(scene, victim.phone);
    const page = await visit.browser.submit(visit.page, "phone", { phone: victim.phone });
    assert.equal(textsTo(scene, victim.phone), 1);
    await finish(scene, { ...visit, page }, code);
    assert.equal((await show(scene, victim)).phoneStatus, "assigned");
  });

  it("are told to the user whose phone one has become, as a number that was given", async () => {
    const victim = scene.victimWithoutPhone();
    const email = `${victim.username}@example.com`;
    const address = ["--email", email, "--email-verified"];
    await scene.server.latchkey("user", "update", victim.username, ...address);
    const { number, code } = await list(scene, fictional());
    await finish(scene, await binding(scene, victim, number), code);
    const mails = () => scene.server.mails().filter(({ to }) => to === email);
    for (let waited = 0; mails().length === 0 && waited < 10_000; waited += 100) await wait(100);
    assert.deepEqual(
      mails().map(({ purpose }) => purpose),
      ["phone-assigned"],
    );
    assert.ok(!mails()[0]?.text.includes(code));
  });

  it("answer nothing that was opened under another listing of theirs", async () => {
    const number = fictional();
    const first = await list(scene, number);
    const { browser, page } = await binding(scene, scene.victimWithoutPhone(), number);
    await unlist(scene, number);
    const second = await list(scene, number);
    for (const { code } of [first, second]) {
      assert.equal((await browser.post(page, "code", { code })).status, 401);
    }
    const again = await browser.submit(page, "resend");
    assert.equal((await browser.post(again, "code", { code: second.code })).status, 303);
  });

  it("end at their end, also between the page and the code", async () => {
    const victim = scene.victim();
    const end = new Date(Date.now() + 4_000);
    const until = `${end.toISOString().slice(0, 19)}Z`;
    const { code } = await list(scene, victim.phone, until);
    const { browser, page } = await afterPassword(scene.strict, victim);
    assert.ok(asksForCode(page));
    assert.equal(textsTo(scene, victim.phone), 0);
    await wait(Date.parse(until) - Date.now() + 20);
    assert.equal((await browser.post(page, "code", { code })).status, 401);

    const next = await afterPassword(scene.strict, victim);
    assert.equal(textsTo(scene, victim.phone), 1);
    assert.equal((await next.browser.post(next.page, "code", { code })).status, 401);
    await finish(scene, next, scene.server.lastCode(victim.phone));
  });

  it("leave no code and no number in logs, store and audit log", async () => {
    const { number, code } = await list(scene, fictional());
    const visit = await binding(scene, scene.victimWithoutPhone(), number);
    await finish(scene, visit, code);
    // Six digits occur by chance within longer numbers.
    const alone = new RegExp(`(?<![0-9a-f])${code}(?![0-9a-f])`);
    const listed = await scene.server.latchkey("test-number", "list");
    const audit = await scene.server.latchkey("audit", "list", "--limit", "1000");
    const places = {
      log: scene.server.output(),
      store: await storedBytes(scene.server),
      list: JSON.stringify(listed),
      audit: JSON.stringify(audit),
    };
    for (const [place, text] of Object.entries(places)) {
      assert.doesNotMatch(text, alone, place);
      assert.ok(!text.includes(number.slice(1)), place);
    }
  });

  it("say who listed and removed them, with the number masked", async () => {
    const number = fictional();
    const until = tomorrow();
    const { id } = await list(scene, number, until);
    await unlist(scene, number);
    const target = ["audit", "list", "--target", `test-number:${id}`, "--oldest-first"];
    const { items } = await scene.server.latchkey(...target);
    const masked = `+44 ••• ••• ${number.slice(-2)}`;
    const summary = { number: masked, name: NAME, until: `${until}T23:59:59.999Z` };
    assert.deepEqual(
      items.map(({ action, details }: { action: string; details: unknown }) => [action, details]),
      [
        ["test-number-added", { before: null, after: summary, users: 0 }],
        ["test-number-removed", { before: summary, after: null }],
      ],
    );
    for (const { actor } of items) assert.match(actor, /^cli:./);
  });
});

describe("test numbers and caps", () => {
  let scene: Scene;
  before(async () => {
    const one = { sendsPerPrefixPerDay: 1, sendsPerCountryPerDay: 1, sendsPerDay: 1 };
    scene = await openScene({ limits: { ...one, sendsPerChallenge: 3 } });
  });
  after(() => scene.server.close());

  it("use up nothing of what texts are counted under, and are not refused by it", async () => {
    const [one, other, third] = [scene.victim(), scene.victim(), scene.victim()];
    const { code } = await list(scene, one.phone);
    for (let times = 1; times <= 3; times++) {
      await finish(scene, await afterPassword(scene.strict, one), code);
    }
    assert.ok(asksForCode((await afterPassword(scene.strict, other)).page));
    assert.equal(textsTo(scene, other.phone), 1);
    const { page } = await afterPassword(scene.strict, third);
    assert.match(page.html, /can&#39;t send a text to this number right now/);
    await finish(scene, await afterPassword(scene.strict, one), code);
    const [stats] = (await scene.server.latchkey("message", "stats")).items;
    assert.equal(stats.sent, 1);
  });

  it("cannot be asked for more often than real ones, in a challenge", async () => {
    const victim = scene.victim();
    await list(scene, victim.phone);
    const { browser, page } = await afterPassword(scene.strict, victim);
    const statuses: number[] = [];
    for (let i = 2; i <= 4; i++) statuses.push((await browser.post(page, "resend")).status);
    assert.deepEqual(statuses, [303, 303, 429]);
    const refused = await audited(scene.server, "text-refused", victim);
    assert.deepEqual(
      refused.map(({ because, details }) => [because, details.testNumber]),
      [["challenge-sends-spent", NAME]],
    );
  });
});

describe("test numbers and the gap, as published", () => {
  it("keep it", async () => {
    const scene = await openScene({ limits: { sendGapSeconds: 60 } });
    try {
      const victim = scene.victim();
      await list(scene, victim.phone);
      const { browser, page } = await afterPassword(scene.strict, victim);
      assert.equal((await browser.post(page, "resend")).status, 429);
      const next = await afterPassword(scene.strict, victim);
      assert.equal(answerOf(next.page).get("code"), null);
      assert.equal((await next.browser.post(next.page, "code", { code: "123456" })).status, 409);
    } finally {
      await scene.server.close();
    }
  });
});
