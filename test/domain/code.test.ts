import assert from "node:assert/strict";
import fc from "fast-check";
import { asciiDigits, codeFor, normalCode, sameCode } from "../../src/domain/code.ts";

const KEY = Buffer.alloc(32, 7);

describe("codeFor", () => {
  it("gives the same code for the same challenge, and another under another key", () => {
    assert.equal(codeFor("c1", KEY), codeFor("c1", KEY));
    assert.notEqual(codeFor("c1", KEY), codeFor("c1", Buffer.alloc(32, 8)));
    assert.notEqual(codeFor("c1", KEY), codeFor("c2", KEY));
  });

  it("is uniform over 100 000 challenges, in every digit and in the thousands (OTP-26)", () => {
    const codes = Array.from({ length: 100_000 }, (_, i) => codeFor(`challenge-${i}`, KEY));
    assert.ok(codes.every((code) => /^[0-9]{6}$/.test(code)));

    // The limits are those that a uniform source exceeds once in a million runs; the key is fixed.
    for (let place = 0; place < 6; place++) {
      assert.ok(
        chiSquare(
          codes.map((code) => Number(code[place])),
          10,
        ) < 45,
      );
    }
    assert.ok(
      chiSquare(
        codes.map((code) => Number(code.slice(0, 3))),
        1000,
      ) < 1227,
    );
    assert.ok(
      chiSquare(
        codes.map((code) => Number(code.slice(3))),
        1000,
      ) < 1227,
    );
  }).timeout(20_000);

  it("keeps leading zeros", () => {
    const codes = Array.from({ length: 2000 }, (_, i) => codeFor(`challenge-${i}`, KEY));
    assert.ok(codes.some((code) => code.startsWith("0")));
    assert.ok(codes.some((code) => code.startsWith("00")));
  });

  it("repeats codes no more often than chance does", () => {
    const codes = Array.from({ length: 10_000 }, (_, i) => codeFor(`challenge-${i}`, KEY));
    // 50 pairs are expected; 7 standard deviations are 50.
    assert.ok(codes.length - new Set(codes).size < 100);
  });
});

describe("normalCode", () => {
  const cases: [it: string, typed: string, code: string | null][] = [
    ["takes six digits", "012345", "012345"],
    ["drops spaces", " 012 345 ", "012345"],
    ["drops hyphens", "012-345", "012345"],
    ["drops a line break that was pasted", "012345\n", "012345"],
    ["reads full-width digits", "０１２３４５", "012345"],
    ["reads Arabic-Indic digits", "٠١٢٣٤٥", "012345"],
    ["reads Devanagari digits", "०१२३४५", "012345"],
    ["refuses nothing", "", null],
    ["refuses one digit", "1", null],
    ["refuses five digits", "12345", null],
    ["refuses seven digits", "1234567", null],
    ["refuses letters", "12345a", null],
    ["refuses a sign", "+123456", null],
    ["refuses a decimal point", "12345.6", null],
    ["refuses invisible characters", "123\u200b456", null],
    ["takes 64 characters that are six digits", `${" ".repeat(58)}123456`, "123456"],
    ["refuses 65 characters", `${" ".repeat(59)}123456`, null],
    ["refuses ten thousand characters", "1".repeat(10_000), null],
  ];
  for (const [name, typed, code] of cases) {
    it(name, () => assert.equal(normalCode(typed), code));
  }
});

describe("asciiDigits", () => {
  it("reads every decimal digit of Unicode, also where runs of ten touch", () => {
    // Digits come in runs of ten, from zero up, so their order alone tells their values.
    const digits = [...codePoints()].filter((character) => /\p{Nd}/u.test(character));
    assert.equal(digits.length % 10, 0);
    digits.forEach((digit, i) => {
      assert.equal(asciiDigits(digit), String(i % 10), `U+${digit.codePointAt(0)?.toString(16)}`);
    });
  });

  it("leaves everything else alone", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const others = text.replace(/\p{Nd}/gu, "");
        assert.equal(asciiDigits(others), others);
      }),
    );
  });
});

describe("sameCode", () => {
  const cases: [one: string, other: string, same: boolean][] = [
    ["123456", "123456", true],
    ["123456", "123457", false],
    ["023456", "123456", false],
    ["123456", "12345", false],
    ["123456", "", false],
    ["", "", true],
  ];
  for (const [one, other, same] of cases) {
    it(`finds "${one}" and "${other}" ${same ? "equal" : "different"}`, () =>
      assert.equal(sameCode(one, other), same));
  }
});

function chiSquare(values: readonly number[], bins: number): number {
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  const expected = values.length / bins;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

function* codePoints(): Generator<string> {
  for (let point = 0; point <= 0x10ffff; point++) {
    if (point < 0xd800 || point > 0xdfff) yield String.fromCodePoint(point);
  }
}
