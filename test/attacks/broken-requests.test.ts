// Attacks by requests that end in the middle: nobody may fill the log with errors, nor hide one among them.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { startServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const FORM = "Content-Type: application/x-www-form-urlencoded";

describe("attacks by requests that end in the middle (HTTP-21)", () => {
  let server: TestServer;
  before(async () => {
    server = await startServer({
      env: {
        LOG_LEVEL: "debug",
        SMS_PROVIDERS: "webhook",
        SMS_COUNTRIES: "US",
        SMS_WEBHOOK_URL: "http://localhost:1/",
        SMS_WEBHOOK_SECRET: "0123456789abcdefghijklmnopqrstuvwxyz",
      },
    });
  });
  after(() => server.close());

  // Sends so much and hangs up: with a FIN, or with a reset.
  const hangUp = (text: string, how: "end" | "resetAndDestroy") =>
    new Promise<void>((resolve) => {
      const socket = connect(Number(server.env.PORT), "127.0.0.1");
      socket.on("error", () => {});
      socket.on("close", () => resolve());
      socket.resume();
      socket.write(text, () => socket[how]());
    });

  const lines = (event: string) =>
    server
      .output()
      .split("\n")
      .filter((line) => line.includes(`"event":"${event}"`));

  it("tells each in one short line at debug, whatever the address", async () => {
    const { host } = new URL(server.issuer);
    const paths = [
      ...["/token", "/request", "/me", "/auth", "/session/end", "/session/end/confirm"],
      ...["/token/revocation", "/token/introspection", "/recovery", "/interaction/x/login"],
      ...["/sms/receipts/webhook", "/account/phone", "/nothing"],
    ];
    for (const path of paths) {
      const head = [`POST ${path} HTTP/1.1`, `Host: ${host}`, FORM, "Content-Length: 100"];
      await hangUp(`${head.join("\r\n")}\r\n\r\nlogin=`, "end");
      await hangUp(`${head.join("\r\n")}\r\n\r\nlogin=`, "resetAndDestroy");
    }
    const chunked = [`POST /token HTTP/1.1`, `Host: ${host}`, FORM, "Transfer-Encoding: chunked"];
    await hangUp(`${chunked.join("\r\n")}\r\n\r\nzz\r\n`, "end");
    await until(async () => lines("connection-broken").length >= paths.length);
    assert.deepEqual(
      server
        .output()
        .split("\n")
        .filter((line) => /"level":"(error|warn)"/.test(line)),
      [],
    );
    for (const line of lines("connection-broken")) assert.ok(line.length < 200, line);
  });

  it("goes on serving", async () => {
    assert.equal((await fetch(`${server.issuer}/readyz`)).status, 200);
  });
});
