import assert from "node:assert/strict";
import { type TextFrame, templateProblems } from "../../src/domain/text-template.ts";

const FRAME: TextFrame = { brand: "Latchkey", domain: "login.example.com", lifeMinutes: 5 };
// What our line, its break and the code in place of {code} take.
const ROOM = 160 - "\n@login.example.com #000000".length;

describe("templateProblems", () => {
  const good: string[] = [
    "{code}",
    "Northwind: {code} is your code, valid {minutes} min. Do not share it. {brand}",
    "Ihr Code: {code}, z.B. für Größe & Co. Übermäßig € gültig",
    "¡Hola! Tu número: {code} {code}".replaceAll("ú", "u"),
    "a b@c 1.5 {code} 10:30 e.g. that",
    "{brand}: {code}. Valid {minutes} min. Until 24.11.2026, 5.{minutes}",
    `{code}${"x".repeat(ROOM - 6)}`,
  ];
  for (const template of good) {
    it(`finds nothing wrong with "${template.slice(0, 60)}"`, () => {
      assert.deepEqual(templateProblems(template, FRAME), []);
    });
  }

  const bad: { it: string; template: string; because: string; found?: readonly string[] }[] = [
    { it: "no code", template: "Welcome to {brand}", because: "code-missing" },
    { it: "a code in other words", template: "{Code} { code } {{code", because: "code-missing" },
    { it: "nothing", template: "", because: "not-one-line" },
    { it: "blanks", template: "  ", because: "not-one-line" },
    { it: "a line of its own", template: "{code}\n@evil.example #1", because: "not-one-line" },
    { it: "a carriage return", template: "{code}\r", because: "not-one-line" },
    { it: "what turns text around", template: "{code}\u202e", because: "not-one-line" },
    { it: "what nobody sees", template: "{code}\u200b", because: "not-one-line" },
    {
      it: "an unknown placeholder",
      template: "{code} {user} {constructor}",
      because: "unknown-placeholder",
      found: ["{user}", "{constructor}"],
    },
    {
      it: "a placeholder of another kind",
      template: "{code} #{process} {{brand}}",
      because: "unknown-placeholder",
      found: ["{process}", "{}"],
    },
    {
      it: "a link",
      template: "{code} https://evil",
      because: "link",
      found: ["https://evil"],
    },
    {
      it: "what a phone takes for a link",
      template: "{code} evil.example/x and shop.de",
      because: "link",
      found: ["evil.example/x", "shop.de"],
    },
    {
      it: "a link that its placeholders complete",
      template: "{code} {brand}.com shop.{brand} {code}.de a{minutes}.example evil.c{brand}",
      because: "link",
      found: ["{brand}.com", "shop.{brand}", "{code}.de", "a{minutes}.example", "evil.c{brand}"],
    },
    {
      it: "a link with an accent of its own",
      template: "{code} cafe\u0301.com",
      because: "link",
      found: ["cafe\u0301.com"],
    },
    {
      it: "a link to a bare address",
      template: "{code} 192.0.2.1/x",
      because: "link",
      found: ["192.0.2.1/x"],
    },
    {
      it: "no code in what is long until it is filled in",
      template: "{minutes}".repeat(112),
      because: "code-missing",
    },
    {
      it: "a link in what is long until it is filled in",
      template: `{code}${"{minutes}".repeat(112)} evil.example`,
      because: "link",
      found: ["evil.example"],
    },
    {
      it: "a template of another language (INJ-23)",
      template: "{code} <%= process.env %>",
      because: "link",
      found: ["process.env"],
    },
  ];
  for (const { it: what, template, because, found } of bad) {
    it(`refuses ${what}`, () => {
      const problem = templateProblems(template, FRAME).find((each) => each.because === because);
      assert.ok(problem, JSON.stringify(templateProblems(template, FRAME)));
      if (found !== undefined) assert.deepEqual("found" in problem && problem.found, found);
    });
  }

  it("counts the line that binds the code, and names what makes two segments of one", () => {
    assert.deepEqual(templateProblems(`{code}${"x".repeat(ROOM - 5)}`, FRAME), [
      { because: "too-long", segments: 2, units: 161, foreign: [] },
    ]);
    const curly = `{code} ${"x".repeat(50)} don’t lose your código`;
    const [problem] = templateProblems(curly, FRAME);
    assert.ok(problem?.because === "too-long");
    assert.equal(problem.segments, 2);
    assert.deepEqual(problem.foreign, ["’", "ó"]);
  });

  it("counts what the frame puts in", () => {
    const template = `{code}${"x".repeat(ROOM - 6)}`;
    assert.deepEqual(templateProblems(template, FRAME), []);
    const elsewhere = { ...FRAME, domain: `sign-in.${FRAME.domain}` };
    assert.equal(templateProblems(template, elsewhere)[0]?.because, "too-long");
  });

  it("takes no time for what is endless", () => {
    for (const long of [
      "{".repeat(50_000),
      "a.".repeat(50_000),
      "a".repeat(100_000),
      "a://".repeat(20_000),
    ]) {
      const began = performance.now();
      assert.notEqual(templateProblems(long, FRAME).length, 0);
      assert.ok(performance.now() - began < 500);
    }
  });
});
