import assert from "node:assert/strict";
import fc from "fast-check";
import { checkEmail, checkUsername, parseLogin } from "../../src/domain/login-name.ts";
import type { LoginName } from "../../src/domain/user.ts";

describe("parseLogin", () => {
  const cases: [it: string, typed: string, login: LoginName | null][] = [
    ["reads a username", "alice", username("alice")],
    ["trims and folds a username", "  Alice ", username("alice")],
    ["reads a username of digits alone", "4155552671", username("4155552671")],
    ["reads full-width letters", "ａｌｉｃｅ", username("alice")],
    ["reads an address", "Alice@Example.COM", { kind: "email", value: "alice@example.com" }],
    [
      "reads a full-width at sign",
      "alice＠example.com",
      { kind: "email", value: "alice@example.com" },
    ],
    ["reads an address that begins with +", "+a@b.c", { kind: "email", value: "+a@b.c" }],
    ["reads a phone number", "+1 415 555 2671", { kind: "phone", value: "+14155552671" }],
    ["reads one in other digits", "＋٤٤٧٩١١١٢٣٤٥٦", { kind: "phone", value: "+447911123456" }],
    ["reads a landline as well", "+44 20 7946 0958", { kind: "phone", value: "+442079460958" }],
    ["refuses a + without a number", "+alice", null],
    ["refuses an extension", "+14155552671;ext=9", null],
    ["refuses a number too long for one", `+${"1".repeat(64)}`, null],
    ["refuses nothing", "", null],
    ["refuses spaces alone", "   ", null],
    ["refuses a null character", "ali\u0000ce", null],
    ["refuses a line break within", "ali\nce", null],
    ["refuses half a surrogate pair", "alice\ud800", null],
    ["takes 256 characters", "a".repeat(256), username("a".repeat(256))],
    ["refuses 257 characters", "a".repeat(257), null],
    ["counts characters, not units", "𝒜".repeat(256), username("a".repeat(256))],
  ];
  for (const [name, typed, login] of cases) {
    it(name, () => assert.deepEqual(parseLogin(typed), login));
  }
});

describe("checkUsername", () => {
  const accepted: [typed: string, name: string][] = [
    ["alice", "alice"],
    ["Alice.B_c-9", "Alice.B_c-9"],
    ["李雷", "李雷"],
    ["नमस्ते", "नमस्ते"],
    ["ａｌｉｃｅ", "alice"],
    ["e\u0301", "é"],
    ["x".repeat(64), "x".repeat(64)],
  ];
  for (const [typed, name] of accepted) {
    it(`takes ${typed}`, () =>
      assert.deepEqual(checkUsername(typed), { outcome: "ok", username: name }));
  }

  const refused: [typed: string, because: string][] = [
    ["", "empty"],
    ["x".repeat(65), "too-long"],
    ["a@b", "at-sign"],
    ["a＠b", "at-sign"],
    ["+alice", "leading-plus"],
    ["al+ice", "forbidden-character"],
    ["al ice", "forbidden-character"],
    [" alice", "forbidden-character"],
    ["alice\n", "forbidden-character"],
    ["ali\u0000ce", "forbidden-character"],
    ["ali\u200dce", "forbidden-character"],
    ["\u202ealice", "forbidden-character"],
    ["\u0301alice", "forbidden-character"],
    ["alice<b>", "forbidden-character"],
    ["alice\ud800", "forbidden-character"],
  ];
  for (const [typed, because] of refused) {
    it(`refuses ${JSON.stringify(typed.slice(0, 20))} as ${because}`, () =>
      assert.deepEqual(checkUsername(typed), { outcome: "refused", because }));
  }
});

describe("checkEmail", () => {
  const accepted = [
    "a@b.c",
    "alice+tag@example.co.uk",
    "o'brien@example.com",
    "a@localhost",
    "用户@例子.广告",
    `${"a".repeat(64)}@example.com`,
    `a@${"b".repeat(63)}.com`,
    emailOfLength(254),
  ];
  for (const email of accepted) {
    it(`takes ${email.slice(0, 40)}`, () =>
      assert.deepEqual(checkEmail(email), { outcome: "ok", email }));
  }

  it("trims what was pasted", () =>
    assert.deepEqual(checkEmail(" a@b.c\n"), { outcome: "ok", email: "a@b.c" }));

  const refused: [typed: string, because: string][] = [
    ["", "empty"],
    [" ", "empty"],
    [emailOfLength(255), "too-long"],
    ["alice", "malformed"],
    ["@b.c", "malformed"],
    ["a@", "malformed"],
    ["a@@b.c", "malformed"],
    ["a@b.c@d.e", "malformed"],
    ["a@b", "malformed"],
    ["a@b..c", "malformed"],
    ["a@.b.c", "malformed"],
    ["a@b.c.", "malformed"],
    ["a@-b.c", "malformed"],
    ["a@b-.c", "malformed"],
    ["a@b_c.d", "malformed"],
    [`${"a".repeat(65)}@example.com`, "malformed"],
    [`a@${"b".repeat(64)}.com`, "malformed"],
    ["a b@c.d", "forbidden-character"],
    ["a@b.c,d@e.f", "forbidden-character"],
    ["Alice <a@b.c>", "forbidden-character"],
    ["a@b.c\nBcc: d@e.f", "forbidden-character"],
    ["a@b.c\u0000", "forbidden-character"],
    ["a\u200b@b.c", "forbidden-character"],
  ];
  for (const [typed, because] of refused) {
    it(`refuses ${JSON.stringify(typed.slice(0, 30))} as ${because}`, () =>
      assert.deepEqual(checkEmail(typed), { outcome: "refused", because }));
  }
});

describe("fifty kilobytes of input", () => {
  const bombs = ["a", "@", "a.", "a@", "+1", " ", "ﷺ", "-.", "\u0301", "9-"];
  for (const bomb of bombs) {
    it(`are refused at once, made of ${JSON.stringify(bomb)}`, () => {
      const typed = bomb.repeat(Math.ceil(50_000 / bomb.length));
      // The best of several, since a busy machine says nothing about the code.
      const milliseconds = Array.from({ length: 5 }, () => {
        const startedAt = performance.now();
        assert.equal(parseLogin(typed), null);
        assert.equal(checkUsername(typed).outcome, "refused");
        assert.equal(checkEmail(typed).outcome, "refused");
        return performance.now() - startedAt;
      });
      assert.ok(Math.min(...milliseconds) < 5);
    });
  }
});

describe("login names", () => {
  it("are read again as the same ones", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (typed) => {
        const login = parseLogin(typed);
        if (login !== null) assert.deepEqual(parseLogin(login.value), login);
      }),
      { numRuns: 1000 },
    );
  });

  it("are found by what was accepted as a new name", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (typed) => {
        const checked = checkUsername(typed);
        if (checked.outcome === "ok") assert.equal(parseLogin(typed)?.kind, "username");
      }),
      { numRuns: 1000 },
    );
  });
});

function username(value: string): LoginName {
  return { kind: "username", value };
}

function emailOfLength(length: number): string {
  const domain = `@${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}.`;
  const local = "a".repeat(60);
  return `${local}${domain}${"e".repeat(length - local.length - domain.length)}`;
}
