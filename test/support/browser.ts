// A browser as the server sees one: a cookie jar, addresses that lead to one another, and forms.
import { CookieJar } from "tough-cookie";

export interface Page {
  readonly status: number;
  readonly url: string;
  readonly headers: Headers;
  readonly html: string;
}

export interface Browser {
  readonly jar: CookieJar;
  // One request, its redirect not followed.
  request(url: string, init?: RequestInit): Promise<Page>;
  // A GET, followed while it leads on to the same origin.
  open(url: string): Promise<Page>;
  // A form's post with the page's own csrf token, not followed.
  post(page: Page, step: string, fields?: Record<string, string>): Promise<Page>;
  // The same, and then to where it leads.
  submit(page: Page, step: string, fields?: Record<string, string>): Promise<Page>;
  // Follows a redirect while it leads to the same origin.
  follow(page: Page): Promise<Page>;
  // Another browser with the same cookies.
  clone(): Promise<Browser>;
}

// A browser with an empty jar, or with this one; `always` are headers of all its requests.
export function createBrowser(
  jar: CookieJar = new CookieJar(),
  always: Readonly<Record<string, string>> = {},
): Browser {
  const browser: Browser = {
    jar,
    async request(url, init = {}) {
      const headers = new Headers({ ...always, ...Object.fromEntries(new Headers(init.headers)) });
      if (!headers.has("Accept")) headers.set("Accept", "text/html");
      const cookies = await jar.getCookieString(url);
      if (cookies !== "") headers.set("Cookie", cookies);
      const answer = await fetch(url, { ...init, headers, redirect: "manual" });
      for (const cookie of answer.headers.getSetCookie()) await jar.setCookie(cookie, url);
      return { status: answer.status, url, headers: answer.headers, html: await answer.text() };
    },
    open: async (url) => browser.follow(await browser.request(url)),
    post: (page, step, fields = {}) =>
      browser.request(actionUrl(page, step), {
        method: "POST",
        body: new URLSearchParams({ csrf: csrfOf(page), ...fields }),
      }),
    submit: async (page, step, fields) => browser.follow(await browser.post(page, step, fields)),
    async follow(page) {
      let current = page;
      for (let hops = 0; hops < 10 && isRedirect(current); hops++) {
        const next = locationOf(current);
        if (new URL(next).origin !== new URL(current.url).origin) return current;
        current = await browser.request(next);
      }
      return current;
    },
    clone: async () => createBrowser(await jar.clone(), always),
  };
  return browser;
}

// Where an answer leads to.
export function locationOf(page: Page): string {
  return new URL(page.headers.get("Location") ?? "", page.url).href;
}

// The token in a page's forms.
export function csrfOf(page: Page): string {
  return /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] ?? "";
}

// Where a step of the interaction on this page is posted to.
export function actionUrl(page: Page, step: string): string {
  const interaction = /^(.*\/interaction\/[^/?#]+)/.exec(page.url)?.[1];
  if (interaction === undefined) throw new Error(`no interaction at ${page.url}`);
  return `${interaction}/${step}`;
}

function isRedirect(page: Page): boolean {
  return page.status >= 300 && page.status < 400 && page.headers.has("Location");
}
