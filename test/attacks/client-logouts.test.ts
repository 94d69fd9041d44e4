// Attacks on logout by the back channel, and applications that do not answer: nobody else waits for them.
import assert from "node:assert/strict";
import { createServer, type Server, type ServerResponse } from "node:http";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { type Browser, createBrowser } from "../support/browser.ts";
import { type RelyingParty, registerRelyingParty, signIn } from "../support/relying-party.ts";
import { until } from "../support/until.ts";
import { openScene, type Scene } from "./scene.ts";

describe("attacks on back-channel logout", () => {
  let scene: Scene;
  let listener: Server;
  let port = 0;
  const received = new Map<string, string[]>();
  const answers = new Map<string, (response: ServerResponse) => void>();

  before(async () => {
    listener = createServer((request, response) => {
      const at = request.url ?? "";
      let body = "";
      request.on("data", (data: Buffer) => {
        body += data.toString();
      });
      request.on("end", () => {
        received.set(at, [...(received.get(at) ?? []), body]);
        const answer = answers.get(at) ?? ((to: ServerResponse) => to.writeHead(200).end());
        answer(response);
      });
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const address = listener.address();
    port = typeof address === "object" && address ? address.port : 0;
    scene = await openScene({
      env: { PRIVATE_FETCH_HOSTS: "localhost" },
      limits: { backchannelLogoutRetrySeconds: [1, 1, 1] },
    });
  });
  after(async () => {
    await scene.server.close();
    listener.closeAllConnections();
    listener.close();
  });

  const party = (id: string, to = `http://localhost:${port}/${id}`) =>
    registerRelyingParty(scene.server, { id, args: ["--backchannel-logout-uri", to] });
  const tokenOf = (at: string, i = 0) =>
    new URLSearchParams(received.get(at)?.[i]).get("logout_token") ?? "";
  const logged = () =>
    scene.server
      .output()
      .split("\n")
      .filter((line) => line.includes('"backchannel-logout'))
      .map((line) => JSON.parse(line));

  async function signInAt(parties: readonly RelyingParty[], browser: Browser) {
    const victim = scene.victim();
    let hint = "";
    for (const each of parties) {
      const begun = await each.begin();
      let page = await browser.open(begun.url.href);
      if (page.html.includes('name="password"')) {
        page = await signIn(scene.server, browser, begun, victim);
      }
      hint = (await each.finish(begun, page)).id_token ?? hint;
    }
    return { victim, hint };
  }

  async function signOut(browser: Browser, hint: string): Promise<number> {
    const query = new URLSearchParams({ id_token_hint: hint });
    const page = await browser.open(`${scene.server.issuer}/session/end?${query}`);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.html)?.[1] ?? "";
    const answer = await browser.request(`${scene.server.issuer}/session/end/confirm`, {
      method: "POST",
      body: new URLSearchParams({ xsrf, logout: "yes" }),
    });
    return answer.status;
  }

  it("tells the others, and lets the user go, while one application hangs and one is down (SES-17)", async () => {
    const hanging: ServerResponse[] = [];
    answers.set("/hangs", (response) => hanging.push(response));
    const parties = [
      await party("hangs"),
      await party("down", "http://localhost:1/down"),
      await party("well"),
    ];
    const browser = createBrowser();
    const { victim, hint } = await signInAt(parties, browser);
    assert.equal(await signOut(browser, hint), 303);
    // The user is through before any application was even asked for its answer.
    await until(() => received.has("/well"));
    assert.ok(hanging.every((response) => !response.writableEnded));
    const token = tokenOf("/well");
    const claims = decodeJwt(token);
    assert.equal(decodeProtectedHeader(token).typ, "logout+jwt");
    assert.deepEqual(claims.events, { "http://schemas.openid.net/event/backchannel-logout": {} });
    assert.deepEqual([claims.aud, claims.sub], ["well", victim.id]);
    assert.equal(typeof claims.sid, "string");
    assert.equal("nonce" in claims, false);
    assert.ok(Number(claims.exp) - Number(claims.iat) <= 120);
  });

  it("tries again with a new token until it is taken (SES-21)", async () => {
    let asked = 0;
    answers.set("/later", (response) => response.writeHead(++asked < 3 ? 500 : 200).end());
    const browser = createBrowser();
    const { hint } = await signInAt([await party("later")], browser);
    await signOut(browser, hint);
    await until(() => asked === 3);
    const ids = [0, 1, 2].map((i) => decodeJwt(tokenOf("/later", i)).jti);
    assert.equal(new Set(ids).size, 3);
    const lines = () => logged().filter(({ clientId }) => clientId === "later");
    await until(() => lines().length === 3);
    assert.deepEqual(
      lines().map(({ event, because, url, attempts }) => [
        event,
        because,
        new URL(url).pathname,
        attempts,
      ]),
      [
        ["backchannel-logout-failed", "status-500", "/later", 1],
        ["backchannel-logout-failed", "status-500", "/later", 2],
        ["backchannel-logout-told", undefined, "/later", 3],
      ],
    );
  });

  it("gives up after the fourth try, and the log says who, where and why (SES-21)", async () => {
    await until(() => logged().some(({ clientId, givenUp }) => clientId === "down" && givenUp));
    const last = logged().findLast(({ clientId }) => clientId === "down");
    assert.deepEqual(
      [last?.because, last?.url, last?.attempts],
      ["ECONNREFUSED", "http://localhost:1/down", 4],
    );
    const { items } = await scene.server.latchkey("audit", "list", "--action", "logout-given-up");
    assert.ok(items.some((each: { target: string }) => each.target === "client:down"));
  });

  it("tells nobody at a private address that is not listed, whatever a name resolves to (DCR-09)", async () => {
    const browser = createBrowser();
    const { hint } = await signInAt([await party("inside")], browser);
    await scene.server.kill();
    await scene.server.restart({ PRIVATE_FETCH_HOSTS: "other.example" });
    await signOut(browser, hint);
    await until(() => logged().some(({ clientId }) => clientId === "inside"));
    assert.equal(
      logged().findLast(({ clientId }) => clientId === "inside")?.because,
      "private-address",
    );
    assert.equal(received.has("/inside"), false);
  });

  it("is not registered where it could never be reached (DCR-09)", async () => {
    for (const uri of [
      "https://10.0.0.1/out",
      "https://localhost/out",
      "https://169.254.169.254/",
    ]) {
      await assert.rejects(party("never", uri), /PRIVATE_FETCH_HOSTS|never connected to/);
    }
  });
});
