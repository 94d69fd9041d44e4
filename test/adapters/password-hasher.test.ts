import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import { hash as bcryptHash } from "bcryptjs";
import { createPasswordHasher } from "../../src/adapters/password/argon2-hasher.ts";
import { createBcryptThreads } from "../../src/adapters/password/bcrypt-threads.ts";
import { loadBlocklist } from "../../src/adapters/password/blocklist.ts";
import { judgePassword } from "../../src/domain/password.ts";
import { UnavailableError } from "../../src/ports/errors.ts";

const NO = { matches: false, replacement: null };
const YES = { matches: true, replacement: null };

describe("password hasher", () => {
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
    it(`verifies an imported hash and makes one of ours of it: ${name}`, async () => {
      const { matches, replacement } = await hasher.verify(hash, password);
      assert.equal(matches, true);
      assert.deepEqual(await hasher.verify(replacement, password), YES);
      assert.deepEqual(await hasher.verify(replacement, `${password}.`), NO);
      assert.deepEqual(await hasher.verify(hash, `${password}.`), NO);
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

  it("lets the rest of the server run meanwhile", async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await Promise.all(Array.from({ length: 6 }, () => hasher.hash("busy")));
    clearInterval(timer);
    assert.ok(turns > 5);
  });
});

describe("an imported hash", () => {
  const hasher = createPasswordHasher();
  const bcrypt = (password: string) => bcryptHash(password, 4);
  // One letter and an accent, which the normal form makes one letter of.
  const typed = "cafe\u0301 au lait, and much of it";
  const normal = typed.normalize("NFKC");

  const cases: [it: string, hashed: string, typed: string, matches: boolean, replaced: boolean][] =
    [
      ["is replaced at 71 bytes", "x".repeat(71), "x".repeat(71), true, true],
      [
        "stays at 72, where another end matches as well",
        "x".repeat(72),
        "x".repeat(72),
        true,
        false,
      ],
      [
        "matches by its first 72 bytes",
        `${"x".repeat(72)}abc`,
        `${"x".repeat(72)}abd`,
        true,
        false,
      ],
      ["stays for its owner too", `${"x".repeat(72)}abc`, `${"x".repeat(72)}abc`, true, false],
      [
        "stays when the first 72 bytes are typed",
        `${"x".repeat(72)}abc`,
        "x".repeat(72),
        true,
        false,
      ],
      ["does not match 71 of them", `${"x".repeat(72)}abc`, "x".repeat(71), false, false],
      ["counts bytes, not characters", "é".repeat(36), "é".repeat(36), true, false],
      ["stays when a NUL repeats it", "secret", "secret\0secret", true, false],
      ["does not match what a NUL cuts off", "secret", "secret\0", false, false],
      ["matches the bytes as typed", typed, typed, true, true],
      ["matches the normal form", normal, typed, true, true],
      ["matches no other form", typed, normal, false, false],
      ["is cut before the form is normal", "é".repeat(35), "e\u0301".repeat(35), true, true],
      ["is cut as typed", "e\u0301".repeat(24), "e\u0301".repeat(24), true, false],
    ];
  for (const [name, hashed, password, matches, replaced] of cases) {
    it(`of bcrypt ${name}`, async () => {
      const found = await hasher.verify(await bcrypt(hashed), password);
      assert.equal(found.matches, matches);
      assert.equal(found.replacement !== null, replaced);
      // What is stored is what the next sign-in checks.
      if (replaced) assert.deepEqual(await hasher.verify(found.replacement, password), YES);
    });
  }

  it("of argon2id matches the bytes as typed, and makes one of the normal form", async () => {
    const found = await hasher.verify(await hasher.hash(typed), typed);
    assert.equal(found.matches, true);
    assert.deepEqual(await hasher.verify(found.replacement, normal), YES);
  });

  it("of bcrypt is checked in a thread of its own", async () => {
    const hash = await bcryptHash("secret", 12);
    let turns = 0;
    let over = false;
    const turn = () => {
      turns++;
      if (!over) setImmediate(turn);
    };
    setImmediate(turn);
    await hasher.verify(hash, "wrong");
    over = true;
    // On the main thread it would leave ten turns a second.
    assert.ok(turns > 100, `${turns}`);
  });
});

describe("bcrypt threads", () => {
  const SECRET = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
  const threadOf = (code: string) => new Worker(code, { eval: true });

  it("fail with 503 when one dies over a check, and check the next in another", async () => {
    const codes = [
      'require("node:worker_threads").parentPort.on("message", () => process.exit(0))',
      'require("node:worker_threads").parentPort.on("message", () => { throw new Error("no") })',
      'require("node:worker_threads").parentPort.on("message", function () { this.postMessage(true) })',
    ];
    const check = createBcryptThreads(() => threadOf(codes.shift() ?? ""));
    await assert.rejects(check(SECRET, "U*U"), UnavailableError);
    await assert.rejects(check(SECRET, "U*U"), UnavailableError);
    assert.equal(await check(SECRET, "U*U"), true);
    assert.equal(await check(SECRET, "U*U"), true);
    assert.equal(codes.length, 0);
  });

  it("take nothing but true for a match", async () => {
    const code =
      'require("node:worker_threads").parentPort.on("message", function () { this.postMessage("true") })';
    const check = createBcryptThreads(() => threadOf(code));
    assert.equal(await check(SECRET, "U*U"), false);
  });

  it("do not ask one that died while it was idle", async () => {
    const started: Worker[] = [];
    const code =
      'require("node:worker_threads").parentPort.on("message", function () { this.postMessage(true) })';
    const check = createBcryptThreads(() => {
      const thread = threadOf(code);
      started.push(thread);
      return thread;
    });
    assert.equal(await check(SECRET, "U*U"), true);
    await started[0]?.terminate();
    assert.equal(await check(SECRET, "U*U"), true);
    assert.equal(started.length, 2);
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
