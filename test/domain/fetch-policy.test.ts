import assert from "node:assert/strict";
import { refuseAddress, refuseHost } from "../../src/domain/fetch-policy.ts";

describe("refuseAddress", () => {
  const PUBLIC = ["8.8.8.8", "172.15.255.255", "172.32.0.0", "100.63.255.255", "2606:4700::1111"];
  const PRIVATE = [
    ...["127.0.0.1", "127.255.255.255", "10.0.0.1", "172.16.0.0", "172.31.255.255"],
    ...["192.168.0.1", "100.64.0.0", "100.127.255.255", "::1", "fd00::1", "fc00::1"],
    ...["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1"],
  ];
  const SPECIAL = [
    ...["0.0.0.0", "169.254.169.254", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1"],
    ...["::", "fe80::1", "ff02::1", "fec0::1", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1"],
    ...["::8.8.8.8", "2001:db8::1", "::ffff:169.254.169.254", "nonsense", ""],
  ];

  it("lets the internet through", () => {
    for (const address of PUBLIC) assert.equal(refuseAddress("a.example", address, []), null);
  });

  it("refuses private addresses of a host that is not listed", () => {
    for (const address of PRIVATE) {
      assert.equal(refuseAddress("a.example", address, ["b.example"]), "private-address", address);
    }
  });

  it("lets them through for one that is, and for any in development", () => {
    for (const address of PRIVATE) {
      assert.equal(refuseAddress("A.example.", address, ["a.example"]), null, address);
      assert.equal(refuseAddress("a.example", address, "all"), null, address);
    }
  });

  it("never lets special-use addresses through", () => {
    for (const address of SPECIAL) {
      for (const allowed of [[], ["a.example"], "all"] as const) {
        const refusal = refuseAddress("a.example", address, allowed);
        assert.equal(refusal, "special-use-address", address);
      }
    }
  });
});

describe("refuseHost", () => {
  const rows: [host: string, allowed: string[], refusal: string | null][] = [
    ["shop.example", [], null],
    ["localhost", [], "private-address"],
    ["LOCALHOST.", [], "private-address"],
    ["app.localhost", [], "private-address"],
    ["localhost", ["localhost"], null],
    ["notlocalhost", [], null],
    ["[::1]", [], "private-address"],
    ["[::1]", ["::1"], null],
    ["10.0.0.1", [], "private-address"],
    ["10.0.0.1", ["10.0.0.2"], "private-address"],
    ["169.254.169.254", ["169.254.169.254"], "special-use-address"],
    ["8.8.8.8", [], null],
  ];
  for (const [host, allowed, refusal] of rows) {
    it(`says ${refusal} of ${host} with [${allowed}]`, () => {
      assert.equal(refuseHost(host, allowed), refusal);
    });
  }
});
