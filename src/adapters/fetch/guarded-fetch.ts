// The one way in which the engine reaches addresses that applications named: every address of a host is checked before
// a connection is made, and the connection goes to the address that was checked (DNS rebinding). No redirect is
// followed; time and body are bounded.
import dns from "node:dns";
import http from "node:http";
import https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { bareHost, type PrivateFetchHosts, refuseAddress } from "../../domain/fetch-policy.ts";

export type GuardedFetch = (url: string | URL, options?: RequestInit) => Promise<Response>;

export type Resolve = (host: string) => Promise<readonly dns.LookupAddress[]>;

const MILLISECONDS_MAX = 5_000;
const BODY_BYTES_MAX = 65_536;

// Rejects with an Error whose message is a short reason without addresses or contents.
export function createGuardedFetch(
  allowed: PrivateFetchHosts,
  resolve: Resolve = (host) => dns.promises.lookup(host, { all: true }),
): GuardedFetch {
  return async (url, options = {}) => {
    const target = new URL(url);
    if (!/^https?:$/.test(target.protocol)) throw new Error("not-http");
    const bare = bareHost(target.hostname);
    // Nothing is looked up for an address.
    if (isIP(bare) !== 0) requireAllowed(target.hostname, [bare], allowed);

    const time = AbortSignal.timeout(MILLISECONDS_MAX);
    const signal = options.signal ? AbortSignal.any([options.signal, time]) : time;
    const body = options.body == null ? "" : await new Response(options.body).text();
    const request = (target.protocol === "https:" ? https : http).request(target, {
      method: options.method ?? "GET",
      headers: {
        ...Object.fromEntries(new Headers(options.headers)),
        ...(body === "" ? {} : { "content-length": String(Buffer.byteLength(body)) }),
      },
      agent: false,
      lookup: checkedLookup(target.hostname, allowed, resolve),
      signal,
    });
    try {
      return await exchange(request, body);
    } catch (error) {
      throw new Error(signal.aborted ? "no-answer-in-time" : reasonOf(error), { cause: error });
    } finally {
      request.destroy();
    }
  };
}

async function exchange(request: http.ClientRequest, body: string): Promise<Response> {
  const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once("response", resolve);
    request.on("error", reject);
    request.end(body);
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error("answer-too-large");
    chunks.push(chunk);
  }
  const status = answer.statusCode ?? 0;
  const type = answer.headers["content-type"];
  return new Response([204, 205, 304].includes(status) ? null : Buffer.concat(chunks), {
    status,
    headers: type === undefined ? {} : { "content-type": type },
  });
}

// Node connects to nothing but what this answers.
function checkedLookup(host: string, allowed: PrivateFetchHosts, resolve: Resolve): LookupFunction {
  return (name, options, callback) => {
    const found = resolve(name).then((all) => {
      requireAllowed(
        host,
        all.map(({ address }) => address),
        allowed,
      );
      return all;
    });
    found.then(
      (all) => {
        const [first] = all;
        if (options.all) callback(null, [...all]);
        else callback(null, first?.address ?? "", first?.family);
      },
      (error) => callback(error, []),
    );
  };
}

// One address that may not be is enough: whoever answers for the name chooses which one is tried.
function requireAllowed(
  host: string,
  addresses: readonly string[],
  allowed: PrivateFetchHosts,
): void {
  if (addresses.length === 0) throw new Error("host-not-found");
  for (const address of addresses) {
    const refusal = refuseAddress(host, address, allowed);
    if (refusal !== null) throw new Error(refusal);
  }
}

// Ours are reasons already; of the system's the code alone, for a message may quote an address.
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "no-answer";
  if (!("code" in error)) return /^[a-z-]+$/.test(error.message) ? error.message : "no-answer";
  return String(error.code);
}
