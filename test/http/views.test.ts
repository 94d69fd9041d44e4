// Every page, with realistic and with hostile contents.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { composeCodeText, countSegments } from "../../src/domain/text-message.ts";
import { createLanguages, PLACEHOLDERS } from "../../src/http/language.ts";
import { createView } from "../../src/http/view.ts";
import { drawGallery, drawHostileGallery } from "../support/page-gallery.ts";

const VIEWS = path.resolve(import.meta.dirname, "../../views");
const CATALOGS = path.resolve(import.meta.dirname, "../../config/languages");

function readCatalog(name: string): Record<string, string> {
  return JSON.parse(readFileSync(path.join(CATALOGS, name), "utf8"));
}

describe("pages", () => {
  const view = createView({ viewsDir: VIEWS });
  const languages = createLanguages(CATALOGS);
  const pages = languages.tags.flatMap((tag) => {
    const language = languages.chooseLanguage({ uiLocales: tag });
    return [...drawGallery(view, language), ...drawHostileGallery(view, language)];
  });

  it("escapes whatever comes from outside", () => {
    for (const { name, html } of pages) {
      assert.doesNotMatch(html, /<img|<script>|onerror="/i, name);
    }
  });

  it("have no script or style of their own, so that the policy can forbid them", () => {
    for (const { name, html } of pages) {
      assert.doesNotMatch(html, /<script(?![^>]* src=)/, name);
      const bare = html.replaceAll(/"[^"]*"/g, '""');
      assert.doesNotMatch(bare, /<style|<[^>]*\s(?:style|on[a-z]+)=/, name);
    }
  });

  it("label every field", () => {
    for (const { name, html } of pages) {
      for (const [input] of html.matchAll(/<(?:input|select)\b[^>]*>/g)) {
        if (/type="hidden"/.test(input)) continue;
        const id = /\bid="([^"]+)"/.exec(input)?.[1];
        assert.ok(id !== undefined && html.includes(`<label for="${id}"`), `${name}: ${input}`);
      }
    }
  });

  it("have one heading, a language, and a title", () => {
    for (const { name, html } of pages) {
      assert.equal(html.match(/<h1[ >]/g)?.length, 1, name);
      assert.match(html, /<html lang="[a-z]{2}[^"]*" dir="(ltr|rtl)">/, name);
      assert.match(html, /<title>[^<]+<\/title>/, name);
    }
  });

  it("show no more of a bound number than its last two digits", () => {
    for (const { name, html } of pages) {
      if (name.startsWith("demo")) continue;
      assert.doesNotMatch(html.replace(/<[^>]*>/g, " "), /\+\d{8,}/, name);
    }
  });
});

describe("languages", () => {
  const names = readdirSync(CATALOGS).filter((name) => name.endsWith(".json"));
  const base = (key: string) => key.replace(/_(one|other|few|many|two|zero)$/, "");

  for (const name of names) {
    it(`${name} has every text of the English catalog, with the same placeholders`, () => {
      const english = readCatalog("en.json");
      const catalog = readCatalog(name);
      const keys = (texts: object) => [...new Set(Object.keys(texts).map(base))].toSorted();
      assert.deepEqual(keys(catalog), keys(english));
      for (const [key, text] of Object.entries(catalog)) {
        const known: readonly string[] = Reflect.get(PLACEHOLDERS, base(key)) ?? [];
        const used = [...text.matchAll(/\{(\w+)\}/g)].map(([, slot = ""]) => slot);
        for (const slot of used) assert.ok(known.includes(slot), `${key}: {${slot}}`);
      }
    });

    it(`${name} has a text for codes that fits one segment`, () => {
      const text = composeCodeText({
        brand: "Latchkey",
        code: "000000",
        lifeMinutes: 5,
        domain: "login.example.com",
        template: readCatalog(name)["sms.code"] ?? "",
      });
      const { segments, foreign } = countSegments(text);
      assert.equal(segments, 1, foreign.join(" "));
    });
  }

  it("falls back to English in no time, whatever is asked for", () => {
    const { chooseLanguage } = createLanguages(CATALOGS);
    const began = performance.now();
    for (const wish of ["x".repeat(50_000), "de;".repeat(10_000), "*", "\u0000", "q=1,,,;"]) {
      assert.equal(chooseLanguage({ acceptLanguage: wish }).tag, "en");
    }
    assert.ok(performance.now() - began < 50);
    assert.equal(chooseLanguage({ uiLocales: "fr es", acceptLanguage: "de" }).tag, "es");
  });
});
