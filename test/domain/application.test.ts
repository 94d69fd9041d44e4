import assert from "node:assert/strict";
import { originsOf } from "../../src/domain/application.ts";
import { isIdentitySource } from "../../src/domain/identity-source.ts";
import { addSeconds, secondsUntil } from "../../src/domain/time.ts";

describe("originsOf", () => {
  const cases: [it: string, uris: string[], origins: string[]][] = [
    ["finds an origin once", ["https://a.example/x", "https://a.example/y"], ["https://a.example"]],
    [
      "keeps ports apart",
      ["http://localhost:1/", "http://localhost:2/"],
      ["http://localhost:1", "http://localhost:2"],
    ],
    ["finds none for a scheme of an app", ["com.example.app:/cb", "app://x/"], []],
    ["finds none for what is no URL", ["nonsense", ""], []],
  ];
  for (const [name, redirect_uris, origins] of cases) {
    it(name, () => assert.deepEqual([...originsOf({ redirect_uris })], origins));
  }
});

describe("isIdentitySource", () => {
  for (const [id, known] of [
    ["password", true],
    ["sms", true],
    ["Password", false],
    ["", false],
  ] as const) {
    it(`says ${known} of "${id}"`, () => assert.equal(isIdentitySource(id), known));
  }
});

describe("secondsUntil", () => {
  for (const [milliseconds, seconds] of [
    [1, 1],
    [1000, 1],
    [1001, 2],
    [0, 1],
    [-5000, 1],
  ] as const) {
    it(`counts ${milliseconds} ms as ${seconds} s`, () =>
      assert.equal(secondsUntil(milliseconds, 0), seconds));
  }

  it("is what addSeconds added", () => assert.equal(secondsUntil(addSeconds(5, 90), 5), 90));
});
