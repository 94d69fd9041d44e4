// The user's own page as it is attacked: how a browser gets to it, and from it into a change of phone.
import assert from "node:assert/strict";
import { type Browser, createBrowser, csrfOf, type Page } from "../support/browser.ts";
import type { TestServer } from "../support/server.ts";
import type { Victim } from "./scene.ts";

export interface Place {
  readonly browser: Browser;
  readonly page: Page;
}

export const asksForPassword = (page: Page) => page.html.includes('name="password"');
export const asksForNumber = (page: Page) =>
  page.html.includes('name="phone"') && !page.html.includes('name="code"');

let numbers = 0;

// One that nobody has.
export function newNumber(): string {
  return `+1415555${6000 + ++numbers}`;
}

// At the page, with whatever the rules want for it; a session that is there is used.
export async function atAccount(
  server: TestServer,
  victim: Victim,
  browser: Browser = createBrowser(),
): Promise<Place> {
  let page = await browser.open(`${server.issuer}/account`);
  if (asksForPassword(page)) page = await typePassword(browser, page, victim);
  if (page.html.includes('name="code"')) {
    page = await browser.submit(page, "code", { code: server.lastCode(victim.phone) });
  }
  assert.equal(page.url, `${server.issuer}/account`);
  return { browser, page };
}

export function typePassword(browser: Browser, page: Page, victim: Victim): Promise<Page> {
  const { username: login, password } = victim;
  return browser.submit(page, "login", { login, password });
}

// What the button of the page posts.
export function postChange(
  server: TestServer,
  { browser, page }: Place,
  fields: Record<string, string> = { csrf: csrfOf(page) },
  headers: Record<string, string> = {},
): Promise<Page> {
  const body = new URLSearchParams(fields);
  return browser.request(`${server.issuer}/account/phone`, { method: "POST", body, headers });
}

// In a change, where the password is asked for.
export async function begun(server: TestServer, victim: Victim): Promise<Place> {
  const place = await atAccount(server, victim);
  return { ...place, page: await place.browser.follow(await postChange(server, place)) };
}

// Further, where the code that went to the old number is.
export async function atOldCode(server: TestServer, victim: Victim): Promise<Place> {
  const { browser, page } = await begun(server, victim);
  return { browser, page: await typePassword(browser, page, victim) };
}

// Further, where the new number is typed.
export async function atNewNumber(server: TestServer, victim: Victim): Promise<Place> {
  const { browser, page } = await atOldCode(server, victim);
  const code = { code: server.lastCode(victim.phone) };
  return { browser, page: await browser.submit(page, "code", code) };
}

// Further, where the code that went to it is.
export async function atNewCode(server: TestServer, victim: Victim, phone: string): Promise<Place> {
  const { browser, page } = await atNewNumber(server, victim);
  return { browser, page: await browser.submit(page, "phone", { phone }) };
}

// The number that the user has, and whether it is theirs.
export async function phoneOf(server: TestServer, victim: Victim): Promise<string> {
  const shown = await server.latchkey("user", "show", victim.username, "--reveal-phone");
  return `${shown.phone} ${shown.phoneStatus}`;
}

export function textsTo(server: TestServer, number: string): number {
  return server.texts().filter(({ to }) => to === number).length;
}
