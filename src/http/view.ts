// Draws pages. Every template is compiled once, at the start, with options that no request can reach;
// a template prints everything escaped, and a test knows the few places that print markup.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import ejs from "ejs";
import type { SupportLink } from "../domain/support-contact.ts";
import { type Assets, createAssets } from "./assets.ts";
import type { Language, Message } from "./language.ts";
import type { PageFrame, PageModels, PageName } from "./page-models.ts";

export interface View {
  // A whole HTML document.
  render<Page extends PageName>(page: Page, model: PageModels[Page], language: Language): string;
}

type Template = (locals: Locals) => string;

// Reads the templates in `viewsDir` and compiles them all.
export function createView({
  viewsDir,
  support = null,
}: {
  readonly viewsDir: string;
  readonly support?: SupportLink | null;
}): View {
  const pages = compileAll(viewsDir);
  const partials = compileAll(join(viewsDir, "partials"));
  const assets = createAssets(join(viewsDir, "assets"));
  const tools = { partials, assets, support };

  return {
    render(page, model, language) {
      const locals = localsOf(tools, model, language);
      const title = TITLES[page](model);
      const body = find(pages, page)(locals);
      const failed = "error" in model && model.error !== null;
      const scripts = SCRIPTS[page];
      const onTheWay = ON_THE_WAY.has(page);
      const args = { title, body, page, failed, scripts, onTheWay };
      return find(pages, "layout")({ ...locals, args });
    },
  };
}

// The heading of each page, which is its title too.
const TITLES: { readonly [Page in PageName]: (model: PageModels[Page]) => Message } = {
  "sign-in": () => ({ key: "sign-in.title" }),
  "bind-phone": () => ({ key: "bind-phone.title" }),
  "new-phone": () => ({ key: "new-phone.title" }),
  code: (model) => ({ key: model.sent ? "code.title" : "code.title-unsent" }),
  "recovery-codes": () => ({ key: "recovery-codes.title" }),
  "mailed-link": (model) => ({
    key: model.usable ? "mailed-link.title" : "mailed-link.title-unsent",
  }),
  link: () => ({ key: "link.title" }),
  recovery: () => ({ key: "recovery.title" }),
  "recovery-requested": () => ({ key: "recovery-requested.title" }),
  "new-password": () => ({ key: "new-password.title" }),
  recovered: () => ({ key: "recovered.title" }),
  "recovery-over": () => ({ key: "recovery-over.title" }),
  refused: () => ({ key: "refused.title" }),
  consent: () => ({ key: "consent.title" }),
  account: () => ({ key: "account.title" }),
  "account-left": () => ({ key: "account-left.title" }),
  "user-code": () => ({ key: "user-code.title" }),
  "user-code-confirmation": () => ({ key: "user-code-confirmation.title" }),
  "device-end": ({ isConnected }) => ({
    key: isConnected ? "device-end.title" : "device-end.refused-title",
  }),
  logout: () => ({ key: "logout.title" }),
  "logged-out": () => ({ key: "logged-out.title" }),
  error: (model) => model.title,
  "submit-form": () => ({ key: "submit-form.title" }),
  demo: () => ({ key: "demo.title" }),
  "demo-tokens": () => ({ key: "demo-tokens.title" }),
};

// The pages that say where the sign-in leads.
const ON_THE_WAY: ReadonlySet<PageName> = new Set([
  "sign-in",
  "bind-phone",
  "code",
  "recovery-codes",
  "mailed-link",
  "link",
  "refused",
]);

const SCRIPTS: { readonly [Page in PageName]?: readonly string[] } = {
  "sign-in": ["code.js"],
  "bind-phone": ["code.js"],
  "new-phone": ["code.js"],
  code: ["code.js"],
  "mailed-link": ["code.js"],
  recovery: ["code.js"],
  "new-password": ["code.js"],
  "submit-form": ["submit.js"],
  demo: ["code.js"],
  "demo-tokens": ["code.js"],
};

