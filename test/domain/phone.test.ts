import assert from "node:assert/strict";
import fc from "fast-check";
import {
  allCountries,
  countryOf,
  isCountryAllowed,
  maskPhone,
  type PhoneRefusal,
  parseE164,
  parsePhone,
} from "../../src/domain/phone.ts";

describe("parsePhone", () => {
  const accepted: [typed: string, country: string | null, number: string, of: string][] = [
    ["+14155552671", null, "+14155552671", "US"],
    ["+1 415 555 2671", null, "+14155552671", "US"],
    ["+1 (415) 555-2671", null, "+14155552671", "US"],
    ["+1.415.555.2671", null, "+14155552671", "US"],
    ["+1/415/555/2671", null, "+14155552671", "US"],
    ["  +14155552671  ", null, "+14155552671", "US"],
    ["+1\u00a0415\u00a0555\u00a02671", null, "+14155552671", "US"],
    ["+1 415\u2011555\u20112671", null, "+14155552671", "US"],
    ["+１４１５５５５２６７１", null, "+14155552671", "US"],
    ["＋１ ４１５ ５５５ ２６７１", null, "+14155552671", "US"],
    ["+٤٤٧٩١١١٢٣٤٥٦", null, "+447911123456", "GG"],
    ["+44 (0)7911 123456", null, "+447911123456", "GG"],
    ["+44 7911 123456", null, "+447911123456", "GG"],
    ["07911 123456", "GB", "+447911123456", "GG"],
    ["0044 7911 123456", "GB", "+447911123456", "GG"],
    ["4155552671", "US", "+14155552671", "US"],
    ["4155552671", "us", "+14155552671", "US"],
    ["+14155552671", "DE", "+14155552671", "US"],
    ["+14155552671", "XX", "+14155552671", "US"],
    ["+14155552671", "", "+14155552671", "US"],
    ["+1 876 555 1234", null, "+18765551234", "JM"],
    ["+33 6 12 34 56 78", null, "+33612345678", "FR"],
    ["+7 701 123 4567", null, "+77011234567", "KZ"],
    ["+39 312 345 6789", null, "+393123456789", "IT"],
    [`+14155552671${" ".repeat(52)}`, null, "+14155552671", "US"],
  ];
  for (const [typed, country, number, of] of accepted) {
    it(`reads ${JSON.stringify(typed)} (${country}) as ${number}`, () =>
      assert.deepEqual(parsePhone(typed, country), { outcome: "ok", number, country: of }));
  }

  const refused: [typed: string, country: string | null, because: PhoneRefusal][] = [
    ["", null, "malformed"],
    ["   ", null, "malformed"],
    ["+", null, "malformed"],
    ["()", "US", "malformed"],
    ["++447911123456", null, "malformed"],
    ["447911123456+", null, "malformed"],
    ["+44+7911123456", null, "malformed"],
    ["+447911123456\n", null, "malformed"],
    ["\t+447911123456", null, "malformed"],
    ["+44791\u200b1123456", null, "malformed"],
    ["\u200f+447911123456", null, "malformed"],
    ["+44\u00ad7911123456", null, "malformed"],
    ["+447911123456\u0000", null, "malformed"],
    ["+44791112345O", null, "malformed"],
    ["+1-415-FLOWERS", null, "malformed"],
    ["tel:+14155552671", null, "malformed"],
    ["tel:4155552671;phone-context=+1", null, "malformed"],
    ["+14155552671;ext=99", null, "malformed"],
    ["+14155552671 x5", null, "malformed"],
    ["+14155552671 ext. 5", null, "malformed"],
    ["+14155552671#5", null, "malformed"],
    ["+14155552671,5", null, "malformed"],
    ["+123456789012345678901234567890", null, "malformed"],
    ["+44", null, "malformed"],
    [`+14155552671${" ".repeat(53)}`, null, "malformed"],
    ["1".repeat(50_000), "US", "malformed"],
    ["447911123456", null, "country-needed"],
    ["00447911123456", null, "country-needed"],
    ["4155552671", "", "country-needed"],
    ["4155552671", "XX", "country-unknown"],
    ["4155552671", "constructor", "country-unknown"],
    ["4155552671", "__proto__", "country-unknown"],
    ["+999 123456789", null, "country-unknown"],
    ["+44 20 7946 0958", null, "not-a-mobile"],
    ["+44 909 879 0123", null, "not-a-mobile"],
    ["+44 845 123 4567", null, "not-a-mobile"],
    ["+1 900 555 1234", null, "not-a-mobile"],
    ["+1 800 555 1234", null, "not-a-mobile"],
    ["+800 1234 5678", null, "not-a-mobile"],
    ["+979 123 456 789", null, "not-a-mobile"],
    ["+870 773 123 456", null, "not-a-mobile"],
    ["+882 13 123456", null, "not-a-mobile"],
    ["+883 510 000 12345", null, "not-a-mobile"],
    ["+44 7700 900123", null, "not-a-mobile"],
    ["+1 500 555 0006", null, "not-a-mobile"],
    ["+44 56 0000 1234", null, "not-a-mobile"],
    ["+44 76 1234 5678", null, "not-a-mobile"],
    ["12345", "US", "not-a-mobile"],
    ["911", "US", "not-a-mobile"],
  ];
  for (const [typed, country, because] of refused) {
    it(`refuses ${JSON.stringify(typed.slice(0, 40))} (${country}) as ${because}`, () =>
      assert.deepEqual(parsePhone(typed, country), { outcome: "refused", because }));
  }

  it("refuses any character that does not belong to a number, wherever it stands", () => {
    const allowed = /^[\p{Nd}+ ()./-]*$/u;
    const character = fc
      .string({ unit: "binary", minLength: 1, maxLength: 1 })
      .filter((one) => !allowed.test(one.normalize("NFKC")) && one.normalize("NFKC") !== "\u2010");
    fc.assert(
      fc.property(character, fc.nat(12), (foreign, at) => {
        const number = "+14155552671";
        const typed = number.slice(0, at) + foreign + number.slice(at);
        assert.equal(parsePhone(typed, "US").outcome, "refused");
      }),
    );
  });

  it("answers any text with any country, and reads its own answer as the same number", () => {
    const typed = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom(..."+0123456789 -()") }),
    );
    fc.assert(
      fc.property(typed, fc.option(fc.constantFrom("US", "GB", "DE", "XX")), (text, country) => {
        const read = parsePhone(text, country);
        if (read.outcome === "ok") assert.deepEqual(parsePhone(read.number, null), read);
      }),
    );
  });
});

