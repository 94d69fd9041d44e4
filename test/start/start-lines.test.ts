// What a server says at its start and afterwards: lines of its log, and no others.
import assert from "node:assert/strict";
import { catchEngineNotices } from "../../src/oidc/engine-notices.ts";
import { basicOf, postForm } from "../attacks/scene.ts";
import { createBrowser } from "../support/browser.ts";
import { registerRelyingParty, signIn } from "../support/relying-party.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";

const PRODUCTION = {
  NODE_ENV: "production",
  SECRET: "0123456789abcdefghijklmnopqrstuvwxyzABCDEF",
  SMS_PROVIDERS: "webhook",
  SMS_WEBHOOK_URL: "https://sms.example/send",
  SMS_WEBHOOK_SECRET: "0123456789abcdefghijklmnopqrstuvwxyzABCDEF",
};

describe("what a server says", () => {
  async function said(env: Record<string, string>, act: (server: TestServer) => Promise<void>) {
    const server = await startServer({ env });
    try {
      await act(server);
      await until(() => server.output().includes('"event":"ready"'));
      return server.output().split("\n").filter(Boolean);
    } finally {
      await server.close();
    }
  }

  const warned = async (env: Record<string, string>) =>
    (await said(env, async () => {})).filter((line) => line.includes('"sms-countries-missing"'));

  it("warns at the start where nobody can be texted, in one line", async () => {
    const [line = "", ...more] = await warned(PRODUCTION);
    assert.deepEqual(more, []);
    assert.match(line, /^\{"level":"warn",.*SMS_COUNTRIES/);
  });

  it("does not where a country may be, or where texts cost nothing", async () => {
    assert.deepEqual(await warned({ ...PRODUCTION, SMS_COUNTRIES: "US" }), []);
    assert.deepEqual(await warned({}), []);
  });

  it("prints nothing but its log once it is ready, whatever the engine is asked", async () => {
    const lines = await said({ SMS_COUNTRIES: "US" }, async (server) => {
      const party = await registerRelyingParty(server, { id: "shop" });
      const { password } = await server.latchkey("user", "add", "--username", "alice");
      const begun = await party.begin();
      const user = { username: "alice", password, phone: "" };
      const page = await signIn(server, createBrowser(), begun, user);
      const { access_token: token } = await party.finish(begun, page);
      const asked = { token };
      await postForm(`${server.issuer}/token/introspection`, asked, basicOf(party));
      await postForm(`${server.issuer}/token/revocation`, asked, basicOf(party));
      const parameters = Object.fromEntries(begun.url.searchParams);
      await postForm(`${server.issuer}/request`, parameters, basicOf(party));
      const origin = { Origin: "https://shop.example" };
      await postForm(
        `${server.issuer}/token`,
        { grant_type: "x" },
        { ...basicOf(party), ...origin },
      );
      for (const path of ["/auth", "/session/end", "/session/end/success", "/me"]) {
        await fetch(`${server.issuer}${path}`, { redirect: "manual" });
      }
    });
    const ready = lines.findIndex((line) => line.includes('"event":"ready"'));
    for (const line of lines.slice(ready)) assert.match(line, /^\{"level":/);
    assert.ok(ready > 0);
  });

  it("hands on the engine's own lines, and leaves others alone", () => {
    const [logged, printed]: [unknown[], unknown[]] = [[], []];
    const { info, warn } = console;
    console.info = (...args) => printed.push(args);
    console.warn = (...args) => printed.push(args);
    const stop = catchEngineNotices((...handedOn) => logged.push(handedOn));
    try {
      console.info("oidc-provider NOTICE: a default was called.");
      console.warn("\x1b[31;1moidc-provider WARNING: it is red\x1b[0m");
      console.info("another", 1);
      console.warn("not oidc-provider WARNING: this");
    } finally {
      stop();
      console.info("back");
      Object.assign(console, { info, warn });
    }
    assert.deepEqual(logged, [
      ["info", "a default was called."],
      ["warn", "it is red"],
    ]);
    assert.deepEqual(printed, [["another", 1], ["not oidc-provider WARNING: this"], ["back"]]);
  });
});
