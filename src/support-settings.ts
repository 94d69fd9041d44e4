// What SUPPORT_URL and SUPPORT_EMAIL say: whom pages, mails and texts name for help.
import { mailAddressOf } from "./domain/mail-header.ts";
import type { SupportContact } from "./domain/support-contact.ts";
import type { CheckedEnvironment } from "./environment.ts";
import { isLoopback } from "./loopback.ts";

export function readSupport(
  { SUPPORT_URL: url, SUPPORT_EMAIL: email }: CheckedEnvironment,
  production: boolean,
  problems: string[],
): SupportContact {
  if (url !== undefined && !isSupportUrl(url, production)) {
    problems.push("SUPPORT_URL: must be an https URL without credentials");
  }
  if (email !== undefined && mailAddressOf(email) === null) {
    problems.push("SUPPORT_EMAIL: must be one address");
  }
  return { url: url ?? null, email: email ?? null };
}

function isSupportUrl(text: string, production: boolean): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "") return false;
  if (url.protocol === "https:") return true;
  return !production && url.protocol === "http:" && isLoopback(url.hostname);
}
