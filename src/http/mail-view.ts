// Draws mails, each as text and as HTML that says the same: no link, no picture, nothing from elsewhere, and
// no name that somebody could have chosen to mislead.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ejs from "ejs";
import type { Mail, Notice } from "../domain/mail.ts";
import { headerLineOf } from "../domain/mail-header.ts";
import type { Instant } from "../domain/time.ts";
import type { ComposedMail } from "../ports/mail.ts";
import type { Language, Languages, Message } from "./language.ts";

export interface MailViewOptions {
  readonly viewsDir: string;
  readonly languages: Languages;
  readonly brand: string;
  // The host of the issuer, so that people know which installation speaks.
  readonly host: string;
}

// What a template can use: these names and no others.
interface Locals {
  readonly language: Language;
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly footer: string;
}

const LOCALS = [
  "language",
  "title",
  "paragraphs",
  "facts",
  "footer",
] as const satisfies readonly (keyof Locals)[];

// Reads the two templates in `viewsDir` and compiles them.
export function createMailView(options: MailViewOptions): (mail: Mail) => ComposedMail {
  const { viewsDir, languages, brand, host } = options;
  const drawHtml = compile(join(viewsDir, "notice.html.ejs"));
  // What is read as text has nothing to escape.
  const drawText = compile(join(viewsDir, "notice.text.ejs"), String);

  return (mail) => {
    const language = languages.chooseLanguage({ uiLocales: mail.language });
    const { t } = language;
    const locals: Locals = {
      language,
      title: t(`mail.${mail.notice.kind}.title`),
      paragraphs: [
        language.say(whatHappened(mail.notice, language)),
        t("mail.if-you"),
        t("mail.if-not-you"),
      ],
      facts: factsOf(mail, language),
      footer: t("mail.footer", { brand, host }),
    };
    return {
      id: mail.id,
      to: mail.to,
      purpose: mail.notice.kind,
      date: mail.at,
      language: language.tag,
      subject: headerLineOf(t("mail.subject", { title: locals.title, brand })),
      text: drawText(locals),
      html: drawHtml(locals),
    };
  };
}

function whatHappened(notice: Notice, language: Language): Message {
  switch (notice.kind) {
    case "phone-bound":
      return { key: "mail.phone-bound.what" };
    case "phone-assigned":
      return { key: "mail.phone-assigned.what" };
    case "phone-changed":
      return { key: "mail.phone-changed.what", params: { before: notice.before } };
    case "phone-removed":
      return { key: "mail.phone-removed.what" };
    case "codes-rejected":
      return { key: "mail.codes-rejected.what", params: { count: notice.count } };
    case "factor-locked": {
      const until = momentOf(notice.until, language);
      return { key: "mail.factor-locked.what", params: { count: notice.count, until } };
    }
    case "factor-off":
      return { key: "mail.factor-off.what", params: { count: notice.count } };
    case "new-device":
      return { key: "mail.new-device.what" };
    case "recovery-codes-made":
      return { key: "mail.recovery-codes-made.what" };
    case "recovery-code-used":
      return { key: "mail.recovery-code-used.what", params: { count: notice.left } };
  }
}

function factsOf({ at, notice }: Mail, language: Language): Locals["facts"] {
  const { t } = language;
  const when = [t("mail.when"), momentOf(at, language)] as const;
  return "phone" in notice ? [when, [t("mail.number"), notice.phone]] : [when];
}

// In UTC, and saying so: nobody told us where the reader is.
function momentOf(at: Instant, { tag }: Language): string {
  const format = new Intl.DateTimeFormat(tag, {
    dateStyle: "long",
    timeStyle: "short",
    timeZone: "UTC",
    hourCycle: "h23",
  });
  return `${format.format(at)} UTC`;
}

function compile(path: string, asText?: (value: unknown) => string): (locals: Locals) => string {
  return ejs.compile(readFileSync(path, "utf8"), {
    strict: true,
    localsName: "mail",
    destructuredLocals: [...LOCALS],
    filename: path,
    rmWhitespace: false,
    ...(asText && { escape: asText }),
    includer: () => {
      throw new Error("a mail is one template");
    },
  });
}
