import assert from "node:assert/strict";
import fc from "fast-check";
import {
  acrOf,
  amrOf,
  joinProved,
  NOTHING_PROVED,
  type Proved,
  provedForRequest,
  provedSince,
  readProved,
  withFactor,
} from "../../src/domain/factors.ts";

const NOON = Date.UTC(2026, 0, 1, 12);
const ACR = { single: "urn:one", multi: "urn:two" };

describe("amrOf and acrOf", () => {
  const cases: [proved: Proved, amr: string[], acr: string][] = [
    [NOTHING_PROVED, [], "urn:one"],
    [{ pwd: NOON, sms: null }, ["pwd"], "urn:one"],
    [{ pwd: null, sms: NOON }, ["sms"], "urn:one"],
    [{ pwd: NOON, sms: NOON }, ["pwd", "sms", "mfa"], "urn:two"],
    [{ pwd: 0, sms: 0 }, ["pwd", "sms", "mfa"], "urn:two"],
    [{ pwd: NOON, sms: null, otp: NOON }, ["pwd", "otp", "mfa"], "urn:two"],
    [{ pwd: NOON, sms: NOON, otp: NOON }, ["pwd", "sms", "otp", "mfa"], "urn:two"],
    [{ pwd: NOON, sms: null, otp: null }, ["pwd"], "urn:one"],
    [{ pwd: NOON, sms: null, otp: undefined }, ["pwd"], "urn:one"],
    [{ pwd: null, sms: null, otp: NOON }, ["otp"], "urn:one"],
  ];
  for (const [proved, amr, acr] of cases) {
    it(`say [${amr}] and ${acr}`, () => {
      assert.deepEqual(amrOf(proved), amr);
      assert.equal(acrOf(proved, ACR), acr);
    });
  }
});

describe("withFactor", () => {
  it("adds a factor and leaves the other alone", () => {
    const proved = withFactor({ pwd: NOON, sms: null }, "sms", NOON + 1);
    assert.deepEqual(proved, { pwd: NOON, sms: NOON + 1 });
  });

  it("renews one that was proved before", () => {
    const proved = withFactor({ pwd: NOON, sms: NOON }, "pwd", NOON + 1);
    assert.deepEqual(proved, { pwd: NOON + 1, sms: NOON });
  });
});

describe("readProved", () => {
  it("takes for proved what is an instant, and nothing else", () => {
    assert.deepEqual(readProved({ pwd: NOON, sms: "now", otp: true, more: 1 }), {
      pwd: NOON,
      sms: null,
    });
    assert.deepEqual(readProved({ pwd: NOON, sms: null, otp: NOON }), {
      pwd: NOON,
      sms: null,
      otp: NOON,
    });
    for (const none of [undefined, null, "pwd", 1, []]) {
      assert.deepEqual(readProved(none), NOTHING_PROVED);
    }
  });
});

describe("provedSince", () => {
  it("forgets a recovery code that is older than the change of credentials", () => {
    const proved = { pwd: NOON, sms: null, otp: NOON - 1 };
    assert.deepEqual(provedSince(proved, NOON), { pwd: NOON, sms: null });
    assert.deepEqual(provedSince(proved, NOON - 1), proved);
  });
});

describe("joinProved", () => {
  it("keeps the later proof of each factor", () => {
    const joined = joinProved({ pwd: NOON, sms: NOON + 2 }, { pwd: NOON + 1, sms: null });
    assert.deepEqual(joined, { pwd: NOON + 1, sms: NOON + 2 });
  });

  it("does not depend on the order, and nothing adds nothing", () => {
    fc.assert(
      fc.property(anyProved(), anyProved(), (one, other) => {
        assert.deepEqual(joinProved(one, other), joinProved(other, one));
        assert.deepEqual(joinProved(one, NOTHING_PROVED), one);
        assert.deepEqual(joinProved(one, one), one);
      }),
    );
  });
});

describe("provedForRequest", () => {
  const SESSION = { pwd: NOON - 10_000, sms: NOON - 5000 };
  const cases: [it: string, freshLogin: boolean, maxAgeSeconds: number | null, expect: Proved][] = [
    ["counts everything without a wish", false, null, SESSION],
    ["counts nothing under prompt=login", true, null, NOTHING_PROVED],
    ["counts nothing under prompt=login, however old it may be", true, 3600, NOTHING_PROVED],
    ["counts what is exactly as old as it may be", false, 10, SESSION],
    ["drops what is older", false, 9, { pwd: null, sms: SESSION.sms }],
    ["counts a younger factor alone", false, 5, { pwd: null, sms: SESSION.sms }],
    ["drops both", false, 4, NOTHING_PROVED],
    ["drops what was proved before this instant, under max_age=0", false, 0, NOTHING_PROVED],
  ];
  for (const [name, freshLogin, maxAgeSeconds, expect] of cases) {
    it(name, () => {
      const counted = provedForRequest(SESSION, { freshLogin, maxAgeSeconds }, NOON);
      assert.deepEqual(counted, expect);
    });
  }

  it("never counts more than the session proved", () => {
    fc.assert(
      fc.property(anyProved(), fc.option(fc.nat()), (session, maxAgeSeconds) => {
        const counted = provedForRequest(session, { freshLogin: false, maxAgeSeconds }, NOON);
        assert.ok(counted.pwd === null || counted.pwd === session.pwd);
        assert.ok(counted.sms === null || counted.sms === session.sms);
      }),
    );
  });
});

function anyProved(): fc.Arbitrary<Proved> {
  const at = fc.option(fc.integer({ min: NOON - 100_000, max: NOON }));
  return fc.record({ pwd: at, sms: at }, { noNullPrototype: true });
}
