// Attacks by the target of a request and by its hosts, over a raw socket: the engine builds its addresses from them.
import assert from "node:assert/strict";
import { sendLines } from "../support/raw-socket.ts";
import { startServer, type TestServer } from "../support/server.ts";

const DISCOVERY = "/.well-known/openid-configuration";

for (const trustProxy of ["0", "1"]) {
  describe(`attacks by request targets and hosts, with ${trustProxy} proxies (HTTP-19)`, () => {
    let server: TestServer;
    let host: string;
    before(async () => {
      server = await startServer({ env: { TRUST_PROXY: trustProxy }, issuerPath: "/id" });
      host = new URL(server.issuer).host;
    });
    after(() => server.close());

    const get = (target: string, ...headers: string[]) =>
      sendLines(server, [`GET ${target} HTTP/1.1`, ...headers]);

    it("holds the authority of a target to the same rule as Host", async () => {
      for (const authority of [
        "evil.example",
        `${host}@evil.example`,
        `evil.example:${host.split(":")[1]}`,
        `${host}.`,
        "",
      ]) {
        for (const path of [`/id${DISCOVERY}`, "/id/session/end", "/id/auth"]) {
          for (const scheme of ["http", "HTTPS"]) {
            const target = `${scheme}://${authority}${path}`;
            const { status, text } = await get(target, `Host: ${host}`);
            assert.ok([400, 421].includes(status), `${target}: ${status}`);
            assert.ok(!text.includes("evil.example"), target);
          }
        }
      }
    });

    it("knows each address of the engine in one spelling, so that nothing goes around what guards it", async () => {
      for (const path of ["/auth", "/device", "/session/end", "/token", "/Device/Auth"]) {
        for (const other of [`${path}/`, path.toUpperCase(), path.replace(/[a-z]$/, upper)]) {
          for (const method of ["GET", "POST"]) {
            const lines = [`${method} /id${other} HTTP/1.1`, `Host: ${host}`, "Content-Length: 0"];
            assert.equal((await sendLines(server, lines)).status, 404, `${method} ${other}`);
          }
        }
      }
    });

    it("answers its own authority as if it were not there", async () => {
      const plain = await get(`/id${DISCOVERY}`, `Host: ${host}`);
      const absolute = await get(`http://${host.toUpperCase()}/id${DISCOVERY}`, `Host: ${host}`);
      assert.deepEqual([plain.status, absolute.status], [200, 200]);
      assert.equal(bodyOf(absolute.text), bodyOf(plain.text));
      assert.ok(absolute.text.includes(`"${server.issuer}/auth"`));
      const foreign = await get(`http://${host}/id${DISCOVERY}`, "Host: evil.example");
      assert.equal(foreign.status, 421);
      assert.equal((await get(`http://${host}`, `Host: ${host}`)).status, 404);
      assert.equal((await get("http://evil.example/healthz", "Host: x")).status, 200);
    });

    it("refuses more than one Host, on every path", async () => {
      for (const path of ["/healthz", `/id${DISCOVERY}`, "/id/session/end"]) {
        for (const second of ["evil.example", host]) {
          const { status } = await get(path, `Host: ${host}`, `host: ${second}`);
          assert.equal(status, 400, `${path} ${second}`);
        }
      }
    });

    it("refuses targets that are no address of a resource", async () => {
      for (const line of [
        "OPTIONS *",
        "GET *",
        `GET ${host}`,
        `CONNECT ${host}`,
        "CONNECT evil.example:443",
        "GET urn:latchkey",
        "GET http:/id/auth",
        "GET auth",
      ]) {
        const { status } = await sendLines(server, [`${line} HTTP/1.1`, `Host: ${host}`]);
        assert.ok([0, 400].includes(status), `${line}: ${status}`);
      }
    });

    it("takes a forwarded host from the outermost proxy of ours alone", async () => {
      const answers = async (...headers: string[]) =>
        (await get(`/id${DISCOVERY}`, ...headers)).status;
      const [ours, theirs] = [`Host: ${host}`, "Host: app:3000"];
      const believed = trustProxy === "1";
      assert.equal(await answers(theirs, `X-Forwarded-Host: ${host}`), believed ? 200 : 421);
      assert.equal(await answers(ours, "X-Forwarded-Host: evil.example"), believed ? 421 : 200);
      const list = `X-Forwarded-Host: ${host}, evil.example`;
      assert.equal(await answers(ours, list), believed ? 421 : 200);
      const lines = [`X-Forwarded-Host: ${host}`, "X-Forwarded-Host: evil.example"];
      assert.equal(await answers(ours, ...lines), believed ? 421 : 200);
      const appended = `X-Forwarded-Host: evil.example, ${host}`;
      assert.equal(await answers(theirs, appended), believed ? 200 : 421);
    });
  });
}

describe("another name of this machine", () => {
  let server: TestServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server.close());

  it("leads to the issuer where that is http on loopback", async () => {
    const { port } = new URL(server.issuer);
    for (const name of ["127.0.0.1", "[::1]"]) {
      const { status, text } = await sendLines(server, [
        "GET /demo?a=%2F HTTP/1.1",
        `Host: ${name}:${port}`,
      ]);
      assert.equal(status, 307, name);
      assert.match(text, new RegExp(`^location: ${server.issuer}/demo\\?a=%2F\r$`, "im"));
    }
  });

  it("leads nowhere for a post, another port or another host, and says where we are", async () => {
    const { port } = new URL(server.issuer);
    const lines = [
      ["POST / HTTP/1.1", `Host: 127.0.0.1:${port}`],
      ["GET / HTTP/1.1", "Host: 127.0.0.1:1"],
      ["GET / HTTP/1.1", `Host: 127.0.0.1:${port}@evil.example`],
      ["GET / HTTP/1.1", `Host: 127.0.0.1.evil.example:${port}`],
      ["GET http://evil.example/ HTTP/1.1", `Host: 127.0.0.1:${port}`],
    ];
    for (const each of lines) {
      const { status, text } = await sendLines(server, [...each, "Accept: text/html"]);
      assert.equal(status, 421, each.join());
      assert.ok(text.includes(`href="${server.issuer}"`), each.join());
    }
  });
});

function bodyOf(text: string): string {
  return text.slice(text.indexOf("\r\n\r\n"));
}

const upper = (letter: string) => letter.toUpperCase();
