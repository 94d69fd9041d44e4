// The texts of an application: its own sentence for a code in a language, in place of ours.
import type { Application } from "../domain/application.ts";
import type { NoticeText } from "../domain/notice-text.ts";
import { composeCodeText, composeNoticeText, countSegments } from "../domain/text-message.ts";
import {
  countTemplate,
  type TemplateProblem,
  type TextFrame,
  templateProblems,
} from "../domain/text-template.ts";
import { readApplication } from "./applications.ts";
import { retryWhileStale } from "./compare-and-set.ts";
import { type AdminDeps, auditEvent, changeTime } from "./deps.ts";
import { AdminError } from "./errors.ts";

export interface TextDeps extends Pick<AdminDeps, "storage" | "now" | "actor"> {
  readonly frame: TextFrame;
  // Our own templates, by language.
  readonly ours: Readonly<Record<string, string>>;
}

export interface ShownText {
  readonly client: string;
  readonly language: string;
  // Whether the template is the application's own.
  readonly own: boolean;
  readonly template: string;
  // As it goes out, with a code that is none.
  readonly text: string;
  readonly segments: number;
}

// The texts of an application in every language, its own or ours; "not-found" when there is no such application.
export async function showTexts(deps: TextDeps, clientId: string): Promise<ShownText[]> {
  const application = await readApplication(deps, clientId);
  return Object.keys(deps.ours)
    .toSorted()
    .map((language) => shown(deps, application, language));
}

// Gives an application its own template in a language, or takes it away with null. "usage" for a language that we
// do not speak, and for a template that is not fit to be sent, with everything that is wrong with it.
export async function setText(
  deps: TextDeps,
  given: {
    readonly clientId: string;
    readonly language: string;
    readonly template: string | null;
  },
): Promise<ShownText> {
  const { clientId, language, template } = given;
  if (!Object.hasOwn(deps.ours, language)) {
    const known = Object.keys(deps.ours).toSorted().join(", ");
    throw new AdminError("usage", `There are no texts in this language; there are: ${known}.`);
  }
  const problems = template === null ? [] : templateProblems(template, deps.frame);
  if (problems.length > 0) throw new AdminError("usage", problems.map(sentenceOf).join(" "));

  return retryWhileStale(async () => {
    const before = await readApplication(deps, clientId);
    const { [language]: old = null, ...others } = before.texts ?? {};
    if (old === template) return shown(deps, before, language);
    const texts = { ...others, ...(template !== null && { [language]: template }) };
    const after = { ...before, texts, updatedAt: changeTime(deps.now(), before) };
    const audit = auditEvent(deps, {
      action: "client-text-changed",
      target: `client:${clientId}`,
      details: { language, before: old, after: template },
    });
    const outcome = await deps.storage.applications.replace(before, after, audit);
    if (outcome === "stale") return "stale";
    if (outcome === "changed") return shown(deps, after, language);
    throw new AdminError("not-found", "The application was removed meanwhile.");
  });
}

function shown(deps: TextDeps, application: Application, language: string): ShownText {
  const own = application.texts?.[language];
  const template = own ?? deps.ours[language] ?? "";
  return {
    client: application.id,
    language,
    own: own !== undefined,
    template,
    text: composeCodeText({ ...deps.frame, template, code: "000000" }),
    segments: countTemplate(template, deps.frame).segments,
  };
}

// A template of ours for what carries no code.
export interface NoticeTemplate {
  readonly kind: NoticeText["notice"]["kind"];
  readonly language: string;
  readonly template: string;
}

export interface TextProblem {
  // Null: our own text.
  readonly client: string | null;
  readonly language: string;
  // What it is for.
  readonly kind: "code" | "code-change" | NoticeText["notice"]["kind"];
  readonly sentences: readonly string[];
}

// The texts that are not fit to be sent, and why: most of all those that take more than one segment, which costs as
// much again. What fitted when it was written may not do so at another domain.
export async function lintTexts(
  deps: Pick<TextDeps, "storage" | "frame" | "ours"> & {
    // Our own for a code that replaces a phone, by language.
    readonly changes: TextDeps["ours"];
    readonly notices: readonly NoticeTemplate[];
  },
): Promise<TextProblem[]> {
  const applications = await deps.storage.applications.list();
  const sets = [
    { client: null, kind: "code" as const, texts: deps.ours },
    { client: null, kind: "code-change" as const, texts: deps.changes },
    ...applications.map(({ id, texts = {} }) => ({ client: id, kind: "code" as const, texts })),
  ];
  const codes = sets.flatMap(({ client, kind, texts }) =>
    Object.entries(texts).flatMap(([language, template]) => {
      const sentences = templateProblems(template, deps.frame).map(sentenceOf);
      return sentences.length === 0 ? [] : [{ client, language, kind, sentences }];
    }),
  );
  return [...codes, ...deps.notices.flatMap((notice) => lintNotice(notice, deps.frame))];
}

function lintNotice(
  { kind, language, template }: NoticeTemplate,
  { brand }: TextFrame,
): TextProblem[] {
  const { segments, foreign } = countSegments(composeNoticeText({ brand, template }));
  if (segments === 1) return [];
  const because = foreign.length === 0 ? "" : `, because of: ${named(foreign)}`;
  return [
    { client: null, language, kind, sentences: [`It takes ${segments} segments${because}.`] },
  ];
}

// What is wrong, in words.
function sentenceOf(problem: TemplateProblem): string {
  switch (problem.because) {
    case "not-one-line":
      return "It must be one line without invisible characters.";
    case "code-missing":
      return "{code} must stand in it.";
    case "unknown-placeholder":
      return (
        `There is no placeholder ${problem.found.join(" ")}; ` +
        "there are {code}, {minutes} and {brand}."
      );
    case "link":
      return `It must hold no link, nor what looks like one: ${problem.found.join(" ")}`;
    case "too-long": {
      const { segments, units, foreign } = problem;
      if (foreign.length === 0) {
        return `With the line that binds the code it takes ${segments} segments: ${units} characters, and 160 fit.`;
      }
      return (
        `With the line that binds the code it takes ${segments} segments, because of: ` +
        `${named(foreign)}. With these, 70 characters fit and not 160; it has ${units}.`
      );
    }
  }
}

// With their numbers: a space that does not break, or a letter of another alphabet, looks like what is meant.
function named(characters: readonly string[]): string {
  const each = characters.map((character) => {
    const number = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0");
    return `${character} (U+${number})`;
  });
  return each.join(", ");
}
