// An HTTP server that plays a provider of texts and can be told how to misbehave: one behaviour a
// request, then it is well again. What a good answer is, each provider's fake says itself.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

export type Behaviour =
  | { readonly kind: "ok" | "hang" | "reset" | "resetBody" | "html" | "hugeBody" | "notJson" }
  // Answers well, but only after so many milliseconds.
  | { readonly kind: "delay"; readonly milliseconds: number }
  // Answers well, with so many bytes: spaces make up for what is missing.
  | { readonly kind: "padded"; readonly bytes: number }
  // Answers exactly this.
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

// What to pass to script().
export const fakes = {
  ok: { kind: "ok" },
  hang: { kind: "hang" },
  // Reads the request, then breaks the connection.
  reset: { kind: "reset" },
  // Breaks the connection in the middle of its answer.
  resetBody: { kind: "resetBody" },
  html: { kind: "html" },
  hugeBody: { kind: "hugeBody" },
  notJson: { kind: "notJson" },
  delay: (milliseconds: number) => ({ kind: "delay", milliseconds }) as const,
  padded: (bytes: number) => ({ kind: "padded", bytes }) as const,
  status: (status: number, headers: Readonly<Record<string, string>> = {}) =>
    ({ kind: "answer", status, headers }) as const,
  json: (status: number, body: object, headers: Readonly<Record<string, string>> = {}) =>
    ({ kind: "answer", status, body: JSON.stringify(body), headers }) as const,
} satisfies Record<string, Behaviour | ((...given: never[]) => Behaviour)>;

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface FakeProvider {
  readonly url: string;
  // All requests, in order.
  readonly requests: ReceivedRequest[];
  // What to do with the next requests, one each; those after them are answered well.
  script(...behaviours: Behaviour[]): void;
  // Forgets its requests and what it was told to do.
  reset(): void;
  // Sockets that are open at the moment.
  connections(): Promise<number>;
  close(): Promise<void>;
}

// `answerWell` answers the n-th request as the provider does when all is well.
export async function startFakeProvider(
  answerWell: (n: number) => { readonly status: number; readonly body: object },
): Promise<FakeProvider> {
  const requests: ReceivedRequest[] = [];
  const script: Behaviour[] = [];
  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    const { method = "", url: path = "", headers } = request;
    requests.push({ method, path, headers, body });
    const n = requests.length;
    await behave(script.shift() ?? fakes.ok, response, (bytes = 0) => {
      const { status, body } = answerWell(n);
      reply(response, status, JSON.stringify(body).padEnd(bytes));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    script: (...behaviours) => void script.push(...behaviours),
    reset() {
      for (const list of [requests, script]) list.length = 0;
    },
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function behave(
  behaviour: Behaviour,
  response: ServerResponse,
  answerWell: (bytes?: number) => void,
): Promise<void> {
  switch (behaviour.kind) {
    case "ok":
      return answerWell();
    case "delay":
      await delay(behaviour.milliseconds);
      return answerWell();
    case "padded":
      return answerWell(behaviour.bytes);
    case "answer":
      return reply(response, behaviour.status, behaviour.body ?? "", behaviour.headers);
    case "html":
      return reply(response, 200, "<!doctype html><title>Welcome to nginx!</title>", {
        "content-type": "text/html",
      });
    case "notJson":
      return reply(response, 200, '{"id": ');
    case "hugeBody":
      return pour(response);
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "resetBody":
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
      response.write("{");
      response.socket?.end(() => response.socket?.resetAndDestroy());
      return;
    case "hang":
      // The socket stays open until whoever asked gives up.
      return;
  }
}

function reply(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(body);
}

// Ten megabytes, as long as somebody reads.
function pour(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.on("error", () => undefined);
  const megabyte = "x".repeat(1_048_576);
  for (let i = 0; i < 10; i++) response.write(megabyte);
  response.end();
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
