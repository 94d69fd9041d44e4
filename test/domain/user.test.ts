import assert from "node:assert/strict";
import fc from "fast-check";
import {
  loginNamesOf,
  nextCredentialsChangedAt,
  normalEmail,
  normalUsername,
} from "../../src/domain/user.ts";

describe("loginNamesOf", () => {
  it("lists the names that a user has, in normal form", () => {
    const user = { username: "Alice", email: "Alice@Example.com", loginPhone: "+14155552671" };
    assert.deepEqual(loginNamesOf(user), [
      { kind: "username", value: "alice" },
      { kind: "email", value: "alice@example.com" },
      { kind: "phone", value: "+14155552671" },
    ]);
  });

  it("lists none for a user without", () => {
    assert.deepEqual(loginNamesOf({ username: null, email: null, loginPhone: null }), []);
  });
});

describe("the normal form of a name", () => {
  const same: [one: string, other: string][] = [
    ["Alice", "aLICE"],
    ["ａｌｉｃｅ", "alice"],
    ["e\u0301", "\u00c9"],
    ["ﬁ", "fi"],
    ["ΝΊΚΟΣ", "νίκος"],
    ["\u03aa\u0301", "\u0390"],
  ];
  for (const [one, other] of same) {
    it(`is the same for ${one} and ${other}`, () => {
      assert.equal(normalUsername(one), normalUsername(other));
      assert.equal(normalEmail(`${one}@b.c`), normalEmail(`${other}@B.C`));
    });
  }

  it("is not the same for letters that only look alike", () => {
    assert.notEqual(normalUsername("аlice"), normalUsername("alice"));
  });

  it("is its own normal form", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        assert.equal(normalUsername(normalUsername(name)), normalUsername(name));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("a change of the credentials", () => {
  it("takes effect later than the one before, whatever the clock says", () => {
    const user = { credentialsChangedAt: 1000 };
    assert.equal(nextCredentialsChangedAt(user, 1005), 1005);
    assert.equal(nextCredentialsChangedAt(user, 1001), 1001);
    assert.equal(nextCredentialsChangedAt(user, 1000), 1001);
    assert.equal(nextCredentialsChangedAt(user, 995), 1001);
  });
});
