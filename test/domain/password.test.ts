import assert from "node:assert/strict";
import fc from "fast-check";
import {
  generatePassword,
  judgePassword,
  normalPassword,
  type PasswordContext,
} from "../../src/domain/password.ts";

const CONTEXT: PasswordContext = {
  secondFactorOn: false,
  words: ["alice", "alice@example.com", "al"],
  blocklist: new Set([
    "password",
    "1234567890",
    "qwertyuiopasdfgh",
    "dragon",
    "correcthorsebatterystaple",
  ]),
};

describe("judgePassword", () => {
  const cases: {
    it: string;
    typed: string;
    given?: Partial<PasswordContext>;
    expect: string;
  }[] = [
    { it: "refuses 14 characters", typed: "k7 plum obeys!", expect: "too-short" },
    { it: "takes 15 characters", typed: "k7 plum obeys!?", expect: "ok" },
    {
      it: "refuses 7 characters beside a second factor",
      typed: "k7 plum",
      given: { secondFactorOn: true },
      expect: "too-short",
    },
    {
      it: "takes 8 characters beside a second factor",
      typed: "k7 plums",
      given: { secondFactorOn: true },
      expect: "ok",
    },
    { it: "refuses nothing", typed: "", expect: "too-short" },
    { it: "takes 64 characters", typed: varied(64), expect: "ok" },
    { it: "takes 128 characters", typed: varied(128), expect: "ok" },
    { it: "refuses 129 characters", typed: varied(129), expect: "too-long" },
    { it: "refuses 50 kilobytes", typed: "x".repeat(50_000), expect: "too-long" },
    { it: "counts characters, not units", typed: astral(128), expect: "ok" },
    { it: "refuses too many characters of two units", typed: astral(129), expect: "too-long" },
    { it: "counts after normalization", typed: `${varied(127)}\u216b`, expect: "too-long" },
    { it: "takes spaces alone among letters", typed: "plum obeys the moon", expect: "ok" },
    { it: "demands no digits, capitals or signs", typed: "plumobeysthemoon", expect: "ok" },
    { it: "takes other scripts", typed: "лунный свет над рекой", expect: "ok" },
    { it: "refuses a common one", typed: "qwertyuiopasdfgh", expect: "blocklisted" },
    { it: "refuses a common one in capitals", typed: "QwertyUIOPasdfgh", expect: "blocklisted" },
    {
      it: "refuses a common one in full width",
      typed: "ｑｗｅｒｔｙｕｉｏｐａｓｄｆｇｈ",
      expect: "blocklisted",
    },
    { it: "refuses a common one twice", typed: "passwordpassword", expect: "blocklisted" },
    { it: "refuses a common one begun again", typed: "123456789012345", expect: "blocklisted" },
    { it: "refuses one character over and over", typed: "zzzzzzzzzzzzzzz", expect: "blocklisted" },
    { it: "refuses three over and over", typed: "xyzxyzxyzxyzxyz", expect: "blocklisted" },
    { it: "takes four over and over", typed: "x7kqx7kqx7kqx7kq", expect: "ok" },
    {
      it: "takes one that only contains a common one",
      typed: "my dragon eats plums",
      expect: "ok",
    },
    { it: "refuses the login name", typed: "alice@example.com", expect: "contains-login" },
    { it: "refuses it with a few more", typed: "Alice-Alice-1234", expect: "contains-login" },
    { it: "refuses it with 7 more", typed: "alicealiceplumobe", expect: "contains-login" },
    { it: "takes it with 8 more", typed: "alicealiceplumobey", expect: "ok" },
    { it: "takes a short name for an accident", typed: "al al al al al al", expect: "blocklisted" },
    { it: "takes a name of two letters within", typed: "all sealed halls", expect: "ok" },
  ];
  for (const c of cases) {
    it(c.it, () => {
      const verdict = judgePassword(c.typed, { ...CONTEXT, ...c.given });
      assert.equal(verdict.outcome === "ok" ? "ok" : verdict.because, c.expect);
    });
  }

  it("keeps spaces at the ends", () => {
    const verdict = judgePassword("  plum obeys moon  ", CONTEXT);
    assert.deepEqual(verdict, { outcome: "ok", password: "  plum obeys moon  " });
  });

  it("answers with the form that is hashed", () => {
    const verdict = judgePassword("plum obe\u0301ys the ｍoon", CONTEXT);
    assert.deepEqual(verdict, { outcome: "ok", password: "plum ob\u00e9ys the moon" });
  });

  it("accepts no more without a second factor than with one", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 140 }), (typed) => {
        const alone = judgePassword(typed, CONTEXT);
        if (alone.outcome === "refused") return;
        assert.deepEqual(judgePassword(typed, { ...CONTEXT, secondFactorOn: true }), alone);
      }),
    );
  });
});

describe("normalPassword", () => {
  it("makes one text of what keyboards compose differently", () => {
    assert.equal(normalPassword("e\u0301"), normalPassword("\u00e9"));
    assert.equal(normalPassword(" Ａ "), " A ");
  });
});

describe("generatePassword", () => {
  it("gives passwords that are accepted, and never the same twice", () => {
    const passwords = Array.from({ length: 1000 }, generatePassword);
    assert.equal(new Set(passwords).size, 1000);
    for (const password of passwords) {
      assert.match(password, /^([0-9a-hjkmnp-tv-z]{5}-){3}[0-9a-hjkmnp-tv-z]{5}$/);
      assert.equal(judgePassword(password, CONTEXT).outcome, "ok");
    }
  });

  it("uses all 32 characters", () => {
    const seen = new Set(Array.from({ length: 200 }, generatePassword).join(""));
    assert.equal(seen.size, 33);
  });
});

// So many characters without a period.
function varied(length: number): string {
  return Array.from({ length }, (_, i) => String.fromCharCode(97 + ((i * i + i) % 23))).join("");
}

function astral(length: number): string {
  return Array.from({ length }, (_, i) => String.fromCodePoint(0x1f400 + ((i * i) % 59))).join("");
}
