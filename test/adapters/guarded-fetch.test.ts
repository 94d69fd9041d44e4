// What the engine may reach when an application named the address (DCR-09).
import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import { createGuardedFetch } from "../../src/adapters/fetch/guarded-fetch.ts";

describe("the guarded fetch", () => {
  let server: Server;
  let connections = 0;
  let answer: RequestListener = (_request, response) => response.end("hello");
  let port = 0;

  before(async () => {
    server = createServer((request, response) => answer(request, response));
    server.on("connection", () => connections++);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    port = typeof address === "object" && address ? address.port : 0;
  });
  beforeEach(() => {
    connections = 0;
    answer = (_request, response) => response.end("hello");
  });
  after(() => server.close());

  const resolvingTo =
    (...addresses: string[]) =>
    async () =>
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));

  it("connects to no private address, however it is written (DCR-09)", async () => {
    const guarded = createGuardedFetch([]);
    const hosts = ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"];
    for (const host of hosts) {
      await assert.rejects(guarded(`http://${host}:${port}/`), /^Error: private-address$/, host);
    }
    await assert.rejects(guarded(`http://0.0.0.0:${port}/`), /special-use-address/);
    assert.equal(connections, 0);
  });

  it("connects to none that a public name resolves to, alone or among public ones (DCR-09)", async () => {
    for (const addresses of [["127.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:7f00:1"]]) {
      const guarded = createGuardedFetch([], resolvingTo(...addresses));
      await assert.rejects(guarded(`http://rebind.example:${port}/`), /private-address/);
    }
    assert.equal(connections, 0);
  });

  it("resolves a name once, and connects to the address that was checked (DCR-09)", async () => {
    let lookups = 0;
    const guarded = createGuardedFetch(["rebind.example"], async () => {
      lookups += 1;
      return [{ address: lookups === 1 ? "127.0.0.1" : "127.0.0.99", family: 4 }];
    });
    const response = await guarded(`http://rebind.example:${port}/`);
    assert.equal(await response.text(), "hello");
    assert.deepEqual([lookups, connections], [1, 1]);
  });

  it("posts a form, and follows no redirect", async () => {
    let received = "";
    answer = (request, response) => {
      request.on("data", (data: Buffer) => {
        received += `${request.method} ${request.headers["content-type"]} ${data}`;
      });
      request.on("end", () => response.writeHead(302, { location: "/other" }).end());
    };
    const body = new URLSearchParams({ logout_token: "a b" });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const guarded = createGuardedFetch("all");
    const response = await guarded(`http://localhost:${port}/`, { method: "POST", headers, body });
    assert.equal(response.status, 302);
    assert.equal(received, "POST application/x-www-form-urlencoded logout_token=a+b");
    assert.equal(connections, 1);
  });

  it("reads no more than 64 KiB, and waits no longer than its signal (DCR-03)", async () => {
    const guarded = createGuardedFetch("all");
    const url = `http://localhost:${port}/`;
    answer = (_request, response) => response.end("x".repeat(65_536));
    assert.equal((await (await guarded(url)).text()).length, 65_536);
    answer = (_request, response) => response.end("x".repeat(65_537));
    await assert.rejects(guarded(url), /answer-too-large/);
    answer = (_request, response) => response.writeHead(200).write("x");
    const signal = AbortSignal.timeout(50);
    await assert.rejects(guarded(url, { signal }), /no-answer-in-time/);
  });

  it("says what went wrong without an address", async () => {
    const guarded = createGuardedFetch("all");
    await assert.rejects(guarded("http://127.0.0.1:1/"), /^Error: ECONNREFUSED$/);
    await assert.rejects(guarded("ftp://127.0.0.1/"), /not-http/);
    const nowhere = createGuardedFetch([], async () => {
      throw Object.assign(new Error("getaddrinfo ENOTFOUND a.example"), { code: "ENOTFOUND" });
    });
    await assert.rejects(nowhere("https://a.example/"), /^Error: ENOTFOUND$/);
  });
});
