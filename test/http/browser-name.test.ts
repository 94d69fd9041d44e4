import assert from "node:assert/strict";
import { browserNameOf } from "../../src/http/browser-name.ts";

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const SAFARI =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
  "Version/18.5 Mobile/15E148 Safari/604.1";

describe("the name of a browser", () => {
  it("is told with its system", () => {
    assert.equal(browserNameOf(FIREFOX), "Firefox, Linux");
    assert.equal(browserNameOf(SAFARI), "Safari, iOS");
  });

  it("is left out where it is not known, too long, or could act on its reader (INJ-10, INJ-15)", () => {
    const hostile = [
      '<img src=x onerror="alert(1)">',
      "Your bank: call +1\r\nBcc: evil@example.com",
    ];
    for (const agent of [
      undefined,
      "",
      "x",
      "\u0000",
      "a".repeat(513),
      ...hostile,
      "Call now/1 x",
    ]) {
      assert.equal(browserNameOf(agent), undefined);
    }
    assert.equal(browserNameOf(`${FIREFOX} ${"a".repeat(512)}`), undefined);
  });

  it("is found in no time in what was made to take long (INJ-17)", () => {
    for (const part of ["(", " ", "/", "Mozilla/", "a/1 ", ";"]) {
      const began = process.cpuUsage().user;
      browserNameOf(part.repeat(512).slice(0, 512));
      assert.ok(process.cpuUsage().user - began < 1_000_000, part);
    }
  });
});
