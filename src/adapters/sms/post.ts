// One POST to a provider: bounded in time and in what is read, on a connection of its own, following
// no redirect. Node's own client rather than fetch, because only it tells what matters most here:
// whether the connection stood when it failed. Until then nothing was sent; from then on it may have been.
import http from "node:http";
import https from "node:https";
import type { SendOutcome } from "../../ports/sms.ts";
import { type AnswerStatus, noAnswer } from "./status.ts";

export interface PostRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly milliseconds: number;
}

// `body` is null when it was larger than anything a provider says.
export type PostAnswer = AnswerStatus & { readonly body: string | null };

export type PostResult =
  | { readonly answered: true; readonly answer: PostAnswer }
  | { readonly answered: false; readonly outcome: SendOutcome };

// An answer to one text has some hundred bytes.
const ANSWER_BYTES_MAX = 65_536;

export function post(given: PostRequest): Promise<PostResult> {
  const secure = given.url.protocol === "https:";
  return new Promise((resolve) => {
    let connected = false;
    const end = (result: PostResult) => {
      clearTimeout(connecting);
      clearTimeout(waiting);
      resolve(result);
      // Lets go of the socket, whatever still comes through it.
      request.destroy();
    };
    const fail = (detail: string) =>
      end({ answered: false, outcome: connected ? noAnswer(detail) : notSent(detail) });

    const request = (secure ? https : http).request(given.url, {
      method: "POST",
      // A connection that was kept may break at any moment, and then nobody knows what went through it.
      agent: false,
      headers: {
        ...given.headers,
        "Content-Length": String(Buffer.byteLength(given.body)),
        Accept: "application/json",
        "User-Agent": "latchkey",
      },
    });
    request.on("socket", (socket) => {
      socket.once(secure ? "secureConnect" : "connect", () => {
        connected = true;
        clearTimeout(connecting);
      });
    });
    request.on("error", (error) =>
      fail(connected ? `connection broke: ${codeOf(error)}` : codeOf(error)),
    );
    request.on("response", (response) => {
      readBody(response).then(
        (body) => end({ answered: true, answer: { ...statusOf(response), body } }),
        (error: unknown) => fail(`connection broke: ${codeOf(error)}`),
      );
    });
    // Half of the time is enough for a connection; the other half is for the next provider.
    const connecting = setTimeout(() => fail("no connection in time"), given.milliseconds / 2);
    const waiting = setTimeout(() => fail("no answer in time"), given.milliseconds);
    request.end(given.body);
  });
}

// The object that an answer holds; null: there is none, or more than anybody would say.
export function jsonOf<T = unknown>({ body }: PostAnswer): T | null {
  try {
    const value: T | null = JSON.parse(body ?? "");
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

async function readBody(response: http.IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function statusOf(response: http.IncomingMessage): AnswerStatus {
  return {
    status: response.statusCode ?? 0,
    retryAfter: response.headers["retry-after"] ?? null,
  };
}

function notSent(detail: string): SendOutcome {
  return { outcome: "failed", because: "provider-down", detail };
}

// The code alone: a message may quote an address.
function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^[A-Z][A-Z0-9_]*$/.test(code) ? code : "no code";
}
