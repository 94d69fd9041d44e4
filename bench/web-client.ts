// A web client that costs little, so that the bench does not wait for itself: connections that are kept,
// and as many cookies as a sign-in needs.
import { Agent, request } from "node:http";

export interface Answer {
  readonly status: number;
  readonly location: string;
  readonly body: string;
}

export interface Asked {
  readonly url: string;
  readonly form?: Record<string, string>;
  readonly authorization?: string;
}

// A browser's cookies, whatever their paths: each sign-in has its own.
export type Cookies = Map<string, string>;

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

export function ask(asked: Asked, cookies: Cookies = new Map()): Promise<Answer> {
  const body = asked.form === undefined ? null : new URLSearchParams(asked.form).toString();
  const headers: Record<string, string | number> = { Accept: "text/html,application/json" };
  if (cookies.size > 0) {
    headers.Cookie = Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ");
  }
  if (asked.authorization !== undefined) headers.Authorization = asked.authorization;
  if (body !== null) {
    headers["Content-Type"] = "application/x-www-form-urlencoded";
    headers["Content-Length"] = Buffer.byteLength(body);
  }
  return new Promise((resolve, reject) => {
    const sent = request(
      asked.url,
      { agent, headers, method: body === null ? "GET" : "POST" },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => {
          text += chunk;
        });
        answer.on("error", reject);
        answer.on("end", () => {
          keepCookies(cookies, answer.headers["set-cookie"] ?? []);
          const location = answer.headers.location ?? "";
          resolve({
            status: answer.statusCode ?? 0,
            location: location === "" ? "" : new URL(location, asked.url).href,
            body: text,
          });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body ?? undefined);
  });
}

function keepCookies(cookies: Cookies, lines: readonly string[]): void {
  for (const line of lines) {
    const [pair = ""] = line.split(";");
    const name = pair.slice(0, pair.indexOf("="));
    const value = pair.slice(pair.indexOf("=") + 1);
    if (value === "") cookies.delete(name);
    else cookies.set(name, value);
  }
}
