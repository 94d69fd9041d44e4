// What an application shows of itself: addresses that act by themselves, and what a page may load.
import assert from "node:assert/strict";
import { createBrowser } from "../support/browser.ts";
import { registerRelyingParty, signIn } from "../support/relying-party.ts";
import { atSignIn, openScene, type Scene } from "./scene.ts";

const FLAGS = ["--logo-uri", "--client-uri", "--policy-uri", "--tos-uri"];

describe("attacks on what an application shows of itself", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
  });
  after(() => scene.server.close());

  const imagesOf = (headers: Headers) =>
    /img-src ([^;]*)/.exec(headers.get("Content-Security-Policy") ?? "")?.[1];

  it("refuses addresses that are not https, or would take a policy apart (INJ-11)", async () => {
    const bad = ["javascript:alert(1)", "data:text/html,x", "http://shop.example/l.png"];
    const hosts = ["https://a;script-src.example/", "https://u:p@shop.example/", "//shop.example/"];
    const redirect = ["--redirect-uri", "https://bad.example/cb"];
    const given = [
      ...bad.map((uri) => ["--logo-uri", uri]),
      ...hosts.map((uri) => ["--logo-uri", uri]),
      ...FLAGS.map((flag) => [flag, "javascript:alert(1)"]),
    ];
    for (const flags of given) {
      const adding = scene.server.latchkey(
        ...["client", "add", "--id", "bad", "--name", "Bad"],
        ...[...redirect, ...flags],
      );
      await assert.rejects(adding, /URI/, flags.join(" "));
    }
  });

  it("shows them where users sign in and consent, and loads the logo there alone (INJ-11, DCR-08)", async () => {
    const uris = ["https://cdn.example/logo.png", "https://shop.example/"];
    const shop = await registerRelyingParty(scene.server, {
      id: "shop",
      args: [
        ...["--consent", "--logo-uri", uris[0] ?? "", "--client-uri", uris[1] ?? ""],
        ...[
          "--policy-uri",
          "https://shop.example/privacy",
          "--tos-uri",
          "https://shop.example/tos",
        ],
      ],
    });
    const victim = scene.victim();
    const browser = createBrowser();
    const begun = await shop.begin();
    const asked = await browser.open(begun.url.href);
    const consent = await signIn(scene.server, browser, begun, victim);
    assert.match(consent.html, /Allow access\?/);
    for (const page of [asked, consent]) {
      assert.match(page.html, /<img [^>]*src="https:\/\/cdn\.example\/logo\.png" alt=""/);
      const links = [...page.html.matchAll(/<a href="https:\/\/shop[^>]*>/g)].map(([tag]) => tag);
      assert.equal(links.length, 3);
      for (const tag of links) assert.match(tag, /rel="noopener noreferrer"/);
      assert.equal(imagesOf(page.headers), "'self' data: https://cdn.example");
    }
    const { page: other } = await atSignIn(scene.lax);
    assert.equal(imagesOf(other.headers), "'self' data:");
    assert.doesNotMatch(other.html, /<img /);
  });

  it("gives one up that is taken away", async () => {
    const shown = await scene.server.latchkey("client", "update", "shop", "--logo-uri", "");
    assert.equal(shown.logo_uri, undefined);
    assert.equal(shown.client_uri, "https://shop.example/");
  });
});
