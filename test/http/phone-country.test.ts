import assert from "node:assert/strict";
import type { Context } from "koa";
import { regionsOf } from "../../src/http/language.ts";
import { otherPhoneFields, phoneFields, type TypedPhone } from "../../src/http/phone-country.ts";

const ALL = ["DE", "GB", "MX", "US"].map((code) => ({ code, name: code, callingCode: "1" }));
const page = (acceptLanguage: string, countries = ALL) => {
  const ctx = { get: () => acceptLanguage } as unknown as Context;
  const reader = { ctx, language: {} as never };
  return { web: { countriesIn: () => countries }, reader };
};
const chosen = (acceptLanguage: string, countries = ALL, typed: TypedPhone | null = null) => {
  const { web, reader } = page(acceptLanguage, countries);
  return phoneFields(web, reader, typed).country;
};

describe("the country of a number that is to be typed", () => {
  const wishes: [string, string[]][] = [
    ["en-US,en;q=0.9", ["US"]],
    ["de;q=0.5, es-MX;q=0.9, en-GB;q=0.7", ["MX", "GB"]],
    ["zh-Hant-TW", ["TW"]],
    ["es-419", ["419"]],
    ["de-DE;q=0", []],
    ["*, de", []],
    ["", []],
    ["x".repeat(50_000), []],
  ];
  for (const [wish, regions] of wishes) {
    it(`reads the regions of "${wish.slice(0, 40)}"`, () => {
      assert.deepEqual(regionsOf(wish), regions);
    });
  }

  it("is the first that the browser's languages name and that may be chosen", () => {
    assert.equal(chosen("en-US"), "US");
    assert.equal(chosen("fr-FR, de-DE;q=0.8"), "DE");
    assert.equal(chosen("es-419"), "");
    assert.equal(chosen("de"), "");
  });

  it("is the only one, whatever the browser says", () => {
    assert.equal(chosen("en-US", ALL.slice(0, 1)), "DE");
    assert.equal(chosen("en-US", []), "");
  });

  it("stays what was posted", () => {
    assert.equal(chosen("en-US", ALL, { phone: "1", country: "GB" }), "GB");
    assert.equal(chosen("en-US", ALL, { phone: "1", country: "" }), "");
  });

  it("is that of the number before, where another one is typed, and no other is listed", () => {
    const { web, reader } = page("en-US");
    const before = "+4915123456789";
    const empty = otherPhoneFields(web, reader, { before, typed: null });
    assert.deepEqual([empty.country, empty.countries.length], ["DE", 1]);
    const typed = otherPhoneFields(web, reader, { before, typed: { phone: "1", country: "MX" } });
    assert.deepEqual(
      [typed.country, typed.countries.map(({ code }) => code)],
      ["MX", ["DE", "MX"]],
    );
    const foreign = otherPhoneFields(web, reader, { before, typed: { phone: "1", country: "FR" } });
    assert.deepEqual([foreign.country, foreign.countries.length], ["", 1]);
  });
});
