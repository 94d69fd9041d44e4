import assert from "node:assert/strict";
import fc from "fast-check";
import { type RequestedAcr, requestedAcr } from "../../src/domain/requested-acr.ts";

const ACR = { single: "urn:one", multi: "urn:two" };

describe("requestedAcr", () => {
  const cases: { it: string; acrValues?: string; acr?: unknown; expect: RequestedAcr }[] = [
    { it: "finds no wish", expect: { level: "none", essential: false } },
    { it: "reads acr_values", acrValues: "urn:two", expect: { level: "multi", essential: false } },
    {
      it: "takes the first supported of several values",
      acrValues: "urn:x urn:one urn:two",
      expect: { level: "single", essential: false },
    },
    {
      it: "ignores voluntary values that nobody can give",
      acrValues: "urn:x 2",
      expect: { level: "none", essential: false },
    },
    {
      it: "does not take a part of a value for the value",
      acrValues: "urn:two2",
      expect: { level: "none", essential: false },
    },
    {
      it: "reads an essential value",
      acr: { essential: true, value: "urn:two" },
      expect: { level: "multi", essential: true },
    },
    {
      it: "reads essential values in their order",
      acr: { essential: true, values: ["urn:x", "urn:two", "urn:one"] },
      expect: { level: "multi", essential: true },
    },
    {
      it: "says so when an essential value cannot be given",
      acr: { essential: true, value: "urn:x" },
      expect: { level: "unsupported", essential: true },
    },
    {
      it: "counts an essential claim before acr_values",
      acrValues: "urn:one",
      acr: { essential: true, value: "urn:two" },
      expect: { level: "multi", essential: true },
    },
    {
      it: "counts acr_values before a voluntary claim",
      acrValues: "urn:one",
      acr: { value: "urn:two" },
      expect: { level: "single", essential: false },
    },
    {
      it: "reads a voluntary claim where there are no acr_values",
      acr: { values: ["urn:two"] },
      expect: { level: "multi", essential: false },
    },
    {
      it: "takes an essential claim without a value for no wish",
      acr: { essential: true },
      expect: { level: "none", essential: false },
    },
    {
      it: "does not take another word for essential",
      acr: { essential: "true", value: "urn:two" },
      expect: { level: "multi", essential: false },
    },
    { it: "reads a claim that is null", acr: null, expect: { level: "none", essential: false } },
    {
      it: "passes over values that are no texts",
      acr: { essential: true, values: [7, null, "urn:two"] },
      expect: { level: "multi", essential: true },
    },
  ];
  for (const c of cases) {
    it(c.it, () => {
      const claims = "acr" in c ? { id_token: { acr: c.acr } } : undefined;
      assert.deepEqual(requestedAcr({ acrValues: c.acrValues, claims }, ACR), c.expect);
    });
  }

  it("asks only the claims of the ID token", () => {
    const claims = { userinfo: { acr: { essential: true, value: "urn:two" } } };
    assert.equal(requestedAcr({ claims }, ACR).level, "none");
  });

  it("reads any claims parameter without throwing", () => {
    const claims = fc.oneof(
      fc.anything(),
      fc.record({ id_token: fc.anything() }),
      fc.record({ id_token: fc.record({ acr: fc.anything() }) }),
    );
    fc.assert(
      fc.property(claims, (given) => {
        const { level } = requestedAcr({ claims: given }, ACR);
        assert.ok(["none", "single", "multi", "unsupported"].includes(level));
      }),
    );
  });
});
