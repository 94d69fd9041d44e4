import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { limitsSchema } from "../../src/domain/limits.ts";
import { type AttemptOrigin, passwordBudgets } from "../../src/domain/password-budgets.ts";

const LIMITS = limitsSchema.parse(
  JSON.parse(readFileSync(new URL("../../config/limits.json", import.meta.url), "utf8")),
);
const ALICE = { kind: "username", value: "alice" } as const;
const NAME = "password:username:alice";
const IPV6 = "2001:db8:1:abcd::7";

describe("passwordBudgets", () => {
  const budgets = (given: Partial<AttemptOrigin["known"]>, address = IPV6) => {
    const known = { device: "new", network: "new", ...given } as const;
    return passwordBudgets(ALICE, { address, deviceId: "laptop", known }, LIMITS);
  };
  const figures = (given: Partial<AttemptOrigin["known"]>, address = IPV6) =>
    budgets(given, address).map(({ key, policy }) => [
      key,
      policy.kind === "window" ? policy.max : policy.untilLock,
    ]);

  it("counts a stranger under every network around it, and under the name from everywhere", () => {
    assert.deepEqual(figures({}), [
      [`${NAME}:2001:db8:1:abcd`, 10],
      ["password-network:2001:db8:1:abcd", 300],
      [`${NAME}:2001:db8:1:ab00/56`, 20],
      ["password-network:2001:db8:1:ab00/56", 600],
      [`${NAME}:2001:db8:1/48`, 40],
      ["password-network:2001:db8:1/48", 1200],
      [NAME, 100],
    ]);
    assert.deepEqual(figures({ device: "first" }), figures({}));
    assert.deepEqual(figures({}, "198.51.100.7"), [
      [`${NAME}:198.51.100`, 10],
      ["password-network:198.51.100", 300],
      [NAME, 100],
    ]);
  });

  it("counts who comes from a network of the user's for that network alone", () => {
    assert.deepEqual(figures({ network: "known" }), [
      [`${NAME}:2001:db8:1:abcd`, 10],
      ["password-network:2001:db8:1:abcd", 300],
    ]);
  });

  it("counts a browser of the user's for itself alone, wherever it is", () => {
    assert.deepEqual(figures({ device: "known" }), [[`${NAME}:browser:laptop`, 10]]);
    assert.deepEqual(figures({ device: "known", network: "known" }), figures({ device: "known" }));
  });

  it("ends no run that others fill with a right password", () => {
    const ended = budgets({}).filter(({ whenRight }) => whenRight === "end");
    assert.deepEqual(
      ended.map(({ key }) => key),
      [`${NAME}:2001:db8:1:abcd`],
    );
  });
});
