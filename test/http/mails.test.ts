// Every mail in every language: the same in text and HTML, and nothing in it that could be misused.
import assert from "node:assert/strict";
import path from "node:path";
import type { Mail, Notice } from "../../src/domain/mail.ts";
import { noticeOfPhone } from "../../src/domain/mail.ts";
import { createLanguages } from "../../src/http/language.ts";
import { createMailView } from "../../src/http/mail-view.ts";
import { createLinkFinder } from "../../src/http/mailed-links.ts";
import { A_NUMBER, aMail, NOON } from "../support/builders.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const languages = createLanguages(path.join(ROOT, "config/languages"), { namesSupport: true });
const KEYS = [{ id: "k1", key: Buffer.alloc(32, 1) }];
const options = {
  viewsDir: path.join(ROOT, "views/mail"),
  languages,
  host: "id.example",
  support: "help@id.example",
  findLink: createLinkFinder("https://id.example/auth", KEYS),
};
const view = createMailView({ ...options, brand: "Latchkey" });
const compose = (mail: Mail) => view(mail) ?? assert.fail("no mail");

const bound = { number: A_NUMBER, status: "bound", since: NOON } as const;
const another = { number: "+442071838750", status: "assigned", since: NOON } as const;
const phones = [
  noticeOfPhone(null, bound),
  noticeOfPhone(null, another),
  noticeOfPhone(bound, another),
  noticeOfPhone(bound, null),
];
const A_LINK: Notice = {
  kind: "binding-link",
  uid: "i1",
  linkId: "l1",
  keyId: "k1",
  worksUntil: NOON + 900_000,
};
const A_WAY_BACK: Notice = {
  kind: "recovery-link",
  linkId: "l1",
  keyId: "k1",
  worksUntil: NOON + 3_600_000,
};
const NOTICES: readonly Notice[] = [
  ...phones.flatMap((notice) => notice ?? []),
  { kind: "codes-rejected", count: 3 },
  { kind: "factor-locked", count: 10, until: NOON + 900_000 },
  { kind: "factor-off", count: 100 },
  { kind: "new-device" },
  { kind: "password-guessing", count: 100 },
  ...(["code", "bind-phone", "mailed-link", "refused"] as const).map(
    (step) =>
      ({ kind: "second-step-unfinished", step, since: NOON - 900_000, wrongCodes: 2 }) as const,
  ),
  { kind: "recovery-codes-made" },
  { kind: "recovery-code-used", left: 9 },
  A_LINK,
  A_WAY_BACK,
  { kind: "password-recovered" },
];

const ALL = languages.tags.flatMap((language) =>
  NOTICES.map((notice) => compose(aMail({ language, notice }))),
);

