import assert from "node:assert/strict";
import { createNetworkRate } from "../../src/domain/network-rate.ts";
import { NOON } from "../support/builders.ts";

describe("the rate of a network", () => {
  const policy = { kind: "window", max: 2, windowSeconds: 60 } as const;

  it("is counted up to its maximum, until its window ends", () => {
    const count = createNetworkRate(policy);
    assert.equal(count("192.0.2.1", NOON), null);
    assert.equal(count("192.0.2.1", NOON + 59_999), null);
    assert.equal(count("192.0.2.1", NOON + 59_999), NOON + 60_000);
    assert.equal(count("192.0.2.1", NOON + 60_000), null);
  });

  it("is one for an IPv4 /24 and an IPv6 /64, however they are written", () => {
    const count = createNetworkRate(policy);
    for (const [first, second, third, other] of [
      ["192.0.2.1", "::ffff:192.0.2.2", "192.0.2.255", "192.0.3.1"],
      ["2001:db8::1", "2001:DB8:0:0:ffff::", "2001:db8::", "2001:db8:0:1::"],
    ] as const) {
      assert.deepEqual([count(first, NOON), count(second, NOON)], [null, null]);
      assert.equal(count(third, NOON), NOON + 60_000);
      assert.equal(count(other, NOON), null);
    }
  });

  it("is forgotten first of the one who was seen least recently, so that memory has a bound", () => {
    const count = createNetworkRate(policy, 2);
    for (const n of [1, 2, 1]) count(`192.0.${n}.1`, NOON);
    count("192.0.3.1", NOON);
    assert.equal(count("192.0.1.1", NOON), NOON + 60_000);
    assert.deepEqual([count("192.0.2.1", NOON), count("192.0.2.1", NOON)], [null, null]);
  });
});
