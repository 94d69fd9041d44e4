// Where attacks on password recovery take place: users with an address, and the ways of a mailed link.
import assert from "node:assert/strict";
import { type Browser, createBrowser, csrfOf, type Page } from "../support/browser.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";
import type { Account } from "./link-scene.ts";

export { type Account, newAccount } from "./link-scene.ts";

export const NEW_PASSWORD = "a wholly different sentence";

// Asks for a link as a browser does: the form is opened, filled in and posted, and the answer followed.
export async function askForLink(
  server: TestServer,
  login: string,
  browser: Browser = createBrowser(),
): Promise<Page> {
  const form = await browser.open(`${server.issuer}/recovery`);
  const body = new URLSearchParams({ csrf: csrfOf(form), login });
  return browser.follow(await browser.request(form.url, { method: "POST", body }));
}

// The mails of a kind to an address, once there are so many.
export async function mailsOf(
  server: TestServer,
  email: string,
  purpose: string,
  count: number,
): Promise<{ readonly subject?: string; readonly text: string }[]> {
  const own = () => server.mails().filter((mail) => mail.to === email && mail.purpose === purpose);
  await until(() => own().length >= count, `no ${purpose} came`);
  assert.equal(own().length, count, `mails of ${purpose}`);
  return own();
}

// The link in the latest of so many mails.
export async function recoveryLink(server: TestServer, email: string, count = 1): Promise<string> {
  const mails = await mailsOf(server, email, "recovery-link", count);
  const link = /https?:\S+\/recovery\/\S+\?token=\S+/.exec(mails.at(-1)?.text ?? "")?.[0];
  return link ?? assert.fail("no link");
}

export function openRecovery(browser: Browser, link: string): Promise<Page> {
  return browser.request(link);
}

// Posts the form of an opened link, and goes where it leads; with other fields where an attack wants them.
export async function setPassword(
  browser: Browser,
  page: Page,
  password: string,
  others: Record<string, string> = {},
): Promise<Page> {
  const token = /name="token" value="([^"]*)"/.exec(page.html)?.[1] ?? "";
  const body = new URLSearchParams({ csrf: csrfOf(page), token, password, ...others });
  const action = page.url.split("?")[0] ?? "";
  return browser.follow(await browser.request(action, { method: "POST", body }));
}

// Gaps and budgets of texts are out of the way unless a test brings its own.
export function openRecoveryScene(
  limits: Record<string, number> = {},
  env: Record<string, string> = {},
): Promise<TestServer> {
  return startServer({ limits: { sendGapSeconds: 0, ...limits }, env });
}

// The lines of the audit log that are about a user, or by one.
export async function auditedOf(
  server: TestServer,
  action: string,
  { id }: Pick<Account, "id">,
  role: "target" | "actor" = "target",
): Promise<{ actor: string; because: string | null; details: Record<string, unknown> }[]> {
  const { items } = await server.latchkey("audit", "list", "--action", action, "--limit", "1000");
  return items.filter((event: Record<string, unknown>) => event[role] === `user:${id}`);
}

// The whole way, in this browser, to the page that says that it is done.
export async function recover(
  server: TestServer,
  { username, email }: Account,
  browser: Browser = createBrowser(),
): Promise<Page> {
  await askForLink(server, username, browser);
  const page = await openRecovery(browser, await recoveryLink(server, email));
  return setPassword(browser, page, NEW_PASSWORD);
}