// What a template can use: these names and no others.
interface Locals {
  readonly model: object;
  readonly frame: PageFrame;
  readonly language: Language;
  // What a partial was called with; for the layout, the page that it goes around.
  readonly args: object;
  readonly t: Language["t"];
  readonly say: Language["say"];
  readonly around: Language["around"];
  readonly partial: (name: string, args?: object) => string;
  readonly asset: (name: string) => string;
  readonly moment: (at: number) => Moment;
  readonly link: (url: string) => string | null;
  readonly short: (text: string) => string;
  // Whom people can ask for help; null: nobody is named.
  readonly support: SupportLink | null;
}

const LOCALS = [
  "model",
  "frame",
  "language",
  "args",
  "t",
  "say",
  "around",
  "partial",
  "asset",
  "moment",
  "link",
  "short",
  "support",
] as const satisfies readonly (keyof Locals)[];

interface Tools {
  readonly partials: ReadonlyMap<string, Template>;
  readonly assets: Assets;
  readonly support: SupportLink | null;
}

function localsOf(tools: Tools, model: { readonly frame: PageFrame }, language: Language): Locals {
  const { frame } = model;
  const locals: Locals = {
    model,
    frame,
    language,
    args: {},
    t: language.t,
    say: language.say,
    around: language.around,
    partial: (name, args = {}) => find(tools.partials, name)({ ...locals, args }),
    asset: (name) => {
      const asset = tools.assets.find(name);
      if (asset === null) throw new Error(`There is no asset "${name}".`);
      return `${frame.base}/assets/${name}?v=${asset.version}`;
    },
    moment: (at) => momentOf(at, frame.now, language.tag),
    link: safeLink,
    short: shorten,
    support: tools.support,
  };
  return locals;
}

interface Moment {
  readonly iso: string;
  readonly text: string;
  // How a script may say the same in local time.
  readonly style: "time" | "date-time";
}

const HALF_A_DAY = 43_200_000;
const formats = new Map<string, Intl.DateTimeFormat>();

// In UTC, and saying so, since nobody told us where the browser is; with the date unless it is near.
function momentOf(at: number, now: number, tag: string): Moment {
  const style = Math.abs(at - now) < HALF_A_DAY ? "time" : "date-time";
  const id = `${tag} ${style}`;
  const format = formats.get(id) ?? formatOf(tag, style);
  formats.set(id, format);
  return { iso: new Date(at).toISOString(), text: `${format.format(at)} UTC`, style };
}

function formatOf(tag: string, style: Moment["style"]): Intl.DateTimeFormat {
  const time = { timeStyle: "short", timeZone: "UTC", hourCycle: "h23" } as const;
  return new Intl.DateTimeFormat(tag, style === "time" ? time : { ...time, dateStyle: "medium" });
}

// Only what leads to a page: a path of ours, or http(s). Null for javascript: and the like.
function safeLink(url: string): string | null {
  if (/^\/(?![/\\])/.test(url)) return url;
  return /^https?:$/.test(URL.parse(url)?.protocol ?? "") ? url : null;
}

const NAME_LENGTH_MAX = 60;

// Names come from others, and a very long one must not push the form off the page.
function shorten(text: string): string {
  const characters = [...text];
  if (characters.length <= NAME_LENGTH_MAX) return text;
  return `${characters.slice(0, NAME_LENGTH_MAX - 1).join("")}…`;
}

function compileAll(dir: string): Map<string, Template> {
  const files = readdirSync(dir).filter((name) => name.endsWith(".ejs"));
  return new Map(files.map((name) => [basename(name, ".ejs"), compile(join(dir, name))]));
}

function compile(path: string): Template {
  return ejs.compile(readFileSync(path, "utf8"), {
    strict: true,
    localsName: "page",
    destructuredLocals: [...LOCALS],
    filename: path,
    rmWhitespace: false,
    // An include would read a file while drawing; partial() is compiled already.
    includer: () => {
      throw new Error("Use partial(), not include().");
    },
  });
}

function find(templates: ReadonlyMap<string, Template>, name: string): Template {
  const template = templates.get(name);
  if (template === undefined) throw new Error(`There is no template "${name}".`);
  return template;
}
