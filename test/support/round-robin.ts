// An HTTP load balancer of the plainest kind: each request goes to the next of several servers, with its Host
// and everything else as it came. It keeps nobody at one server: what one of them answers, all must know.
import { once } from "node:events";
import {
  createServer,
  IncomingMessage,
  request as openRequest,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream";

const RETRY_BYTES_MAX = 1024 * 1024;
// EPIPE is a reset that was noticed while writing.
const RETRIED = ["ECONNREFUSED", "ECONNRESET", "EPIPE"];

export interface RoundRobin {
  readonly port: number;
  // How many requests each of the present upstreams answered, in their order.
  served(): readonly number[];
  setUpstreams(ports: readonly number[]): void;
  close(): Promise<void>;
}

export interface RoundRobinOptions {
  // Where it listens, on 127.0.0.1.
  readonly port: number;
  readonly upstreams: readonly number[];
  // Asks the next upstream when one refuses or resets the connection before it answered anything: as real
  // load balancers do, and so an upstream that ended after it did its work makes it be done twice. Holds for
  // bodies of up to 1 MB, which are read whole first; longer ones are passed on once.
  readonly retry?: boolean;
}

export async function startRoundRobin(options: RoundRobinOptions): Promise<RoundRobin> {
  let upstreams = [...options.upstreams];
  let turn = 0;
  const served = new Map<number, number>();

  const server = createServer((incoming, outgoing) => {
    const order = upstreams.map((_, i) => upstreams[(turn + i) % upstreams.length] ?? 0);
    turn = (turn + 1) % Math.max(upstreams.length, 1);
    const onServed = (port: number) => served.set(port, (served.get(port) ?? 0) + 1);
    const candidates = options.retry ? order : order.slice(0, 1);
    // Whoever asks may be gone in the middle of asking: then there is nobody to answer.
    balance({ incoming, outgoing, candidates, onServed }).catch(() => outgoing.destroy());
  });
  server.listen(options.port, "127.0.0.1");
  await once(server, "listening");

  return {
    port: (server.address() as AddressInfo).port,
    served: () => upstreams.map((port) => served.get(port) ?? 0),
    setUpstreams(ports) {
      upstreams = [...ports];
      turn = 0;
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Balance {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  // Whom to ask, in this order, until one answers.
  readonly candidates: readonly number[];
  readonly onServed: (port: number) => void;
}

async function balance({ incoming, outgoing, candidates, onServed }: Balance): Promise<void> {
  // What the upstream did not say, the browser must not hear.
  outgoing.sendDate = false;
  const body = candidates.length > 1 ? await readBody(incoming) : { start: [], complete: false };
  for (const port of candidates) {
    const answer = await ask({ port, incoming, outgoing, body });
    if (answer instanceof IncomingMessage) {
      onServed(port);
      outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
      // An answer that breaks off must break off for the browser too: pipeline destroys both.
      pipeline(answer, outgoing, () => {});
      return;
    }
    if (outgoing.destroyed) return;
    if (!body.complete || !RETRIED.includes(answer.code ?? "")) break;
  }
  outgoing.writeHead(502).end("no upstream answered\n");
}

interface Body {
  // What was read of it so far. The rest, unless it is complete, still comes from the request.
  readonly start: readonly Buffer[];
  readonly complete: boolean;
}

async function readBody(incoming: IncomingMessage): Promise<Body> {
  const start: Buffer[] = [];
  let bytes = 0;
  // The iterator is left open: what comes after the limit is still to be streamed.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    start.push(chunk);
    bytes += chunk.length;
    if (bytes > RETRY_BYTES_MAX) return { start, complete: false };
  }
  return { start, complete: true };
}

interface Question {
  readonly port: number;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly body: Body;
}

// The upstream's answer as soon as it begins, or what went wrong before that.
function ask(question: Question): Promise<IncomingMessage | NodeJS.ErrnoException> {
  const { port, incoming, outgoing, body } = question;
  return new Promise((resolve) => {
    const upstream = openRequest({
      host: "127.0.0.1",
      port,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.rawHeaders,
      setHost: false,
      // A connection kept from before a restart would fail where a new one does not.
      agent: false,
    });
    upstream.once("response", resolve);
    upstream.on("error", resolve);
    // Whoever asked is gone.
    outgoing.once("close", () => upstream.destroy());

    for (const chunk of body.start) upstream.write(chunk);
    if (body.complete) upstream.end();
    // Not a pipeline: when the upstream fails, the request must live on to be answered.
    else incoming.pipe(upstream);
  });
}
