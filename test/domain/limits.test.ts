import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { limitsSchema } from "../../src/domain/limits.ts";

const PUBLISHED: Record<string, unknown> = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, "../../config/limits.json"), "utf8"),
);

describe("limitsSchema", () => {
  it("takes the published limits, key by key", () => {
    assert.deepEqual(limitsSchema.parse(PUBLISHED), PUBLISHED);
  });

  const cases: [it: string, given: Record<string, unknown>, taken: boolean][] = [
    ["takes a code that lives ten minutes", { codeLifeSeconds: 600 }, true],
    ["refuses one that lives longer", { codeLifeSeconds: 601 }, false],
    ["takes an authorization code that lives a minute", { authorizationCodeLifeSeconds: 60 }, true],
    ["refuses one that lives longer", { authorizationCodeLifeSeconds: 61 }, false],
    ["takes no grace for refresh tokens", { refreshReuseGraceSeconds: 0 }, true],
    ["refuses a grace beyond a minute", { refreshReuseGraceSeconds: 61 }, false],
    ["refuses it for public clients too", { refreshReuseGracePublicSeconds: 61 }, false],
    ["takes a timeout of half a minute", { smsTimeoutSeconds: 30 }, true],
    ["refuses a longer one", { smsTimeoutSeconds: 31 }, false],
    ["takes a circuit that opens with the first failure", { smsFailuresUntilOpen: 1 }, true],
    ["refuses one that opens before it", { smsFailuresUntilOpen: 0 }, false],
    ["takes a circuit that is open for an hour", { smsOpenSeconds: 3600 }, true],
    ["refuses one that is open longer", { smsOpenSeconds: 3601 }, false],
    ["takes a mail that is tried once", { mailRetrySeconds: [] }, true],
    ["takes five pauses of half a day", { mailRetrySeconds: Array(5).fill(43_200) }, true],
    ["refuses a sixth", { mailRetrySeconds: Array(6).fill(1) }, false],
    ["refuses a longer one", { mailRetrySeconds: [43_201] }, false],
    ["refuses no attempt at all", { attemptsPerCode: 0 }, false],
    ["refuses half an attempt", { attemptsPerCode: 1.5 }, false],
    ["refuses a text", { lockSeconds: "900" }, false],
    ["refuses what is missing", { lockSeconds: undefined }, false],
    ["refuses what it does not know", { lockMinutes: 15 }, false],
  ];
  for (const [name, given, taken] of cases) {
    it(name, () => assert.equal(limitsSchema.safeParse({ ...PUBLISHED, ...given }).success, taken));
  }
});
