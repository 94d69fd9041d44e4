import assert from "node:assert/strict";
import { canonicalJson } from "../../src/domain/canonical-json.ts";

describe("canonical JSON", () => {
  it("orders members by name, at every depth, and nothing else", () => {
    assert.equal(
      canonicalJson({ b: [3, 1, { z: 1, a: 2 }], a: { d: null, c: "x" } }),
      '{"a":{"c":"x","d":null},"b":[3,1,{"a":2,"z":1}]}',
    );
  });

  it("leaves out what is undefined", () => {
    assert.equal(canonicalJson({ a: undefined, b: 1 }), canonicalJson({ b: 1 }));
  });

  it("tells values apart that differ", () => {
    assert.notEqual(canonicalJson({ a: [1, 2] }), canonicalJson({ a: [2, 1] }));
    assert.notEqual(canonicalJson({ a: 1 }), canonicalJson({ a: "1" }));
  });
});
