// A browser at an https issuer, as seen from behind a proxy that ends TLS: cookies are kept by the https address, so
// that the rules of __Host- and of Domain hold (RFC 6265bis, 4.1.3.2); the bytes go to the server's own port.
import { CookieJar } from "tough-cookie";
import { rawRequest } from "../attacks/scene.ts";
import { csrfOf, type Page } from "./browser.ts";
import type { TestServer } from "./server.ts";

export interface HttpsBrowser {
  readonly jar: CookieJar;
  request(url: string, form?: Record<string, string>): Promise<Page>;
  // Follows redirects within the issuer.
  open(url: string): Promise<Page>;
  // A form's post with the page's own csrf token.
  post(page: Page, step: string, fields?: Record<string, string>): Promise<Page>;
}

export function createHttpsBrowser(
  server: TestServer,
  issuer: string,
  jar = new CookieJar(),
): HttpsBrowser {
  const { origin, host } = new URL(issuer);
  const browser: HttpsBrowser = {
    jar,
    async request(url, form) {
      const { pathname, search } = new URL(url);
      const headers = {
        Host: host,
        Accept: "text/html",
        Cookie: await jar.getCookieString(url),
        ...(form === undefined ? {} : { "Content-Type": "application/x-www-form-urlencoded" }),
      };
      const method = form === undefined ? "GET" : "POST";
      const body = form === undefined ? "" : new URLSearchParams(form).toString();
      const answer = await rawRequest(server, { path: pathname + search, method, headers }, body);
      for (const cookie of answer.headers["set-cookie"] ?? []) await jar.setCookie(cookie, url);
      const { location } = answer.headers;
      const html = answer.body;
      return {
        status: answer.status,
        url,
        html,
        headers: new Headers(location === undefined ? {} : { Location: location }),
      };
    },
    async open(url) {
      let page = await browser.request(url);
      for (let hops = 0; hops < 10 && page.headers.has("Location"); hops++) {
        const next = new URL(page.headers.get("Location") ?? "", page.url);
        if (next.origin !== origin) return page;
        page = await browser.request(next.href);
      }
      return page;
    },
    post: (page, step, fields = {}) =>
      browser.request(`${page.url}/${step}`, { csrf: csrfOf(page), ...fields }),
  };
  return browser;
}
