import assert from "node:assert/strict";
import { createPasswordHasher } from "../../src/adapters/password/argon2-hasher.ts";
import { loadBlocklist } from "../../src/adapters/password/blocklist.ts";
import { judgePassword } from "../../src/domain/password.ts";
import { UnavailableError } from "../../src/ports/errors.ts";

const YES = { matches: true, outdated: false };
const NO = { matches: false, outdated: false };
const YES_BUT_OUTDATED = { matches: true, outdated: true };
const NO_AND_OUTDATED = { matches: false, outdated: true };

describe("argon2 password hasher", () => {
  const hasher = createPasswordHasher();

  it("verifies what it hashed, and nothing else", async () => {
    const hash = await hasher.hash("correct horse");
    assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    assert.deepEqual(await hasher.verify(hash, "correct horse"), YES);
    assert.deepEqual(await hasher.verify(hash, "correct horse "), NO);
    assert.deepEqual(await hasher.verify(hash, ""), NO);
  });

  it("hashes a password another way each time", async () => {
    assert.notEqual(await hasher.hash("same"), await hasher.hash("same"));
  });

  it("hashes every character, past the 72 bytes of bcrypt", async () => {
    const long = "x".repeat(128);
    const hash = await hasher.hash(long);
    assert.deepEqual(await hasher.verify(hash, long), YES);
    assert.deepEqual(await hasher.verify(hash, `${long.slice(0, -1)}y`), NO);
  });

  // Of the test suites of the reference implementations, phc-winner-argon2 and crypt_blowfish.
  const imported: [it: string, hash: string, password: string][] = [
    [
      "argon2id with one lane",
      "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
      "password",
    ],
    [
      "argon2id with two lanes",
      "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
      "password",
    ],
    ["bcrypt", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"],
  ];
  for (const [name, hash, password] of imported) {
    it(`verifies an imported hash and finds it outdated: ${name}`, async () => {
      assert.deepEqual(await hasher.verify(hash, password), YES_BUT_OUTDATED);
      assert.deepEqual(await hasher.verify(hash, `${password}.`), NO_AND_OUTDATED);
    });
  }

  it("matches nothing where there is no hash, or none that it knows", async () => {
    for (const hash of [
      null,
      "",
      "password",
      "$argon2id$v=19$m=9999999,t=9,p=1$c29tZXNhbHQ$QUFB",
    ]) {
      assert.deepEqual(await hasher.verify(hash, "password"), NO);
      assert.deepEqual(await hasher.verify(hash, ""), NO);
    }
  });

  it("takes as long for an unknown user as for a wrong password", async () => {
    const hash = await hasher.hash("correct horse");
    const times: { known: number; unknown: number }[] = [];
    for (let i = 0; i < 11; i++) {
      times.push({
        known: await millisecondsOf(() => hasher.verify(hash, "wrong")),
        unknown: await millisecondsOf(() => hasher.verify(null, "wrong")),
      });
    }
    const ratio = median(times.map((t) => t.unknown)) / median(times.map((t) => t.known));
    assert.ok(ratio > 0.5 && ratio < 2, `${ratio}`);
  }).timeout(20_000);

  it("refuses at once when too many wait, and recovers", async () => {
    const small = createPasswordHasher({ concurrency: 1, queueMax: 2 });
    const order: string[] = [];
    const accepted = ["runs", "waits", "waits too"].map(async (name) => {
      await small.hash(name);
      order.push(name);
    });
    await assert.rejects(small.verify(null, "one too many"), (error) => {
      assert.ok(error instanceof UnavailableError);
      assert.equal(error.dependency, "password-hasher");
      assert.ok(error.retryAfterSeconds >= 1 && error.retryAfterSeconds <= 5);
      return true;
    });
    assert.deepEqual(order, []);

    await Promise.all(accepted);
    assert.deepEqual(order, ["runs", "waits", "waits too"]);
    assert.match(await small.hash("again"), /^\$argon2id/);
  });

  it("lets the rest of the server run meanwhile", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await Promise.all(Array.from({ length: 6 }, () => hasher.hash("busy")));
    clearInterval(timer);
    assert.ok(turns > 5);
  });
});

describe("the list of common passwords", () => {
  it("is loaded once, in lower case", async () => {
    const blocklist = await loadBlocklist();
    assert.equal(await loadBlocklist(), blocklist);
    assert.ok(blocklist.size > 10_000);
    assert.ok([...blocklist].every((password) => password === password.toLowerCase()));
  });

  it("keeps what everybody thinks of from being chosen", async () => {
    const context = { secondFactorOn: true, words: [], blocklist: await loadBlocklist() };
    for (const password of ["password", "12345678", "Qwertyuiop", "PasswordPassword", "iloveyou"]) {
      const verdict = judgePassword(password, context);
      assert.deepEqual(verdict, { outcome: "refused", because: "blocklisted" });
    }
  });
});

async function millisecondsOf(job: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await job();
  return performance.now() - startedAt;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}