const BUTTON = /<a class="button" href="([^"]+)" style="[^"]+">([^<]+)<\/a>/;
// The button says the title once more; the brand stands above the card, as the subject has it in front.
const withoutMarkup = (html: string) =>
  html
    .replace(BUTTON, "")
    .replace(/<p [^>]*>Latchkey<\/p>/, "")
    .replace(/<head>.*<\/head>/s, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/&#34;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&");
const words = (text: string) => text.split(/\s+/).filter((word) => !/^(?:|--)$/.test(word));

describe("mails", () => {
  it("are of every kind in every language", () => {
    const kinds = new Set(NOTICES.map(({ kind }) => kind)).size;
    assert.equal(kinds, 15);
    assert.deepEqual(languages.tags.toSorted(), ["de", "en", "es"]);
    const subjects = ALL.map(({ subject }) => subject);
    assert.equal(new Set(subjects).size, kinds * languages.tags.length);
    assert.equal(new Set(ALL.map(({ text }) => text)).size, ALL.length);
    for (const subject of subjects) assert.match(subject, /^Latchkey: \S/);
  });

  it("say the same as text and as HTML", () => {
    for (const { text, html, subject } of ALL) {
      const plain = words(text.replace(/: (?=\S)/g, " ")).join(" ");
      assert.equal(words(withoutMarkup(html).replace(/: (?=\S)/g, " ")).join(" "), plain, subject);
    }
  });

  it("say what, when, the number with two digits, and what to do", () => {
    const { text } = compose(
      aMail({ language: "en", notice: NOTICES[2] ?? { kind: "new-device" } }),
    );
    assert.match(text, /The number \+1 ••• ••• 71 was replaced/);
    assert.match(text, /^When: November 24, 2026 at 12:00 UTC$/m);
    assert.match(text, /^Mobile number: \+44 ••• ••• 50$/m);
    assert.match(text, /If this wasn't you.*Change it now, and tell help@id\.example\./);
    assert.match(text, /by Latchkey at id\.example/);
    const locked = compose(aMail({ language: "de", notice: NOTICES[5] ?? { kind: "new-device" } }));
    assert.match(locked.text, /bis 24\. November 2026 um 12:15 UTC gesperrt/);
  });

  const WITHOUT_LINK = ALL.filter(({ purpose }) => !/-link$/.test(purpose));

  it("say of a sign-in that was not finished when its password was typed, where it stopped, and how many wrong codes there were", () => {
    const notice = { kind: "second-step-unfinished", step: "code", since: NOON } as const;
    const at = NOON + 900_000;
    const said = ["en", "de", "es"].map((language) =>
      [0, 1, 4].map(
        (wrongCodes) => compose(aMail({ language, at, notice: { ...notice, wrongCodes } })).text,
      ),
    );
    for (const [none = "", one = "", four = ""] of said) {
      for (const text of [none, one, four]) assert.match(text, / 12:00 UTC/);
      assert.doesNotMatch(none, /: 0/);
      assert.match(one, /: 1\n/);
      assert.match(four, /: 4\n/);
    }
    assert.match(said[0]?.[2] ?? "", /Wrong codes: 4\n/);
    assert.match(said[0]?.[0] ?? "", /entered your password but not the code.*If this wasn't you/s);
  });

  it("name the application and the browser where they are known, escaped", () => {
    const origin = { application: "Shop <b>&", browser: "Firefox, Linux" };
    const { text, html } = compose(
      aMail({ language: "en", notice: { kind: "new-device" }, origin }),
    );
    assert.match(text, /^App: Shop <b>&$/m);
    assert.match(text, /^Browser: Firefox, Linux$/m);
    assert.match(html, />Shop &lt;b&gt;&amp;</);
    const bare = compose(aMail({ language: "en", notice: { kind: "new-device" } })).text;
    assert.doesNotMatch(bare, /^(?:App|Browser):/m);
  });

  it("hold no link, but for the one that somebody asked for, no code and no whole number", () => {
    for (const { text, html, subject } of WITHOUT_LINK) {
      for (const content of [subject, text, withoutMarkup(html)]) {
        assert.doesNotMatch(content, /https?:|www\.|\d{5}/, subject);
      }
    }
  });

  it("fetch nothing and run nothing", () => {
    for (const { html, subject } of WITHOUT_LINK) {
      assert.doesNotMatch(html, /href=|<a\b/i, subject);
    }
    for (const { html, subject } of ALL) {
      assert.doesNotMatch(
        html,
        /src|url\(|@import|background=|<(?:img|script|link|form|iframe|object|video|svg)\b| on\w+=/i,
        subject,
      );
    }
  });

  it("look right where the style sheet is taken away: it holds the dark colours alone", () => {
    for (const { html } of ALL) {
      const [sheet = "", ...more] = html.match(/<style>.*?<\/style>/gs) ?? [];
      assert.deepEqual(more, []);
      const [scheme, dark = ""] = sheet.split("@media (prefers-color-scheme: dark)");
      assert.match(scheme ?? "", /^<style>\s*:root \{ color-scheme: light dark; \}\s*$/);
      const properties = dark.match(/[\w-]+(?=: )/g) ?? [];
      assert.deepEqual(new Set(properties), new Set(["background", "border-color", "color"]));
      assert.match(html, /<meta name="color-scheme" content="light dark">/);
      for (const [, tag] of html.matchAll(/<(h1|p|a|dd|td|body)\b(?![^>]* style=)/g)) {
        assert.fail(`a ${tag} without its own style`);
      }
    }
  });

  it("hold the one link that was asked for, with its token, and until when and where it works", () => {
    const own = ALL.filter(({ purpose }) => /-link$/.test(purpose));
    assert.equal(own.length, 2 * languages.tags.length);
    for (const { text, html, language, purpose } of own) {
      const [link = "", ...more] = text.match(/https?:\S+/g) ?? [];
      const path = purpose === "binding-link" ? "interaction/i1/link" : "recovery/u1/l1";
      assert.match(link, new RegExp(`^https://id\\.example/auth/${path}\\?token=[\\w-]{43}$`));
      assert.deepEqual(more, []);
      // A button, and the address beside it in plain.
      assert.equal(BUTTON.exec(html)?.[1], link);
      assert.equal(html.match(/<a\b/g)?.length, 1);
      assert.ok(html.includes(`>${link}</p>`));
      assert.equal(html.match(/https?:/g)?.length, 2);
      assert.match(text, purpose === "binding-link" ? /12:15 UTC/ : /13:00 UTC/, language);
    }
  });

  it("say where codes go on going to when the password was recovered, if there is such a phone", () => {
    const phone = "+1 ••• ••• 71";
    const { text } = compose(aMail({ notice: { kind: "password-recovered", phone } }));
    assert.match(text, /still go to the number below/);
    assert.ok(text.includes(`Mobile number: ${phone}`));
    const bare = compose(aMail({ notice: { kind: "password-recovered" } }));
    assert.doesNotMatch(bare.text, /phone|number/i);
  });

  it("are none once the key of their link has gone", () => {
    const findLink = createLinkFinder("https://id.example", []);
    const without = createMailView({ ...options, brand: "L", findLink });
    for (const notice of [A_LINK, A_WAY_BACK]) assert.equal(without(aMail({ notice })), null);
  });

  it("have a language, a title and one heading", () => {
    for (const { html, language } of ALL) {
      assert.match(html, new RegExp(`<html lang="${language}" dir="ltr">`));
      assert.match(html, /<title>[^<]+<\/title>/);
      assert.equal(html.match(/<h1\b/g)?.length, 1);
    }
  });

  it("escape a hostile brand in HTML, and keep it on one line in the subject", () => {
    const brand = '<img onerror="x">\r\nBcc: evil@example.com';
    const { html, subject, text } = createMailView({ ...options, brand })(aMail()) ?? assert.fail();
    assert.doesNotMatch(html, /<img/);
    assert.match(subject, /^[^\r\n]+$/);
    assert.ok(text.includes(brand));
  });

  const wishes: [it: string, language: string, tag: string][] = [
    ["in the language of the sign-in", "es", "es"],
    ["in that of a locale", "de-AT", "de"],
    ["in English when nobody wrote another", "fr", "en"],
    ["in English for what is no language", "\r\nX: 1 <%= process.env %>", "en"],
  ];
  for (const [name, language, tag] of wishes) {
    it(`are ${name}`, () => {
      const mail: Mail = aMail({ language });
      assert.equal(compose(mail).language, tag);
    });
  }
});
