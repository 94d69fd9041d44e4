import assert from "node:assert/strict";
import {
  isLoopbackAddress,
  networkLevels,
  networkOf,
  parseAddress,
} from "../../src/domain/network.ts";
import { clientAddress } from "../../src/http/front-door.ts";

describe("an address", () => {
  const cases: [string, string | null, string][] = [
    ["198.51.100.7", "198.51.100.7", "198.51.100"],
    ["198.51.100.7:80", "198.51.100.7", "198.51.100"],
    ["::ffff:198.51.100.7", "198.51.100.7", "198.51.100"],
    ["::FFFF:C633:6407", "198.51.100.7", "198.51.100"],
    ["2001:DB8:0:1::A", "2001:db8:0:1::a", "2001:db8:0:1"],
    ["2001:0db8:0000:0001:0000:0000:0000:000a", "2001:db8:0:1::a", "2001:db8:0:1"],
    ["[2001:db8:0:1::a]:443", "2001:db8:0:1::a", "2001:db8:0:1"],
    ["fe80::1%eth0", "fe80::1", "fe80:0:0:0"],
    ["::1", "::1", "0:0:0:0"],
    ["198.051.100.7", null, "unknown"],
    ["198.51.100", null, "unknown"],
    ["0x7f.0.0.1", null, "unknown"],
    ["2001:db8::1::2", null, "unknown"],
    ["unknown", null, "unknown"],
    ["", null, "unknown"],
  ];
  for (const [text, address, network] of cases) {
    it(`${text || "nothing"} is ${address ?? "none"}, of the network ${network}`, () => {
      assert.equal(parseAddress(text), address);
      assert.equal(networkOf(text), network);
    });
  }

  it("has wider networks around it where it is IPv6, and none where it is IPv4", () => {
    const levels = (address: string) => networkLevels(address).map(({ network }) => network);
    assert.deepEqual(levels("198.51.100.7"), ["198.51.100"]);
    assert.deepEqual(levels("no address"), ["unknown"]);
    const around = (subnet: string, of56: string) => [
      `2001:db8:1:${subnet}`,
      `2001:db8:1:${of56}/56`,
      "2001:db8:1/48",
    ];
    assert.deepEqual(levels("2001:db8:1::7"), around("0", "0"));
    assert.deepEqual(levels("2001:db8:1:ff::7"), around("ff", "0"));
    assert.deepEqual(levels("2001:db8:1:100::7"), around("100", "100"));
    assert.deepEqual(levels("2001:db8:1:abcd::7"), around("abcd", "ab00"));
    assert.deepEqual(levels("2001:db8::1"), ["2001:db8:0:0", "2001:db8:0:0/56", "2001:db8:0/48"]);
  });

  it("is this machine's in every form of a loopback address, and in no other", () => {
    for (const own of ["127.0.0.1", "127.9.9.9:1", "::1", "[::1]:2", "::ffff:127.0.0.1", "0::1"]) {
      assert.ok(isLoopbackAddress(own), own);
    }
    for (const other of ["128.0.0.1", "::2", "127.evil", "127.0.0.1.evil", "localhost", ""]) {
      assert.ok(!isLoopbackAddress(other), other);
    }
  });

  it("of a client is what the outermost of our proxies saw", () => {
    const at = (forwarded: string | undefined, proxies: number) =>
      clientAddress(forwarded, "::ffff:10.0.0.1", proxies);
    assert.equal(at("192.0.2.1", 0), "10.0.0.1");
    assert.equal(at(undefined, 1), "10.0.0.1");
    assert.equal(at("192.0.2.1, 192.0.2.2", 1), "192.0.2.2");
    assert.equal(at("192.0.2.1, [2001:DB8::1]:9, 10.0.0.2", 2), "2001:db8::1");
    assert.equal(at("192.0.2.1", 2), "192.0.2.1");
    assert.equal(at("192.0.2.1, rubbish", 1), "10.0.0.1");
    assert.equal(clientAddress("x", "unknown", 1), "unknown");
  });
});
