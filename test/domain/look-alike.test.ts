import assert from "node:assert/strict";
import { checkUsername } from "../../src/domain/login-name.ts";
import { isInOneScript, lookAlikesOf } from "../../src/domain/look-alike.ts";

describe("a user name", () => {
  const names: [name: string, inOneScript: boolean][] = [
    ["alice", true],
    ["alice_2.b-c", true],
    ["müller", true],
    ["алиса", true],
    ["алиса-7", true],
    ["\u0430lice", false],
    ["алисa", false],
    ["αlice", false],
    ["アリス", true],
    ["山田たろうアリス", true],
    ["山田taro", true],
    ["ㄅㄆ漢abc", true],
    ["김철수abc漢", true],
    ["김たろう", false],
    ["山田иван", false],
    ["עברית", true],
    ["עבריתabc", false],
    ["٣٤", true],
    ["٣٤abc", false],
    ["ᎪᏞᎥᏟᎬ", false],
    ["123", true],
  ];
  for (const [name, inOneScript] of names) {
    it(`${inOneScript ? "may" : "may not"} be ${JSON.stringify(name)}`, () => {
      assert.equal(isInOneScript(name), inOneScript);
      assert.equal(checkUsername(name).outcome, inOneScript ? "ok" : "refused");
    });
  }

  it("may hold nothing that is not seen", () => {
    for (const name of ["a\u034flice", "alice\ufe00", "\u3164", "a\u115f", "a\u17b5"]) {
      const refused = { outcome: "refused", because: "forbidden-character" };
      assert.deepEqual(checkUsername(name), refused, JSON.stringify(name));
    }
  });
});

describe("lookAlikesOf", () => {
  const alike: [one: string, other: string, because: string][] = [
    ["coco", "сосо", "all of it Cyrillic"],
    ["alice", "al\u0131ce", "a dotless i"],
    ["alice", "ali\u0307ce", "a second dot above an i"],
    ["alice", "al\u0131\u0307ce", "a dotless i with a dot"],
    ["alice", "aIice", "a capital I for an l"],
    ["alice", "a1ice", "a one for an l"],
    ["alice", "a\u034flice", "a mark that is not seen"],
    ["Alice", "aIice", "whatever the case of the first"],
    ["barney", "bamey", "two letters for one"],
    ["müller", "mu\u0308ller", "another composition"],
    ["scope", "ѕсоре", "Cyrillic with another s"],
  ];
  const shared = (one: string, other: string) => {
    const looks = lookAlikesOf({ username: one });
    return lookAlikesOf({ username: other }).some((look) => looks.includes(look));
  };
  for (const [one, other, because] of alike) {
    it(`has ${one} in common with ${JSON.stringify(other)}: ${because}`, () => {
      assert.ok(shared(one, other));
      assert.ok(shared(other, one));
    });
  }

  it("tells names apart that do not look alike", () => {
    for (const [one, other] of [
      ["alice", "alicia"],
      ["user0", "usero"],
      ["user1", "user2"],
      ["müller", "muller"],
      ["ivan", "иван"],
    ] as const) {
      assert.ok(!shared(one, other), `${one} ${other}`);
    }
  });

  it("is nothing for who has no username", () => {
    assert.deepEqual(lookAlikesOf({ username: null }), []);
  });
});
