import assert from "node:assert/strict";
import { lintTexts, setText, showTexts } from "../../src/admin/application-texts.ts";
import { addApplication, updateApplication } from "../../src/admin/applications.ts";
import { readChangeTemplates, readNoticeTemplates } from "../../src/text-catalog.ts";
import { openRoom, type Room } from "./room.ts";

const OURS = { de: "{brand}: {code} ist Ihr Code.", en: "{brand}: {code} is your code." };
const FRAME = { brand: "Latchkey", domain: "login.example.com", lifeMinutes: 5 };
const SHOP = { id: "shop", name: "Shop", redirectUris: ["https://shop.example/cb"] };

describe("texts of an application", () => {
  let room: Room;
  const deps = () => ({ ...room, frame: FRAME, ours: OURS, changes: {}, notices: [] });
  const set = (language: string, template: string | null, clientId = "shop") =>
    setText(deps(), { clientId, language, template });
  const events = async () =>
    (await room.storage.audit.list({ limit: 10, action: "client-text-changed" })).map(
      ({ details }) => details,
    );
  beforeEach(async () => {
    room = await openRoom();
    await addApplication(room, SHOP);
  });
  afterEach(() => room.storage.close());

  it("are ours until it has its own, and ours again without it", async () => {
    const own = await set("en", "Shop: {code}");
    assert.deepEqual(own, {
      client: "shop",
      language: "en",
      own: true,
      template: "Shop: {code}",
      text: "Shop: 000000\n@login.example.com #000000",
      segments: 1,
    });
    const both = await showTexts(deps(), "shop");
    assert.deepEqual(
      both.map(({ language, own: isOwn, template }) => [language, isOwn, template]),
      [
        ["de", false, OURS.de],
        ["en", true, "Shop: {code}"],
      ],
    );
    await updateApplication(room, "shop", { name: "The shop" });
    assert.equal((await showTexts(deps(), "shop"))[1]?.own, true);
    assert.equal((await set("en", null)).template, OURS.en);
  });

  it("leave a line with before and after in the audit log, once", async () => {
    await set("en", "Shop: {code}");
    await set("en", "Shop: {code}");
    await set("en", null);
    await set("en", null);
    assert.deepEqual(await events(), [
      { language: "en", before: null, after: "Shop: {code}" },
      { language: "en", before: "Shop: {code}", after: null },
    ]);
  });

  it("refuse what is not fit to be sent, everything together, and change nothing", async () => {
    const refusal = set("en", "Don’t wait, see https://shop.example {name}");
    await assert.rejects(refusal, (error: Error) => {
      assert.match(error.message, /\{code\} must stand in it\./);
      assert.match(error.message, /no placeholder \{name\}; there are/);
      assert.match(error.message, /no link.*: https:\/\/shop\.example/);
      return true;
    });
    await assert.rejects(
      set("en", `{code} ${"x".repeat(60)} don’t,\u00a0Аnna: código`),
      /because of: ’ \(U\+2019\), \u00a0 \(U\+00A0\), А \(U\+0410\), ó \(U\+00F3\)\. With these/,
    );
    await assert.rejects(set("en", `{code} ${"x".repeat(160)}`), /2 segments: \d+ characters/);
    assert.deepEqual(await events(), []);
  });

  it("are there for languages that we speak, and for applications that there are", async () => {
    await assert.rejects(set("fr", "{code}"), { code: "usage" });
    await assert.rejects(set("__proto__", "{code}"), { code: "usage" });
    await assert.rejects(set("en", "{code}", "gone"), { code: "not-found" });
    await assert.rejects(showTexts(deps(), "gone"), { code: "not-found" });
  });

  it("are found when they do not fit any more, at another domain", async () => {
    await set("en", `{code}${"x".repeat(160 - "\n@login.example.com #000000".length - 6)}`);
    assert.deepEqual(await lintTexts(deps()), []);
    const frame = { ...FRAME, domain: "sign-in.login.example.com" };
    const problems = await lintTexts({ ...deps(), frame });
    assert.deepEqual(
      problems.map(({ client, language }) => [client, language]),
      [["shop", "en"]],
    );
    const ours = { en: "{brand}: ’{code}’".padEnd(90, "x") };
    assert.equal((await lintTexts({ ...deps(), ours }))[0]?.client, null);
  });

  it("are found when they carry a code that replaces a phone and do not fit", async () => {
    const changes = readChangeTemplates();
    assert.deepEqual(await lintTexts({ ...deps(), changes }), []);
    const frame = { ...FRAME, domain: `${"x".repeat(60)}.example.com` };
    const problems = await lintTexts({ ...deps(), ours: {}, changes, frame });
    assert.deepEqual(
      problems.map(({ client, kind, language }) => [client, kind, language]),
      Object.keys(changes).map((language) => [null, "code-change", language]),
    );
  });

  it("are found when they carry no code and do not fit", async () => {
    const notice = (language: string, template: string) =>
      ({ kind: "phone-changed", language, template }) as const;
    const rest = "x".repeat(160 - FRAME.brand.length);
    const notices = [
      notice("en", `{brand}${rest}`),
      notice("de", `{brand}${rest}x`),
      notice("es", `{brand} número`.padEnd(80, "x")),
    ];
    assert.deepEqual(
      (await lintTexts({ ...deps(), notices })).map(({ language, kind, sentences }) => [
        ...[language, kind, ...sentences],
      ]),
      [
        ["de", "phone-changed", "It takes 2 segments."],
        ["es", "phone-changed", "It takes 2 segments, because of: ú (U+00FA)."],
      ],
    );
    assert.deepEqual(await lintTexts({ ...deps(), notices: readNoticeTemplates() }), []);
  });
});
