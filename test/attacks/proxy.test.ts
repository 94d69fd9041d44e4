// Attacks by the ways in which one address can be written: each is counted as the same one.
import assert from "node:assert/strict";
import { createBrowser } from "../support/browser.ts";
import { startServer, type TestServer } from "../support/server.ts";

// In production, where no address is a developer's own.
const PRODUCTION = {
  NODE_ENV: "production",
  TRUST_PROXY: "1",
  SECRET: "0123456789abcdefghijklmnopqrstuvwxyzABCDEF",
  SMS_PROVIDERS: "webhook",
  SMS_WEBHOOK_URL: "https://sms.example/send",
  SMS_WEBHOOK_SECRET: "0123456789abcdefghijklmnopqrstuvwxyzABCDEF",
  SMTP_URL: "smtp://localhost:1",
  MAIL_FROM: "latchkey@example.com",
};

describe("attacks by X-Forwarded-For (HTTP-18)", () => {
  let server: TestServer;
  before(async () => {
    server = await startServer({
      env: PRODUCTION,
      limits: { recoveryRequestsPerAddressPerHour: 1 },
    });
  });
  after(() => server.close());

  // The status of asking for a link, from an address as the proxy writes it.
  const ask = async (forwarded: string | null) => {
    const headers = forwarded === null ? {} : { "X-Forwarded-For": forwarded };
    const browser = createBrowser(undefined, headers);
    const page = await browser.open(`${server.issuer}/recovery`);
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] ?? "";
    const body = new URLSearchParams({ csrf, login: "nobody" });
    return (await browser.request(`${server.issuer}/recovery`, { method: "POST", body })).status;
  };

  it("counts every form of one address as that address", async () => {
    const families = [
      [
        "198.51.100.7",
        "198.51.100.7:4711",
        "198.51.100.7:4712",
        "::ffff:198.51.100.7",
        "::FFFF:C633:6407",
        "[::ffff:198.51.100.7]:99",
        "0:0:0:0:0:ffff:198.51.100.7",
        "evil, 198.51.100.7:1",
      ],
      [
        "2001:db8:1:2::3",
        "[2001:db8:1:2::3]:4711",
        "[2001:db8:1:2::3]",
        "2001:DB8:1:2::3",
        "2001:0db8:0001:0002:0000:0000:0000:0003",
        "2001:db8:1:2::3%eth0",
        "[2001:db8:1:2::3%25eth0]:4712",
      ],
    ];
    for (const [first = "", ...others] of families) {
      assert.notEqual(await ask(first), 429, first);
      for (const form of others) assert.equal(await ask(form), 429, form);
    }
    assert.notEqual(await ask("192.0.2.200"), 429);
  });

  it("counts what is no address as the proxy's own", async () => {
    assert.notEqual(await ask("unknown"), 429);
    for (const form of ["rubbish-1", "_hidden", "0x7f.0.0.1", "1.2.3", "127.evil", "1.2.3.4.5"]) {
      assert.equal(await ask(form), 429, form);
    }
    assert.equal(await ask(null), 429);
  });
});