describe("parseE164", () => {
  const cases: [typed: string, country: string | null, number: string | null][] = [
    ["+44 20 7946 0958", null, "+442079460958"],
    // Reserved for fiction: in no plan.
    ["+44 7700 900123", null, "+447700900123"],
    ["+44 (0)7700 900123", null, "+447700900123"],
    ["07700 900123", "GB", "+447700900123"],
    ["+1 555 012 3456", null, "+15550123456"],
    ["555 012 3456", "US", "+15550123456"],
    // Of no country, and too long for its country.
    ["+999 123456", null, "+999123456"],
    ["+123456", null, "+123456"],
    ["+12345", null, null],
    ["+141555526711999", null, "+141555526711999"],
    ["+1415555267119999", null, null],
    ["+0123456789", null, null],
    ["442079460958", null, null],
    ["07700 900123", "ZZ", null],
    ["+44 7700 900123 x5", null, null],
    ["+44 7700 90012\u200b3", null, null],
    ["", null, null],
  ];
  for (const [typed, country, number] of cases) {
    it(`reads ${JSON.stringify(typed)} (${country}) as ${number}`, () =>
      assert.equal(parseE164(typed, country), number));
  }
});

describe("countryOf", () => {
  const cases: [number: string, country: string | null][] = [
    ["+14155552671", "US"],
    ["+18765551234", "JM"],
    ["+447911123456", "GG"],
    ["+870773123456", null],
    ["nonsense", null],
  ];
  for (const [number, country] of cases) {
    it(`finds ${country} for ${number}`, () => assert.equal(countryOf(number), country));
  }
});

describe("maskPhone", () => {
  const cases: [number: string, masked: string][] = [
    ["+14155552671", "+1 ••• ••• 71"],
    ["+447911123456", "+44 ••• ••• 56"],
    ["+4915112345678", "+49 ••• ••• 78"],
    ["+37255512345", "+372 ••• ••• 45"],
    ["+999123456789", "+ ••• ••• 89"],
  ];
  for (const [number, masked] of cases) {
    it(`shows ${number} as ${masked}`, () => assert.equal(maskPhone(number), masked));
  }
});

describe("isCountryAllowed", () => {
  it("goes by country, not by prefix", () => {
    assert.equal(isCountryAllowed("US", ["US", "GB"]), true);
    assert.equal(isCountryAllowed("JM", ["US", "GB"]), false);
    assert.equal(isCountryAllowed("GG", ["US", "GB"]), false);
    assert.equal(isCountryAllowed("US", []), false);
    assert.equal(isCountryAllowed("JM", "all"), true);
  });
});

describe("allCountries", () => {
  it("lists ISO codes, each once", () => {
    const countries = allCountries();
    assert.ok(countries.length > 200);
    assert.equal(new Set(countries).size, countries.length);
    assert.ok(countries.every((country) => /^[A-Z]{2}$/.test(country)));
  });
});
