// The texts, as this installation writes them: what stands around every sentence that carries a code, and our own
// sentences in each language.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { NoticeTemplate } from "./admin/application-texts.ts";
import { BRAND } from "./brand.ts";
import type { Config } from "./config.ts";
import type { TextFrame } from "./domain/text-template.ts";

const CATALOGS = path.resolve(import.meta.dirname, "..", "config", "languages");

// The brand, how long a code lives, and the domain that it is bound to.
export function textFrameOf(config: Pick<Config, "issuer" | "limits">): TextFrame {
  return {
    brand: BRAND,
    lifeMinutes: Math.ceil(config.limits.codeLifeSeconds / 60),
    domain: new URL(config.issuer).hostname,
  };
}

// All of ours, for who looks them over.
export function readAllTemplates() {
  return {
    ours: readOwnTemplates(),
    changes: readChangeTemplates(),
    notices: readNoticeTemplates(),
  };
}

// Our own templates for a code, by language.
export function readOwnTemplates(): Record<string, string> {
  return readCatalogs("sms.code");
}

// Our own templates for a code that replaces a phone, by language.
export function readChangeTemplates(): Record<string, string> {
  return readCatalogs("sms.code-change");
}

// Our own templates for what carries no code, each in every language.
export function readNoticeTemplates(): NoticeTemplate[] {
  return (["phone-changed", "phone-removed"] as const).flatMap((kind) =>
    Object.entries(readCatalogs(`sms.${kind}`)).map(([language, template]) => ({
      kind,
      language,
      template,
    })),
  );
}

function readCatalogs(key: string): Record<string, string> {
  const files = readdirSync(CATALOGS).filter((name) => name.endsWith(".json"));
  return Object.fromEntries(
    files.map((name) => {
      const texts = JSON.parse(readFileSync(path.join(CATALOGS, name), "utf8"));
      return [path.basename(name, ".json"), String(texts[key])];
    }),
  );
}
