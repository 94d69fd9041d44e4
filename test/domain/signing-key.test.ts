import assert from "node:assert/strict";
import { keysInUse, nextKeyChangeAt, type SigningKey } from "../../src/domain/signing-key.ts";

const NOON = Date.UTC(2026, 0, 1, 12);
const HOUR = 3_600_000;
const LIMITS = {
  accessTokenLifeSeconds: 3600,
  idTokenLifeSeconds: 1800,
  sessionAbsoluteSeconds: 86_400,
};
// What a token may still name its key for: a session's life and a token's.
const LIFE = 25 * HOUR;

describe("keysInUse", () => {
  const cases: { it: string; keys: SigningKey[]; expect: string[] }[] = [
    { it: "finds none in an empty store", keys: [], expect: [] },
    {
      it: "signs with the newest key that may sign",
      keys: [aKey("old", NOON - 2 * HOUR), aKey("new", NOON - HOUR)],
      expect: ["new", "old"],
    },
    {
      it: "signs with a key from its instant",
      keys: [aKey("old", NOON - HOUR), aKey("new", NOON)],
      expect: ["new", "old"],
    },
    {
      it: "publishes a key before it signs",
      keys: [aKey("old", NOON - HOUR), aKey("next", NOON + 1)],
      expect: ["old", "next"],
    },
    {
      it: "keeps a key until its last token is out",
      keys: [aKey("old", NOON - 9 * LIFE), aKey("new", NOON - LIFE + 1)],
      expect: ["new", "old"],
    },
    {
      it: "drops it then",
      keys: [aKey("old", NOON - 9 * LIFE), aKey("new", NOON - LIFE)],
      expect: ["new"],
    },
    {
      it: "counts an old key's last token from the key that followed it",
      keys: [
        aKey("oldest", NOON - 9 * LIFE),
        aKey("older", NOON - 2 * LIFE),
        aKey("new", NOON - HOUR),
      ],
      expect: ["new", "older"],
    },
    {
      it: "signs with one key of each algorithm, before all others",
      keys: [
        aKey("rs-old", NOON - 2 * HOUR),
        aKey("es", NOON - 3 * HOUR, "ES256"),
        aKey("rs", NOON - HOUR),
      ],
      expect: ["rs", "es", "rs-old"],
    },
    {
      it: "does not take a key of another algorithm for a successor",
      keys: [aKey("rs", NOON - 9 * LIFE), aKey("es", NOON - 5 * LIFE, "ES256")],
      expect: ["es", "rs"],
    },
    {
      it: "keeps two keys that began at once",
      keys: [aKey("one", NOON - LIFE), aKey("two", NOON - LIFE)],
      expect: ["one", "two"],
    },
  ];
  for (const c of cases) {
    it(c.it, () => {
      const kids = keysInUse(c.keys, NOON, LIMITS).map((key) => key.kid);
      assert.deepEqual(kids, c.expect);
    });
  }
});

describe("nextKeyChangeAt", () => {
  it("is when the next published key begins to sign", () => {
    const keys = [aKey("now", NOON), aKey("later", NOON + 2), aKey("next", NOON + 1)];
    assert.equal(nextKeyChangeAt(keys, NOON), NOON + 1);
    assert.equal(nextKeyChangeAt(keys, NOON + 1), NOON + 2);
    assert.equal(nextKeyChangeAt(keys, NOON + 2), null);
    assert.equal(nextKeyChangeAt([], NOON), null);
  });
});

function aKey(kid: string, signsFrom: number, alg: SigningKey["alg"] = "RS256"): SigningKey {
  return { kid, alg, jwk: {}, createdAt: signsFrom - HOUR, signsFrom };
}
