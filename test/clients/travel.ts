// How the browser of these tests goes between an application and the provider.
import { type Browser, locationOf, type Page } from "../support/browser.ts";

// The form of the page that asks whether to sign out.
export function confirm(browser: Browser, page: Page): Promise<Page> {
  const action = /<form[^>]* action="([^"]+)"/.exec(page.html)?.[1] ?? "";
  const fields = [
    ...page.html.matchAll(/<(?:input|button)[^>]* name="([^"]+)"[^>]* value="([^"]*)"/g),
  ];
  const body = new URLSearchParams(fields.map(([, name = "", value = ""]) => [name, value]));
  return browser.request(new URL(action, page.url).href, { method: "POST", body });
}

// Follows redirects, to whatever origin.
export async function travel(browser: Browser, from: Page): Promise<Page> {
  let page = from;
  for (let hops = 0; hops < 20 && page.headers.has("Location"); hops++) {
    page = await browser.request(locationOf(page));
  }
  return page;
}
