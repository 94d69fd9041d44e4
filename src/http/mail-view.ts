// Draws mails, each as text and as HTML that says the same: no picture, nothing from elsewhere, of names
// the application's and the browser's alone, and in two kinds a link.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ejs from "ejs";
import type { Mail, Notice } from "../domain/mail.ts";
import { headerLineOf } from "../domain/mail-header.ts";
import type { Instant } from "../domain/time.ts";
import type { ComposedMail } from "../ports/mail.ts";
import type { Language, Languages, Message } from "./language.ts";
import type { FindLink } from "./mailed-links.ts";

export interface MailViewOptions {
  readonly viewsDir: string;
  readonly languages: Languages;
  readonly brand: string;
  // The host of the issuer, so that people know which installation speaks.
  readonly host: string;
  // Whom mails name for help; "": nobody.
  readonly support?: string;
  // The link of those that hold one.
  readonly findLink: FindLink;
}

// What a template can use: these names and no others.
interface Locals {
  readonly language: Language;
  readonly brand: string;
  readonly title: string;
  readonly paragraphs: readonly string[];
  // After the first paragraph.
  readonly link: string | null;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly footer: string;
}

const LOCALS = [
  "language",
  "brand",
  "title",
  "paragraphs",
  "link",
  "facts",
  "footer",
] as const satisfies readonly (keyof Locals)[];

// Reads the two templates in `viewsDir` and compiles them. A mail whose link cannot be computed any more is null.
export function createMailView(options: MailViewOptions): (mail: Mail) => ComposedMail | null {
  const { viewsDir, languages, brand, host, findLink, support = "" } = options;
  const drawHtml = compile(join(viewsDir, "notice.html.ejs"));
  // What is read as text has nothing to escape.
  const drawText = compile(join(viewsDir, "notice.text.ejs"), String);

  return (mail) => {
    const language = languages.chooseLanguage({ uiLocales: mail.language });
    const { t } = language;
    const holdsLink = "linkId" in mail.notice;
    const link = holdsLink ? findLink(mail) : null;
    if (holdsLink && link === null) return null;
    const locals: Locals = {
      language,
      brand,
      title: t(`mail.${mail.notice.kind}.title`),
      paragraphs: [
        language.say(whatHappened(mail.notice, language, support)),
        ...whatToDo(mail.notice, language, support),
      ],
      link,
      facts: factsOf(mail, language),
      footer: t(holdsLink ? "mail.footer-link" : "mail.footer", { brand, host }),
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

function whatHappened(notice: Notice, language: Language, support: string): Message {
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
      return { key: "mail.factor-off.what", params: { count: notice.count, support } };
    case "second-step-unfinished":
      return { key: `mail.second-step-unfinished.${notice.step}` };
    case "new-device":
      return { key: "mail.new-device.what" };
    case "password-guessing":
      return { key: "mail.password-guessing.what", params: { count: notice.count } };
    case "recovery-codes-made":
      return { key: "mail.recovery-codes-made.what" };
    case "recovery-code-used":
      return { key: "mail.recovery-code-used.what", params: { count: notice.left } };
    case "binding-link":
      return { key: "mail.binding-link.what" };
    case "recovery-link":
      return { key: "mail.recovery-link.what" };
    case "password-recovered":
      return notice.phone === undefined
        ? { key: "mail.password-recovered.what" }
        : { key: "mail.password-recovered.what-phone", params: { support } };
  }
}

function whatToDo(notice: Notice, language: Language, support: string): string[] {
  const { t } = language;
  if (notice.kind === "password-guessing") {
    return [t("mail.password-guessing.effect"), t("mail.password-guessing.if-not-you")];
  }
  if (!("linkId" in notice)) return [t("mail.if-you"), t("mail.if-not-you", { support })];
  const until = momentOf(notice.worksUntil, language);
  const { kind } = notice;
  return [t(`mail.${kind}.where`, { until }), t(`mail.${kind}.if-not-you`, { support })];
}

function factsOf(mail: Mail, language: Language): Locals["facts"] {
  const { application, browser } = mail.origin ?? {};
  const origin: [string, string | undefined][] = [
    [language.t("mail.application"), application],
    [language.t("mail.browser"), browser],
  ];
  return [
    ...ofNotice(mail, language),
    ...origin.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  ];
}

function ofNotice({ at, notice }: Mail, language: Language): Locals["facts"] {
  const { t } = language;
  const unfinished = notice.kind === "second-step-unfinished" ? notice : null;
  const when = [t("mail.when"), momentOf(unfinished?.since ?? at, language)] as const;
  const phone = "phone" in notice ? notice.phone : undefined;
  if (phone !== undefined) return [when, [t("mail.number"), phone]];
  if (!unfinished?.wrongCodes) return [when];
  return [when, [t("mail.wrong-codes"), String(unfinished.wrongCodes)]];
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
