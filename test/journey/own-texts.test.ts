// An application's own text at every step that sends one, and what becomes of it when the domain changes.
import assert from "node:assert/strict";
import { afterPassword, openScene, type Scene, TWO } from "../attacks/scene.ts";
import type { FakeProvider } from "../support/fake-provider.ts";
import { startFakeWebhook } from "../support/fake-webhook.ts";
import type { RelyingParty } from "../support/relying-party.ts";
import { until } from "../support/until.ts";

// It takes less room than localhost in the last line.
const SHORT_HOST = "[::1]";
const A_SEGMENT_MICROS = 10_000;

describe("journey of an application's own text", () => {
  let webhook: FakeProvider;
  let scene: Scene;

  before(async () => {
    webhook = await startFakeWebhook();
    scene = await openScene({
      env: {
        ...{ SMS_PROVIDERS: "webhook", SMS_COUNTRIES: "US" },
        ...{ SMS_WEBHOOK_URL: webhook.url, SMS_WEBHOOK_SECRET: "webhook-secret-long-enough" },
      },
    });
  });
  after(async () => {
    await scene.server.close();
    await webhook.close();
  });

  const sent = (): { purpose: string; text: string } =>
    JSON.parse(webhook.requests.at(-1)?.body ?? "{}");
  const setText = (text: string) =>
    scene.server.latchkeyReading(text, "client", "text", "strict", "en");
  const lastCost = async (): Promise<number> =>
    (await scene.server.latchkey("message", "list")).items.at(-1).costMicros;

  // Sets it as somebody does whose installation still has a shorter domain.
  async function setTextElsewhere(text: string): Promise<void> {
    const { env } = scene.server;
    const issuer = env.ISSUER ?? "";
    env.ISSUER = issuer.replace("localhost", SHORT_HOST);
    try {
      await setText(text);
    } finally {
      env.ISSUER = issuer;
    }
  }

  async function stepUp(party: RelyingParty): Promise<void> {
    const visit = await afterPassword(scene.lax, scene.victim());
    const page = await visit.browser.open((await party.begin({ acr_values: TWO })).url.href);
    await visit.browser.submit(page, "resend");
  }

  it("is what a phone is bound by, what signs in, what is sent again and what steps up", async () => {
    const bound = await afterPassword(scene.strict, scene.victimWithoutPhone());
    await setText("Northwind {code}, {minutes} min");
    await bound.browser.submit(bound.page, "phone", { phone: "+14155558001" });
    const own = /^Northwind (\d{6}), 5 min\n@localhost #\1$/;
    const seen: string[] = [sent().purpose];
    assert.match(sent().text, own);

    const { browser, page } = await afterPassword(scene.strict, scene.victim());
    seen.push(sent().purpose);
    assert.match(sent().text, own);
    const first = sent().text;
    await browser.post(page, "resend");
    assert.equal(sent().text, first);
    assert.equal(webhook.requests.length, 3);

    await stepUp(scene.strict);
    seen.push(sent().purpose);
    assert.match(sent().text, own);
    assert.deepEqual(seen, ["bind", "login", "step-up"]);

    await stepUp(scene.lax);
    assert.match(sent().text, /^Latchkey: /);
  });

  it("costs what its segments cost, and its neighbour's what theirs do", async () => {
    await setText("Northwind {code}");
    await afterPassword(scene.strict, scene.victim());
    assert.equal(await lastCost(), A_SEGMENT_MICROS);

    // Each bracket counts twice.
    const room = 160 - 6 - `\n@${SHORT_HOST} #000000`.length - 2;
    await setTextElsewhere(`{code}${"x".repeat(room)}`);
    await afterPassword(scene.strict, scene.victim());
    assert.equal(sent().text.length, 162);
    assert.equal(await lastCost(), 2 * A_SEGMENT_MICROS);
    await stepUp(scene.lax);
    assert.equal(await lastCost(), A_SEGMENT_MICROS);
  });

  it("is named by doctor and at the start, with the characters, once the domain is too long for it", async () => {
    const room = 70 - 6 - `\n@${SHORT_HOST} #000000`.length;
    await setTextElsewhere(`{code}${"x".repeat(room - 1)}ó`);
    const sentence = /With the line .* takes 2 segments, because of: ó \(U\+00F3\)\./;
    await assert.rejects(scene.server.latchkey("doctor"), ({ stdout }: { stdout: string }) => {
      const { items } = JSON.parse(stdout);
      const failed = items.filter(({ ok }: { ok: boolean }) => !ok);
      assert.equal(failed.length, 1, stdout);
      assert.equal(failed[0].check, "texts");
      assert.match(failed[0].sentence, /^The text of strict for code in en: /);
      assert.match(failed[0].sentence, sentence);
      return true;
    });
    await scene.server.kill();
    await scene.server.restart();
    const warned = () =>
      scene.server
        .output()
        .split("\n")
        .filter((line) => line.includes('"event":"text-not-as-it-should-be"'))
        .map((line) => JSON.parse(line));
    await until(() => warned().length > 0);
    assert.deepEqual(
      warned().map(({ level, client, language, kind }) => ({ level, client, language, kind })),
      [{ level: "warn", client: "strict", language: "en", kind: "code" }],
    );
    assert.match(warned()[0].sentences.join(" "), sentence);
  });
});
