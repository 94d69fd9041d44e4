import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";

// Long enough for loopback to have delivered what it was going to.
const QUIET_MS = 100;

describe("the TCP proxy", () => {
  let received: string;
  let echo: Server;
  let proxy: TcpProxy;
  let clients: Socket[];

  beforeEach(async () => {
    received = "";
    clients = [];
    echo = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (data) => {
        received += data.toString();
        socket.write(data);
      });
    });
    echo.listen(0, "127.0.0.1");
    await once(echo, "listening");
    proxy = await startTcpProxy({ port: (echo.address() as AddressInfo).port });
  });
  afterEach(async () => {
    for (const client of clients) client.destroy();
    await proxy.close();
    echo.close();
  });

  function dial(): Socket {
    const client = connect(proxy.port, "127.0.0.1");
    clients.push(client);
    client.on("error", () => {});
    return client;
  }

  async function open(): Promise<Socket> {
    const client = dial();
    await once(client, "connect");
    return client;
  }

  async function ask(client: Socket, question: string): Promise<string> {
    client.write(question);
    const [answer] = await once(client, "data");
    return answer.toString();
  }

  // Whether it was broken off. `once` would throw at what is expected here.
  function closed(client: Socket): Promise<boolean> {
    return new Promise((resolve) => client.once("close", resolve));
  }

  async function hearsNothing(client: Socket): Promise<void> {
    let heard = "";
    const noticed = (event: string) => () => {
      heard += event;
    };
    client.on("data", noticed("data")).on("close", noticed("close"));
    await delay(QUIET_MS);
    assert.equal(heard, "");
  }

  async function until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await turn();
  }

  it("forwards in both directions and counts what is open", async () => {
    const [one, two] = [await open(), await open()];
    assert.equal(await ask(one, "a"), "a");
    assert.equal(await ask(two, "b"), "b");
    assert.equal(proxy.connections(), 2);

    one.end();
    await once(one, "close");
    await until(() => proxy.connections() === 1);
    assert.equal(await ask(two, "c"), "c");
  });

  it("passes on more than fits in one chunk, unchanged", async () => {
    const client = await open();
    const sent = Buffer.alloc(4_000_000, "0123456789");
    const back: Buffer[] = [];
    client.on("data", (data) => back.push(data));
    client.end(sent);
    await once(client, "close");
    assert.ok(Buffer.concat(back).equals(sent));
  });

  it("resets connections when the server refuses them", async () => {
    echo.close();
    assert.equal(await closed(dial()), true);
    assert.equal(proxy.connections(), 0);
  });

  it("cuts what is open and what comes, and is back again", async () => {
    const before = await open();
    await ask(before, "a");
    const broken = closed(before);
    proxy.cut();
    assert.equal(await broken, true, "a cut is a reset, not an end");

    const during = dial();
    const refused = closed(during);
    during.write("b");
    assert.equal(await refused, true);
    assert.equal(received, "a");

    proxy.forward();
    assert.equal(await ask(await open(), "c"), "c");
  });

  it("lets nothing through a black hole, and delivers what it held once that is over", async () => {
    const old = await open();
    await ask(old, "a");
    proxy.blackHole();
    const young = await open();
    old.write("b");
    young.write("c");
    await Promise.all([hearsNothing(old), hearsNothing(young)]);
    assert.equal(received, "a");
    assert.equal(proxy.connections(), 2);

    const answers = Promise.all([once(old, "data"), once(young, "data")]);
    proxy.forward();
    assert.deepEqual((await answers).map(String), ["b", "c"]);
  });

  it("does not tell the server in a black hole that the other end is gone", async () => {
    const [[upstream], client] = await Promise.all([once(echo, "connection"), open()]);
    let gone = false;
    upstream.once("close", () => {
      gone = true;
    });
    await ask(client, "a");
    proxy.blackHole();
    client.resetAndDestroy();
    await delay(QUIET_MS);
    assert.equal(gone, false);

    proxy.forward();
    await until(() => gone);
  });

  it("delays every answer by so much and keeps their order", async () => {
    const client = await open();
    await ask(client, "a");
    proxy.delay(80);
    let answers = "";
    client.on("data", (data) => {
      answers += data.toString();
    });
    const began = performance.now();
    for (const word of ["1", "2", "3"]) {
      client.write(word);
      await until(() => received.endsWith(word));
    }
    await until(() => answers.length === 3);
    assert.equal(answers, "123");
    assert.ok(performance.now() - began >= 80, "the answers came early");
  });

  it("delivers at once what a delay held, when it is back to forwarding", async () => {
    const client = await open();
    proxy.delay(60_000);
    client.write("a");
    await until(() => received === "a");
    const answer = once(client, "data");
    proxy.forward();
    assert.equal(String(await answer), "a");
  });

  it("cuts after the request that matches was carried out, and only that connection", async () => {
    const [victim, bystander] = [await open(), await open()];
    const happened = proxy.cutAfter("insert");
    assert.equal(await ask(victim, "find"), "find");

    let answered = false;
    victim.on("data", () => {
      answered = true;
    });
    const broken = closed(victim);
    victim.write("insert x");
    await happened;
    assert.equal(await broken, true);
    assert.equal(received, "findinsert x", "the server must have carried it out");
    assert.equal(answered, false, "the answer must not arrive");

    assert.equal(await ask(bystander, "insert y"), "insert y");
  });

  it("cuts as often as it was told, even when all come at once", async () => {
    const racers = await Promise.all(Array.from({ length: 5 }, open));
    // A global expression remembers where it stopped; that must not make it miss one.
    const happened = proxy.cutAfter(/ins(ert)/g, { count: 3 });
    const outcomes = racers.map((racer) =>
      Promise.race([
        new Promise((resolve) => racer.once("data", () => resolve("answered"))),
        closed(racer).then(() => "cut"),
      ]),
    );
    for (const racer of racers) racer.write("insert");
    await happened;
    assert.deepEqual((await Promise.all(outcomes)).toSorted(), [
      ...["answered", "answered"],
      ...["cut", "cut", "cut"],
    ]);
  });

  it("forgets a cut that has not happened when it is told something else", async () => {
    const client = await open();
    proxy.cutAfter("insert");
    proxy.forward();
    assert.equal(await ask(client, "insert"), "insert");
  });
});
