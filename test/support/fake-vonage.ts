// A Vonage that can be told how to misbehave. One behaviour a request, then it is well again.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

export type Behaviour =
  | { readonly kind: "ok" | "hang" | "reset" | "html" | "hugeBody" | "duplicate" | "empty" }
  // Answers well, but only after so many milliseconds.
  | { readonly kind: "delay"; readonly milliseconds: number }
  // An HTTP status, with a body that is none of Vonage's.
  | { readonly kind: "status"; readonly status: number }
  // HTTP 200 with a status for each message.
  | { readonly kind: "messageStatus"; readonly statuses: readonly string[] };

// What to pass to script().
export const fakes = {
  ok: { kind: "ok" },
  hang: { kind: "hang" },
  reset: { kind: "reset" },
  html: { kind: "html" },
  empty: { kind: "empty" },
  hugeBody: { kind: "hugeBody" },
  duplicate: { kind: "duplicate" },
  delay: (milliseconds: number) => ({ kind: "delay", milliseconds }) as const,
  status: (status: number) => ({ kind: "status", status }) as const,
  messageStatus: (...statuses: string[]) => ({ kind: "messageStatus", statuses }) as const,
} satisfies Record<string, Behaviour | ((...given: never[]) => Behaviour)>;

export interface FakeVonage {
  readonly url: string;
  // The bodies of all requests, in order.
  readonly requests: Readonly<Record<string, string>>[];
  // The Authorization headers that came with them.
  readonly authorizations: string[];
  // What to do with the next requests, one each; those after them are answered well.
  script(...behaviours: Behaviour[]): void;
  // Forgets its requests and what it was told to do.
  reset(): void;
  // Sockets that are open at the moment.
  connections(): Promise<number>;
  close(): Promise<void>;
}

export async function startFakeVonage(): Promise<FakeVonage> {
  const requests: Record<string, string>[] = [];
  const authorizations: string[] = [];
  const script: Behaviour[] = [];

  const server = createServer(async (request, response) => {
    requests.push(await readBody(request));
    authorizations.push(request.headers.authorization ?? "");
    await behave(script.shift() ?? fakes.ok, requests.length, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;

  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    authorizations,
    script: (...behaviours) => void script.push(...behaviours),
    reset() {
      for (const list of [requests, authorizations, script]) list.length = 0;
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

async function behave(behaviour: Behaviour, n: number, response: ServerResponse): Promise<void> {
  switch (behaviour.kind) {
    case "ok":
      return answer(response, ["0"], n);
    case "duplicate":
      return answer(response, ["0", "0"], n);
    case "messageStatus":
      return answer(response, behaviour.statuses, n);
    case "delay":
      await delay(behaviour.milliseconds);
      return answer(response, ["0"], n);
    case "status":
      response.writeHead(behaviour.status, { "content-type": "text/plain", "retry-after": "7" });
      response.end("no");
      return;
    case "html":
      response.writeHead(200, { "content-type": "text/html" });
      response.end("<!doctype html><title>Welcome to nginx!</title>");
      return;
    case "empty":
      response.writeHead(200, { "content-type": "application/json" });
      response.end();
      return;
    case "hugeBody":
      return pour(response);
    case "reset":
      response.socket?.resetAndDestroy();
      return;
    case "hang":
      // The socket stays open until whoever asked gives up.
      return;
  }
}

function answer(response: ServerResponse, statuses: readonly string[], n: number): void {
  const messages = statuses.map((status, i) =>
    status === "0"
      ? { to: "15550100", "message-id": `fake-${n}-${i}`, status }
      : { to: "15550100", status, "error-text": "refused: 15550100" },
  );
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ "message-count": String(messages.length), messages }));
}

// Ten megabytes, as long as somebody reads.
function pour(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.on("error", () => undefined);
  const megabyte = "x".repeat(1_048_576);
  for (let i = 0; i < 10; i++) response.write(megabyte);
  response.end();
}

async function readBody(request: IncomingMessage): Promise<Record<string, string>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const parsed: unknown = JSON.parse(Buffer.concat(chunks).toString());
  const entries = Object.entries(typeof parsed === "object" && parsed !== null ? parsed : {});
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}
