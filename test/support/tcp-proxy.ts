// A TCP proxy between the product and its database that fails in the ways a network does. Each call sets
// the one mode it is in; what was promised before (a cut that has not happened yet) is forgotten.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  readonly port: number;
  // How many connections from the product are open.
  readonly connections: () => number;
  // The ordinary mode, also "back again": what a black hole held back arrives now.
  forward(): void;
  // Resets all connections, and new ones as soon as they come.
  cut(): void;
  // Existing and new connections stay open; nothing passes in either direction.
  blackHole(): void;
  // Whatever comes from the server arrives so much later, in order.
  delay(ms: number): void;
  // The next chunk from the product that matches (read as latin1) is passed on, but once the server answers,
  // the answer is dropped and the connection reset: the server did it, and the product cannot know.
  // Happens `count` times (1), resolves after the last, and then forwards again.
  cutAfter(pattern: string | RegExp, options?: { count?: number }): Promise<void>;
  close(): Promise<void>;
}

interface CutAfter {
  readonly kind: "cut-after";
  // True for as many matching requests as there are cuts to make.
  claim(request: string): boolean;
  onCut(): void;
}

type Mode =
  | { readonly kind: "forward" | "cut" | "black-hole" }
  | { readonly kind: "delay"; readonly ms: number }
  | CutAfter;

interface Link {
  isOpen(): boolean;
  // Lets through what waits, as far as the mode allows.
  flush(): void;
  reset(): void;
}

export async function startTcpProxy(target: { port: number; host?: string }): Promise<TcpProxy> {
  let mode: Mode = { kind: "forward" };
  const links = new Set<Link>();
  const set = (next: Mode) => {
    mode = next;
    for (const link of links) {
      if (next.kind === "cut") link.reset();
      else link.flush();
    }
  };

  const options = { allowHalfOpen: true, noDelay: true };
  const server = createServer(options, (client) => {
    const upstream = connect({ host: "127.0.0.1", ...target, ...options });
    const link = joinSockets({ client, upstream, mode: () => mode });
    links.add(link);
    // The last to close: in a black hole the server has yet to hear that the product is gone.
    upstream.once("close", () => links.delete(link));
    if (mode.kind === "cut") link.reset();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    port: (server.address() as AddressInfo).port,
    connections: () => [...links].filter((link) => link.isOpen()).length,
    forward: () => set({ kind: "forward" }),
    cut: () => set({ kind: "cut" }),
    blackHole: () => set({ kind: "black-hole" }),
    delay: (ms) => set({ kind: "delay", ms }),
    async cutAfter(pattern, { count = 1 } = {}) {
      await new Promise<void>((resolve) => set(armCut(pattern, count, resolve)));
      set({ kind: "forward" });
    },
    async close() {
      set({ kind: "cut" });
      server.close();
      await once(server, "close");
    },
  };
}

function armCut(pattern: string | RegExp, count: number, onLast: () => void): CutAfter {
  let claimed = 0;
  let done = 0;
  return {
    kind: "cut-after",
    claim(request) {
      const claims = claimed < count && matchesPattern(request, pattern);
      if (claims) claimed += 1;
      return claims;
    },
    onCut() {
      done += 1;
      if (done === count) onLast();
    },
  };
}

// `search` and not `test`: the place where a global expression stopped last time must not matter.
function matchesPattern(text: string, pattern: string | RegExp): boolean {
  return typeof pattern === "string" ? text.includes(pattern) : text.search(pattern) >= 0;
}

interface Ends {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly mode: () => Mode;
}

function joinSockets({ client, upstream, mode }: Ends): Link {
  // Set once a request has gone through whose answer must not.
  let claimedBy: CutAfter | null = null;
  const isBlocked = () => mode().kind === "black-hole";
  const reset = () => {
    // To the product it is a broken connection, never one that ended in good order.
    client.resetAndDestroy();
    upstream.destroy();
  };

  const flushRequests = pipeThrough({
    from: client,
    to: upstream,
    isBlocked,
    delayMs: () => 0,
    reset,
    admit(item) {
      const now = mode();
      if (now.kind !== "cut-after" || typeof item === "string") return true;
      if (now.claim(item.toString("latin1"))) claimedBy = now;
      return true;
    },
  });
  const flushAnswers = pipeThrough({
    from: upstream,
    to: client,
    isBlocked,
    delayMs() {
      const now = mode();
      return now.kind === "delay" ? now.ms : 0;
    },
    reset,
    admit() {
      if (claimedBy === null || claimedBy !== mode()) return true;
      reset();
      claimedBy.onCut();
      claimedBy = null;
      return false;
    },
  });
  return {
    isOpen: () => !client.destroyed,
    flush() {
      flushRequests();
      flushAnswers();
    },
    reset,
  };
}

type Item = Buffer | "end" | "reset";

interface Pipe {
  readonly from: Socket;
  readonly to: Socket;
  readonly isBlocked: () => boolean;
  readonly delayMs: () => number;
  readonly reset: () => void;
  // Whether this may go through.
  readonly admit: (item: Item) => boolean;
}

// Moves what comes from one socket to the other, ends included, through a queue that may have to wait.
// Returns what looks at the queue again.
function pipeThrough(pipe: Pipe): () => void {
  const waiting: { item: Item; at: number }[] = [];
  let timer: NodeJS.Timeout | undefined;

  const flush = () => {
    clearTimeout(timer);
    for (let next = waiting[0]; next !== undefined && !pipe.isBlocked(); next = waiting[0]) {
      const dueInMs = next.at + pipe.delayMs() - performance.now();
      if (pipe.delayMs() > 0 && dueInMs > 0) {
        // Rounded up, or the last fraction of a millisecond would be spent in circles.
        timer = setTimeout(flush, Math.ceil(dueInMs));
        return;
      }
      waiting.shift();
      if (pipe.admit(next.item)) pass(pipe, next.item);
    }
  };
  const add = (item: Item) => {
    waiting.push({ item, at: performance.now() });
    flush();
  };

  pipe.from.on("data", add);
  pipe.from.on("end", () => add("end"));
  // What went wrong shows in "close"; without a listener it would end the tests.
  pipe.from.on("error", () => {});
  pipe.from.on("close", (hadError) => {
    if (hadError) add("reset");
  });
  return flush;
}

function pass({ to, reset }: Pipe, item: Item): void {
  if (item === "reset") reset();
  else if (to.destroyed) return;
  else if (item === "end") to.end();
  else to.write(item);
}
