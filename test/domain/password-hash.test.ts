import assert from "node:assert/strict";
import fc from "fast-check";
import {
  ARGON2_COST,
  formatArgon2,
  isOutdated,
  parsePasswordHash,
} from "../../src/domain/password-hash.ts";

const SALT = "LV+fIh0Bm1uAO89YZOOaDw";
const TAG = "UwglqKNmEkMZTe7oWRWAqZb64ONSy09KcxplQX54Re0";
const BCRYPT = "$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";

describe("parsePasswordHash", () => {
  const cases: [it: string, hash: string, expect: "current" | "outdated" | null][] = [
    ["reads our own", argon2("m=19456,t=2,p=1"), "current"],
    ["finds more memory outdated", argon2("m=65536,t=2,p=1"), "outdated"],
    ["finds more passes outdated", argon2("m=19456,t=3,p=1"), "outdated"],
    ["finds more lanes outdated", argon2("m=19456,t=2,p=4"), "outdated"],
    ["finds a short salt outdated", argon2("m=19456,t=2,p=1", "c29tZXNhbHQ"), "outdated"],
    ["finds a short tag outdated", argon2("m=19456,t=2,p=1", SALT, SALT), "outdated"],
    ["reads bcrypt as outdated", `$2b${BCRYPT}`, "outdated"],
    ["reads the bcrypt of PHP", `$2y${BCRYPT}`, "outdated"],
    ["reads the bcrypt of old", `$2a${BCRYPT}`, "outdated"],
    ["takes 128 MiB", argon2("m=131072,t=2,p=1"), "outdated"],
    ["refuses one KiB more", argon2("m=131073,t=2,p=1"), null],
    ["takes ten passes", argon2("m=19456,t=10,p=1"), "outdated"],
    ["refuses eleven", argon2("m=19456,t=11,p=1"), null],
    ["refuses no pass", argon2("m=19456,t=0,p=1"), null],
    ["refuses five lanes", argon2("m=19456,t=2,p=5"), null],
    ["takes as little memory as the lanes need", argon2("m=32,t=2,p=4"), "outdated"],
    ["refuses less", argon2("m=31,t=2,p=4"), null],
    ["takes bcrypt of 14 rounds", `$2b$14${BCRYPT.slice(3)}`, "outdated"],
    ["refuses 15", `$2b$15${BCRYPT.slice(3)}`, null],
    ["refuses 3", `$2b$03${BCRYPT.slice(3)}`, null],
    ["refuses bcrypt that is cut off", `$2b${BCRYPT.slice(0, -1)}`, null],
    ["refuses argon2i", argon2("m=19456,t=2,p=1").replace("argon2id", "argon2i"), null],
    ["refuses another version", argon2("m=19456,t=2,p=1").replace("v=19", "v=16"), null],
    ["refuses a tag of 15 bytes", argon2("m=19456,t=2,p=1", SALT, "A".repeat(20)), null],
    ["refuses a salt of 7 bytes", argon2("m=19456,t=2,p=1", "A".repeat(10)), null],
    ["refuses what follows", `${argon2("m=19456,t=2,p=1")}\n`, null],
    ["refuses a password in the clear", "correct horse battery staple", null],
    ["refuses nothing", "", null],
  ];
  for (const [name, hash, expect] of cases) {
    it(name, () => {
      const parsed = parsePasswordHash(hash);
      const found = parsed === null ? null : isOutdated(parsed) ? "outdated" : "current";
      assert.equal(found, expect);
    });
  }

  it("reads what formatArgon2 writes", () => {
    const salts = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const tags = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(salts, tags, (someSalt, someTag) => {
        const [salt, tag] = [Buffer.from(someSalt), Buffer.from(someTag)];
        const parsed = parsePasswordHash(formatArgon2({ cost: ARGON2_COST, salt, tag }));
        assert.deepEqual(parsed, { kind: "argon2id", cost: ARGON2_COST, salt, tag });
      }),
    );
  });
});

function argon2(cost: string, salt = SALT, tag = TAG): string {
  return `$argon2id$v=19$${cost}$${salt}$${tag}`;
}
