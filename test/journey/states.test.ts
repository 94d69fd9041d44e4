// What every answer of a page has, whichever state the routes draw it in.
import assert from "node:assert/strict";
import path from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { createAssets } from "../../src/http/assets.ts";
import { afterPassword, type Scene } from "../attacks/scene.ts";
import { createBrowser } from "../support/browser.ts";
import { type State, walkStates } from "../support/states.ts";

describe("the states of the pages", function () {
  this.timeout(60_000);
  let scene: Scene;
  let states: State[];
  before(async () => {
    ({ scene, states } = await walkStates());
  });
  after(() => scene.server.close());

  const named = (name: string) => {
    const found = states.find((each) => each.name === name);
    assert.ok(found, name);
    return found.page;
  };
  const refusals = () => states.filter(({ page }) => page.status >= 400);
  const isOfStep = ({ page }: State) => page.url.includes("/interaction/");

  it("say what went wrong wherever something did", () => {
    assert.ok(refusals().length > 20);
    for (const { name, page } of refusals().filter(({ name }) => name !== "interaction-lost")) {
      const said = [...page.html.matchAll(/<(div|p) class="(?:alert|field-problem)".*?<\/\1>/gs)];
      const text = said.map(([markup]) => markup.replace(/<[^>]*>/g, "").trim()).join("");
      assert.ok(text.length > 10, `${name} (${page.status}) says nothing`);
    }
  });

  it("put the focus on what is wrong, or on the sentence about it", () => {
    for (const { name, page } of refusals().filter(isOfStep)) {
      const focused = [...page.html.matchAll(/<[^>]* autofocus[^>]*>/g)].map(([tag]) => tag);
      if (page.html.includes("autofocus") || page.html.includes('role="alert"')) {
        assert.equal(focused.length, 1, name);
      }
      const wrong = /<[^>]* aria-invalid="true"[^>]*>/.exec(page.html)?.[0];
      if (wrong !== undefined) assert.equal(focused[0], wrong, name);
    }
  });

  it("tell of the fifth wrong code that it was the last, and of the tenth that codes are locked", () => {
    assert.equal(named("code-wrong-5").status, 401);
    assert.match(
      named("code-wrong-5").html,
      /role="alert".*That code can&#39;t be used. Send a new/s,
    );
    assert.equal(named("code-wrong-10").status, 401);
    assert.match(named("code-wrong-10").html, /role="alert".*Sign-in codes are paused/s);
  });

  it("tell of the fifth wrong recovery code that it was the last, and take the field away", () => {
    for (const name of ["outage-wrong-5", "outage-dead"]) {
      assert.match(named(name).html, /role="alert".*Too many wrong codes in this sign-in/s, name);
      assert.doesNotMatch(named(name).html, /name="recovery_code"/, name);
    }
    assert.match(named("outage-wrong-4").html, /name="recovery_code"[^>]* autofocus/);
  });

  it("offer neither a field nor a text while codes are locked", () => {
    for (const { name, page } of states.filter(({ name }) => /locked|wrong-10/.test(name))) {
      assert.doesNotMatch(page.html, /name="code"|\/resend"|type="tel"/, name);
      assert.match(page.html, /Sign-in codes are paused/, name);
    }
  });

  it("list the countries where a number is typed, and not again where its code is", () => {
    const countries = (name: string) => named(name).html.match(/<option /g)?.length ?? 0;
    assert.ok(countries("bind") > 200);
    for (const name of ["bind-code", "bind-code-wrong", "bind-replace-malformed"]) {
      assert.ok(countries(name) <= 3, name);
    }
  });

  it("choose the country that the browser's language names", async () => {
    const browser = createBrowser(undefined, { "Accept-Language": "en-US,en;q=0.9" });
    const victim = scene.victimWithoutPhone();
    const { page } = await afterPassword(scene.strict, victim, {}, browser);
    assert.match(page.html, /<option value="US" selected>/);
    const typed = { phone: victim.phone.replace("+1", ""), country: "US" };
    const code = await browser.submit(page, "phone", typed);
    assert.match(code.html, /<option value="US" selected>/);
  });

  it("weigh at most 10 KB with their stylesheet and scripts, compressed", () => {
    const assets = createAssets(path.resolve(import.meta.dirname, "../../views/assets"));
    for (const { name, page } of states) {
      const used = [...page.html.matchAll(/\/assets\/([^?"]+)/g)].map(([, file = ""]) => file);
      assert.ok(used.length >= 2 && used.length <= 5, name);
      const sizes = used.map((file) => assets.find(file)?.encoded.br.length ?? Number.NaN);
      const params = { [constants.BROTLI_PARAM_QUALITY]: 5 };
      const html = brotliCompressSync(page.html, { params }).length;
      const bytes = sizes.reduce((sum, each) => sum + each, html);
      assert.ok(bytes <= 10 * 1024, `${name}: ${bytes} bytes`);
    }
  });

  it("speak of tries and of a life only where a code can be typed", () => {
    for (const { name, page } of states.filter(({ page }) => !page.html.includes('name="code"'))) {
      assert.doesNotMatch(page.html, /tries left|try left|The code works/, name);
    }
    for (const { name, page } of states.filter(({ page }) => page.html.includes('name="code"'))) {
      const shown = page.html.replace(/<[^>]*>/g, "");
      assert.doesNotMatch(shown, /no longer works/, name);
    }
  });
});
