import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type CodeText,
  composeCodeText,
  composeNoticeText,
  countSegments,
} from "../../src/domain/text-message.ts";

const A_TEXT: CodeText = {
  brand: "Latchkey",
  code: "012345",
  lifeMinutes: 5,
  domain: "login.example.com",
  template: "{brand}: {code} is your code. Valid {minutes} min. Do not share it with anyone.",
};

describe("composeCodeText", () => {
  it("says the brand, the code, its life and to keep it, and binds it to the domain", () => {
    assert.equal(
      composeCodeText(A_TEXT),
      "Latchkey: 012345 is your code. Valid 5 min. Do not share it with anyone.\n" +
        "@login.example.com #012345",
    );
  });

  it("fits one segment, with a long brand and a long domain too", () => {
    const text = composeCodeText({
      ...A_TEXT,
      brand: "B".repeat(200),
      domain: "sign-in.accounts.example.co.uk",
    });
    assert.deepEqual(countSegments(text).segments, 1);
    assert.equal(countSegments(text).encoding, "gsm-7");
  });

  it("holds no link", () => {
    assert.doesNotMatch(composeCodeText(A_TEXT), /https?:|www\./);
  });

  const brands: [it: string, brand: string, line: string][] = [
    ["fills a placeholder that stands twice", "L", "L L"],
    ["takes a brand that looks like a placeholder for a brand", "{code}", "{code} {code}"],
    ["takes a brand that looks like a replacement pattern", "$& $1", "$& $1 $& $1"],
    ["does not evaluate a brand", "<%= 1 %>", "<%= 1 %> <%= 1 %>"],
    [
      "keeps a brand on its line",
      "L\n@evil.example #666666",
      "L @evil.example #666666 ".repeat(2).trim(),
    ],
    ["drops what is invisible in a brand", "L\u202eX\u0000\u200b", "L X L X"],
  ];
  for (const [name, brand, line] of brands) {
    it(name, () => {
      const text = composeCodeText({ ...A_TEXT, brand, template: "{brand} {brand}" });
      assert.equal(text, `${line}\n@login.example.com #012345`);
    });
  }

  it("leaves a placeholder that it does not know", () => {
    const text = composeCodeText({ ...A_TEXT, template: "{constructor} {code" });
    assert.equal(text.split("\n")[0], "{constructor} {code");
  });

  it("ends in the line that binds the code, whatever the brand", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (brand) => {
        const lines = composeCodeText({ ...A_TEXT, brand }).split("\n");
        assert.equal(lines.length, 2);
        assert.equal(lines[1], "@login.example.com #012345");
      }),
    );
  });
});

describe("composeNoticeText", () => {
  const compose = (brand: string) =>
    composeNoticeText({ brand, template: "{brand}: {code} changed. {brand}" });

  it("says the brand, and fills nothing else in", () => {
    assert.equal(compose("Latchkey"), "Latchkey: {code} changed. Latchkey");
    assert.equal(compose("$& {code}"), "$& {code}: {code} changed. $& {code}");
  });

  it("has one line, whatever the brand, which nothing is bound to", () => {
    const text = compose("L\n@evil.example #666666");
    assert.equal(text.split("\n").length, 1);
  });
});

describe("countSegments", () => {
  const cases: [it: string, text: string, encoding: string, units: number, segments: number][] = [
    ["counts nothing as one segment", "", "gsm-7", 0, 1],
    ["fits 160 in one", "a".repeat(160), "gsm-7", 160, 1],
    ["needs two for 161", "a".repeat(161), "gsm-7", 161, 2],
    ["fits 306 in two", "a".repeat(306), "gsm-7", 306, 2],
    ["needs three for 307", "a".repeat(307), "gsm-7", 307, 3],
    ["counts extended characters twice", "€".repeat(80), "gsm-7", 160, 1],
    ["needs two for one more", `${"€".repeat(80)}a`, "gsm-7", 161, 2],
    ["does not cut an extended character", "€".repeat(153), "gsm-7", 306, 3],
    ["knows accents that GSM has", "àèéìòùñÑÄÖÜäöüß¿¡§", "gsm-7", 18, 1],
    ["fits 70 in one", "ó".repeat(70), "ucs-2", 70, 1],
    ["needs two for 71", "ó".repeat(71), "ucs-2", 71, 2],
    ["fits 134 in two", "ó".repeat(134), "ucs-2", 134, 2],
    ["needs three for 135", "ó".repeat(135), "ucs-2", 135, 3],
    ["counts a character of two units twice", "😀".repeat(35), "ucs-2", 70, 1],
    ["does not cut a character of two units", "😀".repeat(67), "ucs-2", 134, 3],
  ];
  for (const [name, text, encoding, units, segments] of cases) {
    it(name, () => {
      const { foreign: _, ...counted } = countSegments(text);
      assert.deepEqual(counted, { encoding, units, segments });
    });
  }

  const offenders: [text: string, foreign: string[]][] = [
    ["Don\u2019t share it", ["\u2019"]],
    ["Tu código, tu código", ["ó"]],
    ["`a` 😀", ["`", "😀"]],
    ["plain [text] {with} ~everything~ | ^\\€", []],
  ];
  for (const [text, foreign] of offenders) {
    it(`names ${foreign.length === 0 ? "nothing" : foreign.join(" ")} in "${text}"`, () =>
      assert.deepEqual(countSegments(text).foreign, foreign));
  }
});
