import assert from "node:assert/strict";
import { createCsrf } from "../../src/http/csrf.ts";

const [OLD, NEW] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];

describe("form tokens", () => {
  const csrf = createCsrf([NEW, OLD]);

  it("are another one each time, so that their lengths in a compressed page say nothing, and all hold", () => {
    const tokens = Array.from({ length: 50 }, () => csrf.formTokenFor("i1"));
    assert.equal(new Set(tokens).size, 50);
    for (const token of tokens) assert.ok(csrf.matches(token, "i1"));
    assert.ok(!tokens.some((token) => token.includes(csrf.tokenFor("i1"))));
  });

  it("hold for what they were made for alone", () => {
    const token = csrf.formTokenFor("i1");
    assert.ok(!csrf.matches(token, "i2"));
    assert.ok(!createCsrf([OLD]).matches(token, "i1"));
    const tampered = `${token.slice(0, -3)}${token.endsWith("AAA") ? "BBB" : "AAA"}`;
    for (const wrong of [
      tampered,
      token.slice(1),
      "",
      undefined,
      "A".repeat(86),
      "x".repeat(1e5),
    ]) {
      assert.ok(!csrf.matches(wrong, "i1"), String(wrong).slice(0, 100));
    }
  });

  it("hold under an earlier key", () => {
    assert.ok(csrf.matches(createCsrf([OLD]).formTokenFor("i1"), "i1"));
    assert.ok(csrf.matches(createCsrf([OLD]).tokenFor("i1"), "i1"));
  });
});
