// Imported password hashes, which say less than they seem to, and many sign-ins at once.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { hash } from "bcryptjs";
import type { TestServer } from "../support/server.ts";
import { atOnce, atSignIn, getJson, openScene, type Scene, tally, type Visit } from "./scene.ts";

const LIMITS = { passwordFailuresPerAddress: 10_000 };

describe("attacks on imported bcrypt hashes (LOG-17)", () => {
  const long = `${"correct horse battery staple ".repeat(3)}`.slice(0, 74);
  // One letter and an accent each.
  const decomposed = "cafe\u0301 au lait, cre\u0300me bru\u0302le\u0301e";
  let scene: Scene;
  before(async () => {
    scene = await openScene({ limits: LIMITS });
    await importHashes(scene.server, {
      long: await hash(`${long}a`, 4),
      seventytwo: await hash("y".repeat(72), 4),
      seventyone: await hash("y".repeat(71), 4),
      composed: await hash(decomposed, 4),
      dear: await hash("secret of the dear one", 14),
    });
  });
  after(() => scene.server.close());

  const status = async (login: string, password: string) => {
    const { browser, page } = await atSignIn(scene.lax);
    return (await browser.submit(page, "login", { login, password })).status;
  };

  it("lets the owner of a password over 72 bytes in, whoever got in by its first 72 before", async () => {
    assert.equal(await status("long", `${long}b`), 303, "as the old system did");
    assert.equal(await status("long", `${long}a`), 303, "its owner");
    assert.equal(await status("long", long.slice(0, 72)), 303);
    assert.equal(await status("long", `${long}a`), 303);
    assert.equal(await status("long", long.slice(0, 71)), 401);
  });

  it("keeps a hash of 72 bytes, which may be of more, and replaces one of 71", async () => {
    assert.equal(await status("seventytwo", "y".repeat(72)), 303);
    assert.equal(await status("seventytwo", "y".repeat(73)), 303);
    assert.equal(await status("seventyone", "y".repeat(71)), 303);
    assert.equal(await status("seventyone", "y".repeat(71)), 303);
    assert.equal(await status("seventyone", "y".repeat(72)), 401);
  });

  it("checks the bytes as typed, and then on what it made of them", async () => {
    for (let i = 0; i < 2; i++) assert.equal(await status("composed", decomposed), 303);
    assert.equal(await status("composed", decomposed.normalize("NFKC")), 303);
    assert.equal(await status("composed", `${decomposed}.`), 401);
  });

  it("answers everybody else while the dearest hashes are checked", async () => {
    let over = false;
    let answers = 0;
    const probing = (async () => {
      while (!over) {
        assert.equal((await getJson(`${scene.server.issuer}/healthz`)).status, 200);
        answers++;
      }
    })();
    const statuses = await atOnce(4, () => status("dear", "wrong"));
    over = true;
    await probing;
    assert.deepEqual(tally(statuses), { 401: 4 });
    // bcrypt on the main thread leaves ten turns a second, and a request takes more than one.
    assert.ok(answers > 50, `${answers}`);
  });
});

describe("many sign-ins at once (LOG-19)", () => {
  const signInAtOnce = async (scene: Scene, count: number) => {
    // A minute's work of a morning: many people, some of whom come more than once.
    const people = Array.from({ length: 40 }, () => scene.victimWithoutPhone());
    const visits: Visit[] = [];
    for (let i = 0; i < count; i++) visits.push(await atSignIn(scene.lax));
    return atOnce(count, async (i) => {
      const visit = visits[i];
      const person = people[i % people.length];
      assert.ok(visit && person);
      const { username: login, password } = person;
      return visit.browser.submit(visit.page, "login", { login, password });
    });
  };

  it("lets 200 in where the wait is bearable, and says 503 and when to come again where it is not", async () => {
    for (const [passwordHashWaitSecondsMax, everybody] of [
      [300, true],
      [1, false],
    ] as const) {
      // Nobody's password is wrong; what counts attempts is not in the way.
      const limits = {
        ...LIMITS,
        passwordAttemptsUntilLock: 1000,
        passwordAttemptsPerNameUntilLock: 1000,
        passwordHashWaitSecondsMax,
      };
      const scene = await openScene({ limits });
      try {
        const pages = await signInAtOnce(scene, 200);
        const { 303: inside = 0, 503: refused = 0 } = tally(pages.map(({ status }) => status));
        assert.equal(inside + refused, 200);
        assert.ok(everybody ? inside === 200 : refused > 0 && inside > 0, `${inside}, ${refused}`);
        for (const page of pages.filter((each) => each.status === 503)) {
          assert.equal(page.headers.get("Retry-After"), "2");
        }
      } finally {
        await scene.server.close();
      }
    }
  }).timeout(120_000);
});

async function importHashes(server: TestServer, hashes: Record<string, string>): Promise<void> {
  const file = path.join(server.dataDir, "imported.csv");
  const rows = Object.entries(hashes).map(([username, hashed]) => `${username},${hashed}`);
  writeFileSync(file, ["username,password_hash", ...rows].join("\n"));
  await server.latchkey("user", "import", file);
}
