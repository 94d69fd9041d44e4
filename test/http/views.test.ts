// Every page, with realistic and with hostile contents.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { composeNoticeText, countSegments } from "../../src/domain/text-message.ts";
import { templateProblems } from "../../src/domain/text-template.ts";
import { createAssets } from "../../src/http/assets.ts";
import { createLanguages } from "../../src/http/language.ts";
import { PLACEHOLDERS } from "../../src/http/placeholders.ts";
import { createView } from "../../src/http/view.ts";
import { drawGallery, drawHostileGallery } from "../support/page-gallery.ts";

const VIEWS = path.resolve(import.meta.dirname, "../../views");
const CATALOGS = path.resolve(import.meta.dirname, "../../config/languages");

function readCatalog(name: string): Record<string, string> {
  return JSON.parse(readFileSync(path.join(CATALOGS, name), "utf8"));
}

const KNOWN_MARKUP = new Set(["layout.ejs: args.body", "logout.ejs: model.engineForm"]);
const SUPPORT = { href: "https://help.example", label: "help.example" };
const A_FRAME = { base: "", brand: "Latchkey", applicationName: null, now: 0 };

describe("pages", () => {
  const view = createView({ viewsDir: VIEWS, support: SUPPORT });
  const languages = createLanguages(CATALOGS, { namesSupport: true });
  const pages = languages.tags.flatMap((tag) => {
    const language = languages.chooseLanguage({ uiLocales: tag });
    return [...drawGallery(view, language), ...drawHostileGallery(view, language)];
  });

  it("escapes whatever comes from outside", () => {
    for (const { name, html } of pages) {
      assert.doesNotMatch(
        html,
        /<img(?! class="application-logo" src="https:)|<script>|onerror="/i,
        name,
      );
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

  it("print markup in the known places alone: partials, the page in its frame, the engine's form", () => {
    const templates = readdirSync(VIEWS, { recursive: true, encoding: "utf8" });
    for (const name of templates.filter((file) => file.endsWith(".ejs"))) {
      const text = readFileSync(path.join(VIEWS, name), "utf8");
      for (const [, raw = ""] of text.matchAll(/<%-\s*(.*?)\s*-?%>/gs)) {
        const known = raw.startsWith("partial(") || KNOWN_MARKUP.has(`${name}: ${raw}`);
        assert.ok(known, `${name}: ${raw}`);
      }
    }
  });

  it("link to pages alone, never to scripts", () => {
    for (const { name, html } of pages) {
      for (const [, target = ""] of html.matchAll(/(?:href|src)="([^"]*)"/g)) {
        assert.match(target, /^(?:https?:\/\/|\/(?!\/))/, name);
      }
    }
  });

  it("refuse to send a form to what is no address", () => {
    const language = languages.chooseLanguage({});
    const model = { frame: A_FRAME, kind: "form-post", fields: [] } as const;
    for (const action of ["javascript:alert(1)", "data:text/html,x", "//evil.example", ""]) {
      assert.throws(() => view.render("submit-form", { ...model, action }, language), action);
    }
  });

  it("give the time of day while it is near, and the date with it when it is not", () => {
    const language = languages.chooseLanguage({ uiLocales: "de" });
    const named = new Map(drawGallery(view, language).map(({ name, html }) => [name, html]));
    assert.match(named.get("sign-in-locked") ?? "", />14:01 UTC<\/time>/);
    assert.match(named.get("step-up-capped") ?? "", />25\.11\.2026, 09:23 UTC<\/time>/);
  });

  it("offer another number only while binding", () => {
    const replaces = pages.filter(({ html }) => html.includes('class="replace"'));
    const names = new Set(replaces.map(({ name }) => name.replace(/-(?:markup|long|rtl)$/, "")));
    assert.deepEqual(
      names,
      new Set(["code-binding", "code-replace-failed", "code-new-phone", "code"]),
    );
    const bound = pages.filter(({ name }) => name === "code" || name === "code-wrong");
    for (const { html } of bound) assert.doesNotMatch(html, /type="tel"/);
  });

  it("say that texts are a restricted way, and what else there is, before a number is bound", () => {
    for (const { page, html } of pages.filter(({ page }) => /^(bind|new)-phone$/.test(page))) {
      assert.match(html, /NIST SP 800-63B/, page);
      assert.match(html, /<details>\s*<summary>/, page);
      assert.match(html, /<a href="https:\/\/help\.example"/, page);
    }
  });

  it("name the support contact wherever somebody is told to ask, and leave the sentence out without one", () => {
    const all = languages.tags.flatMap((tag) => {
      const wish = { uiLocales: tag };
      const without = createLanguages(CATALOGS).chooseLanguage(wish);
      const draw = (each: ReturnType<typeof createView>, language: typeof without) =>
        drawGallery(each, language).filter(({ page }) => page === "refused" || page === "account");
      return [
        ...draw(view, languages.chooseLanguage(wish)).map(({ name, html }) => ({
          name,
          html,
          named: true,
        })),
        ...draw(createView({ viewsDir: VIEWS }), without).map(({ name, html }) => ({
          name,
          html,
          named: false,
        })),
      ];
    });
    for (const { name, html, named } of all) {
      assert.doesNotMatch(html, /[[\]]|\{support\}|<p><\/p>/, name);
      if (name.startsWith("refused")) assert.equal(html.includes("help.example"), named, name);
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
        assert.deepEqual(used.toSorted(), known.toSorted(), key);
      }
    });

    it(`${name} has texts for codes that fit one segment`, () => {
      const frame = { brand: "Latchkey", domain: "sign-in.accounts.example.co.uk", lifeMinutes: 5 };
      for (const key of ["sms.code", "sms.code-change"]) {
        assert.deepEqual(templateProblems(readCatalog(name)[key] ?? "", frame), [], key);
      }
    });
  }

  for (const name of names) {
    for (const kind of ["phone-changed", "phone-removed"]) {
      it(`${name} has a text for ${kind} that fits one segment, with a long brand too`, () => {
        const template = readCatalog(name)[`sms.${kind}`] ?? "";
        assert.doesNotMatch(template, /\d|https?:|www\.|[@#]/);
        for (const support of ["", "help.example", `${"h".repeat(150)}.example`]) {
          const text = composeNoticeText({ brand: "B".repeat(200), template, support });
          const { segments, encoding, foreign } = countSegments(text);
          assert.deepEqual([segments, encoding], [1, "gsm-7"], foreign.join(" "));
          assert.equal(text.includes(support), support.length < 20);
          assert.doesNotMatch(text, /[[\]{}?]$/);
        }
      });
    }
  }

  it("fails for a text that nobody wrote, and for a placeholder left open", () => {
    const { t } = createLanguages(CATALOGS).chooseLanguage({});
    assert.throws(() => Reflect.apply(t, null, ["no.such.text"]));
    assert.throws(() => Reflect.apply(t, null, ["constructor"]));
    assert.throws(() => Reflect.apply(t, null, ["code.intro-sent"]), /phone/);
  });

  it("takes what fills a placeholder as it is", () => {
    const { t } = createLanguages(CATALOGS).chooseLanguage({});
    const login = "$t(sign-in.title) {brand} $& <b>";
    assert.ok(t("demo.explain-2", { login }).includes(login));
  });

  it("keeps to the order of the wishes, and ignores what is not wanted at all", () => {
    const { chooseLanguage } = createLanguages(CATALOGS);
    const chosen = (acceptLanguage: string) => chooseLanguage({ acceptLanguage }).tag;
    assert.equal(chosen("de-CH"), "de");
    assert.equal(chosen("es-419,en;q=0.5"), "es");
    assert.equal(chosen("en;q=0.1, de"), "de");
    assert.equal(chosen("de;q=0, es"), "es");
    assert.equal(chosen("fr"), "en");
  });

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

describe("assets", () => {
  const assets = createAssets(path.join(VIEWS, "assets"));

  it("are found by their exact names", () => {
    assert.equal(assets.find("latchkey.css")?.type, "text/css; charset=utf-8");
    assert.equal(assets.find("code.js")?.type, "text/javascript; charset=utf-8");
    assert.equal(assets.find("favicon.svg")?.type, "image/svg+xml");
    for (const name of ["", ".", "../layout.ejs", "./code.js", "code.js/", "constructor"]) {
      assert.equal(assets.find(name), null, name);
    }
  });

  it("use nothing that the policy forbids", () => {
    for (const name of ["latchkey.css", "code.js", "submit.js"]) {
      const text = assets.find(name)?.body.toString() ?? "";
      assert.doesNotMatch(text, /@import|url\(|https?:|eval\(|innerHTML|cssText|\.style\b/, name);
    }
  });
});
