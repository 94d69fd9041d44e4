// Guessing one password from many networks (LOG-18): it ends, and its owner gets in meanwhile.
import assert from "node:assert/strict";
import { createBrowser, csrfOf, type Page } from "../support/browser.ts";
import { type Account, newAccount } from "./link-scene.ts";
import { auditedOf, mailsOf } from "./recovery-scene.ts";
import { afterPassword, atOnce, atSignIn, openScene, type Scene, tally } from "./scene.ts";

const TOTAL = 12;
const LIMITS = {
  passwordAttemptsUntilLock: 4,
  passwordAttemptsPer56UntilLock: 6,
  passwordAttemptsPer48UntilLock: 8,
  passwordAttemptsPerNameUntilLock: TOTAL,
};

// A network of its own each, in every sense.
const stranger = (i: number) => `2001:db8:${(i + 1).toString(16)}::1`;

describe("guessing from many networks (LOG-18)", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene({ limits: LIMITS, env: { TRUST_PROXY: "1" } });
  });
  after(() => scene.server.close());

  const tryFrom = async (
    address: string | null,
    fields: { login: string; password: string },
    browser = createBrowser(),
  ): Promise<Page> => {
    const { page } = await atSignIn(scene.lax, {}, browser);
    return browser.request(`${page.url}/login`, {
      method: "POST",
      headers: address === null ? {} : { "X-Forwarded-For": address },
      body: new URLSearchParams({ csrf: csrfOf(page), ...fields }),
    });
  };
  const guess = async (login: string, count: number, addressOf = stranger) => {
    const pages = [];
    for (let i = 0; i < count; i++) {
      pages.push(await tryFrom(addressOf(i), { login, password: `wrong ${i}` }));
    }
    return pages;
  };
  const statusesOf = (pages: readonly Page[]) => pages.map(({ status }) => status);
  const right = ({ username, password }: Account) => ({ login: username, password });

  it("ends after a total over all networks, for a name that nobody has as well", async () => {
    const plain = ({ status, html, headers }: Page) => ({
      status,
      html: html.replace(/(name="csrf" value|action|value)="[^"]*"|<time.*?<\/time>/g, ""),
      retryAfter: Number(headers.get("Retry-After")) > 50,
    });
    const [known, unknown] = [
      await guess(scene.victim().username, TOTAL + 4),
      await guess("nobody-there", TOTAL + 4),
    ];
    assert.deepEqual(statusesOf(known), [...Array(TOTAL).fill(401), ...Array(4).fill(429)]);
    assert.deepEqual(unknown.map(plain), known.map(plain));
  });

  it("looks at no more than that of so many at once", async () => {
    const { username: login } = scene.victim();
    const pages = await atOnce(40, (i) => tryFrom(stranger(i), { login, password: `wrong ${i}` }));
    assert.deepEqual(tally(statusesOf(pages)), { 401: TOTAL, 429: 28 });
  });

  it("lets the owner in meanwhile with a browser and from a network that are known, and no stranger (LOG-09)", async () => {
    const account = await newAccount(scene.server);
    const known = createBrowser();
    // Without a header, from the network of this machine.
    assert.equal((await tryFrom(null, right(account), known)).status, 303);
    assert.equal((await guess(account.username, TOTAL + 1)).at(-1)?.status, 429);

    assert.equal((await tryFrom("198.51.100.1", right(account))).status, 429);
    for (let i = 0; i < 3; i++) {
      assert.equal((await tryFrom("198.51.100.1", right(account), known)).status, 303);
      assert.equal((await tryFrom(null, right(account))).status, 303);
    }
    // What the owner did has opened nothing for others.
    assert.equal((await tryFrom("203.0.113.9", right(account))).status, 429);
  });

  it("lets a known browser in from the guesser's own network, and counts it apart", async () => {
    const account = await newAccount(scene.server);
    const known = createBrowser();
    assert.equal((await tryFrom(null, right(account), known)).status, 303);
    const wrong = { login: account.username, password: "wrong" };
    for (let i = 0; i < 4; i++) await tryFrom(null, wrong);
    assert.equal((await tryFrom(null, right(account))).status, 429);
    assert.equal((await tryFrom(null, right(account), known)).status, 303);
    for (let i = 0; i < 4; i++) assert.equal((await tryFrom(null, wrong, known)).status, 401);
    assert.equal((await tryFrom(null, right(account), known)).status, 429);
  });

  it("knows a browser of its user alone, and only once the sign-in was done", async () => {
    const victim = scene.victim();
    const account = await newAccount(scene.server);
    const own = createBrowser();
    assert.equal((await tryFrom("192.0.2.1", right(account), own)).status, 303);
    // The password alone, where a second step follows.
    const halfway = createBrowser();
    await afterPassword(scene.strict, victim, {}, halfway);
    await guess(victim.username, TOTAL + 1);
    const fields = { login: victim.username, password: victim.password };
    assert.equal((await tryFrom("192.0.2.1", fields, own)).status, 429);
    assert.equal((await tryFrom(null, fields, halfway)).status, 429);
  });

  it("counts one name from a /56 and a /48 as well", async () => {
    const in56 = (i: number) => `2001:db8:a:${(0x100 + i).toString(16)}::1`;
    const in48 = (i: number) => `2001:db8:b:${(i << 8).toString(16)}::1`;
    const of56 = await guess(scene.victim().username, 8, in56);
    assert.deepEqual(tally(statusesOf(of56)), { 401: 6, 429: 2 });
    const of48 = await guess(scene.victim().username, 10, in48);
    assert.deepEqual(tally(statusesOf(of48)), { 401: 8, 429: 2 });
  });

  it("tells the owner, the audit log and the log, once and not for every try", async () => {
    const account = await newAccount(scene.server);
    await guess(account.username, TOTAL + 3);
    const [mail] = await mailsOf(scene.server, account.email, "password-guessing", 1);
    assert.match(mail?.text ?? "", /12 passwords were tried/);
    const [event, ...more] = await auditedOf(scene.server, "password-guessing", account);
    assert.deepEqual(more, []);
    assert.deepEqual(event?.details, { attempts: TOTAL });
    const alarms = scene.server
      .output()
      .split("\n")
      .filter((line) => line.includes('"password-guessing"') && line.includes(account.id));
    assert.equal(alarms.length, 1);
    assert.ok(!scene.server.output().includes("2001:db8:1::1"));
  });
});

describe("spraying from a site (LOG-18, LOG-07)", () => {
  it("counts a /56 and a /48 over all names", async () => {
    const limits = { passwordFailuresPer56: 5, passwordFailuresPer48: 7 };
    const scene = await openScene({ limits, env: { TRUST_PROXY: "1" } });
    try {
      const spray = async (addressOf: (i: number) => string) => {
        const statuses: number[] = [];
        for (let i = 0; i < 9; i++) {
          const { browser, page } = await atSignIn(scene.lax);
          const answer = await browser.request(`${page.url}/login`, {
            method: "POST",
            headers: { "X-Forwarded-For": addressOf(i) },
            body: new URLSearchParams({ csrf: csrfOf(page), login: `user${i}`, password: "wrong" }),
          });
          statuses.push(answer.status);
        }
        return tally(statuses);
      };
      assert.deepEqual(await spray((i) => `2001:db8:a:${i}::1`), { 401: 5, 429: 4 });
      assert.deepEqual(await spray((i) => `2001:db8:b:${i}00::1`), { 401: 7, 429: 2 });
    } finally {
      await scene.server.close();
    }
  });
});
