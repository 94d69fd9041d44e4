import assert from "node:assert/strict";
import { type Latchkey, openLatchkey } from "./command.ts";

describe("latchkey mfa", () => {
  let latchkey: Latchkey;
  before(async () => {
    latchkey = openLatchkey();
    const uri = ["--redirect-uri", "https://a.example/"];
    await latchkey.json("client", "add", "--id", "app", "--name", "App", ...uri);
    await latchkey.json("user", "add", "--username", "alice");
  });
  after(() => latchkey.close());
  beforeEach(async () => {
    await latchkey.json("mfa", "global", "off");
    await latchkey.json("mfa", "client", "app", "inherit");
  });

  const explained = async (...more: string[]) => {
    const question = ["--client", "app", "--user", "alice", "--source", "password"];
    return latchkey.json("mfa", "explain", ...question, ...more);
  };

  it("switches globally and by source, and shows it", async () => {
    assert.equal((await latchkey.json("mfa", "global", "on")).sms, true);
    assert.equal((await latchkey.json("mfa", "source", "scan", "off")).sources.scan, false);
    const shown = await latchkey.json("mfa", "show");
    assert.deepEqual(shown.global.sources, { password: true, sms: true, scan: false });
    assert.deepEqual(shown.clients[0], {
      client: "app",
      name: "App",
      customized: false,
      ...shown.global,
    });
    await latchkey.json("mfa", "source", "scan", "on");
  });

  it("switches for one application", async () => {
    const on = await latchkey.json("mfa", "client", "app", "on");
    assert.deepEqual([on.customized, on.sms], [true, true]);
    const source = await latchkey.json("mfa", "client", "app", "source", "password", "off");
    assert.deepEqual([source.sms, source.sources.password], [true, false]);
    const inherited = await latchkey.json("mfa", "client", "app", "inherit");
    assert.deepEqual([inherited.customized, inherited.sms], [false, false]);
  });

  it("says who may bind a phone, and how old a factor may be", async () => {
    const rules = await latchkey.json("mfa", "rule", "binding", "administrator");
    assert.equal(rules.binding, "administrator");
    await latchkey.json("mfa", "rule", "binding", "anybody");
    const own = await latchkey.json("mfa", "rule", "factor-age", "600", "--client", "app");
    assert.deepEqual([own.customized, own.factorAgeSecondsMax], [true, 600]);
    const outage = await latchkey.json("mfa", "rule", "outage", "other-factor", "--client", "app");
    assert.equal(outage.outage, "other-factor");
    await latchkey.refused(2, ["mfa", "rule", "outage", "open"]);
    const within = await latchkey.json("mfa", "rule", "binding", "within-days", "14");
    assert.deepEqual([within.binding, within.bindingDaysMax], ["within-days", 14]);
    await latchkey.json("mfa", "rule", "binding", "anybody");
    await latchkey.refused(2, ["mfa", "rule", "binding", "within-days"]);
    await latchkey.refused(2, ["mfa", "rule", "binding", "nobody"]);
    await latchkey.refused(3, ["mfa", "rule", "binding", "anybody", "--client", "gone"]);
  });

  it("explains a decision with its layers", async () => {
    const off = await explained();
    assert.deepEqual(Object.keys(off).toSorted(), ["because", "layers", "need"]);
    assert.deepEqual([off.need, off.because], ["none", "sms-off"]);
    assert.deepEqual(off.layers[0], { layer: "request", verdict: "silent", because: "acr-none" });
    await latchkey.json("mfa", "global", "on");
    const on = await explained();
    assert.deepEqual([on.need, on.because], ["bind-phone", "global-rules"]);
  });

  it("explains the usual source unless told another, and ends with a sentence for a person", async () => {
    await latchkey.run([
      "client",
      "add",
      "--id",
      "s",
      "--name",
      "S",
      "--redirect-uri",
      "https://s.example/",
    ]);
    await latchkey.run(["user", "add", "--username", "carol"]);
    const asked = ["mfa", "explain", "--client", "s", "--user", "carol"];
    const off = await latchkey.run(asked);
    const sentence =
      "No second step is needed: the SMS code is switched off in the rules that apply.";
    assert.equal(off.stdout.trimEnd().split("\n").at(-1), sentence);
    await latchkey.run(["mfa", "client", "s", "on"]);
    const on = await latchkey.run(asked);
    assert.match(on.stdout, /\nThe user has to add a phone first: the application's own rules/);
  });

  it("explains what acr_values ask for, in the values of this installation", async () => {
    const asked = await explained("--acr-values", "urn:latchkey:acr:2fa");
    assert.equal(asked.because, "request-demands");
  });

  it("refuses what is wrong or not there, each with its exit code", async () => {
    await latchkey.refused(2, ["mfa", "global", "maybe"]);
    await latchkey.refused(2, ["mfa", "source", "sms", "maybe"]);
    await latchkey.refused(2, ["mfa", "client", "app", "maybe"]);
    await latchkey.refused(2, ["mfa", "client", "app", "source", "sms"]);
    await latchkey.refused(2, ["mfa", "client", "app", "on", "sms"]);
    await latchkey.refused(2, ["mfa", "explain", "--client", "app"]);
    await latchkey.refused(3, ["mfa", "source", "ldap", "on"]);
    await latchkey.refused(3, ["mfa", "client", "nobody", "on"]);
    await latchkey.refused(3, ["mfa", "show", "--client", "nobody"]);
    const question = ["mfa", "explain", "--client", "app", "--source", "password", "--user"];
    await latchkey.refused(3, [...question, "nobody"]);
    await latchkey.refused(3, [...question, "alice", "--session", "nowhere"]);
  });
});
