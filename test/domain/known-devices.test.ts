import assert from "node:assert/strict";
import { judgeDevice, type KnownDevice, withDevice } from "../../src/domain/known-devices.ts";
import { NOON } from "../support/builders.ts";

const DAY = 86_400_000;
const ONE: KnownDevice = { key: "one", seenAt: NOON };

const HOME: KnownDevice = { key: "home", seenAt: NOON, kind: "network" };
const from = (browser: string, network = "home") => ({ browser, network });

describe("judgeDevice", () => {
  const cases = [
    { it: "knows none", devices: [], key: "one", after: 0, expect: ["first", true] },
    {
      it: "does not know another one",
      devices: [ONE],
      key: "two",
      after: 0,
      expect: ["new", true],
    },
    { it: "knows one", devices: [ONE], key: "one", after: 0, expect: ["known", false] },
    {
      it: "knows it within a day",
      devices: [ONE],
      key: "one",
      after: DAY - 1,
      expect: ["known", false],
    },
    {
      it: "remembers it again after a day",
      devices: [ONE],
      key: "one",
      after: DAY,
      expect: ["known", true],
    },
    {
      it: "knows it for 400 days",
      devices: [ONE],
      key: "one",
      after: 400 * DAY - 1,
      expect: ["known", true],
    },
    {
      it: "has forgotten it then",
      devices: [ONE],
      key: "one",
      after: 400 * DAY,
      expect: ["first", true],
    },
  ];
  for (const { it: name, devices, key, after, expect } of cases) {
    it(name, () => {
      const { device, remember } = judgeDevice(
        [...devices, { ...HOME, seenAt: NOON + after }],
        from(key),
        NOON + after,
      );
      assert.deepEqual([device, remember], expect);
    });
  }
});

describe("withDevice", () => {
  it("remembers the last twenty, each once", () => {
    let devices: KnownDevice[] = [];
    for (let i = 0; i < 25; i++) devices = withDevice(devices, from(`d${i}`), NOON + i);
    devices = withDevice(devices, from("d7"), NOON + 30);
    const keys = devices.filter(({ kind }) => kind === undefined).map(({ key }) => key);
    assert.equal(keys.length, 20);
    assert.equal(keys[0], "d5");
    assert.equal(keys.at(-1), "d7");
    assert.equal(new Set(keys).size, 20);
  });

  it("forgets what was not seen for 400 days", () => {
    assert.deepEqual(withDevice([ONE], from("two"), NOON + 400 * DAY), [
      { key: "two", seenAt: NOON + 400 * DAY },
      { key: "home", seenAt: NOON + 400 * DAY, kind: "network" },
    ]);
  });

  it("remembers the last ten networks, each once, whatever the browser", () => {
    let devices: KnownDevice[] = [];
    for (let i = 0; i < 12; i++) devices = withDevice(devices, from("one", `n${i}`), NOON + i);
    devices = withDevice(devices, from("two", "n5"), NOON + 30);
    const networks = devices.filter(({ kind }) => kind === "network").map(({ key }) => key);
    assert.deepEqual(networks, ["n2", "n3", "n4", "n6", "n7", "n8", "n9", "n10", "n11", "n5"]);
    assert.equal(devices.length, 12);
  });

  it("takes no network for a browser of the same key", () => {
    const devices = withDevice([], from("one", "two"), NOON);
    assert.equal(judgeDevice(devices, from("two", "one"), NOON).device, "new");
    assert.equal(judgeDevice(devices, from("two", "one"), NOON).network, "new");
    assert.deepEqual(judgeDevice(devices, from("one", "two"), NOON), {
      device: "known",
      network: "known",
      remember: false,
    });
    assert.ok(judgeDevice(devices, from("one", "three"), NOON).remember);
  });
});
