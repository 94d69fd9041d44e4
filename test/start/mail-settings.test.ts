// Which settings of mail are taken, and which are refused.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readConfig } from "../../src/config.ts";
import { recoveryPolicyOf } from "../../src/mail-sender.ts";

const PRODUCTION = {
  NODE_ENV: "production",
  ISSUER: "https://id.example",
  SECRET: "Zq3vT9rKx1LmWc7YbN5hJd8fGs2pAe4u",
  SMS_PROVIDERS: "vonage",
  VONAGE_API_KEY: "key",
  VONAGE_API_SECRET: "value",
  VONAGE_FROM: "Latchkey",
};

describe("settings of mail", () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), "latchkey-"));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  const read = (environment: Record<string, string>) =>
    readConfig({ DATA_DIR: dataDir, ...environment });

  function problems(environment: Record<string, string>): string {
    try {
      read(environment);
      return "";
    } catch (error) {
      return String(error);
    }
  }

  it("are not needed", () => {
    assert.equal(read({}).smtp, null);
    assert.equal(read(PRODUCTION).smtp, null);
  });

  it("have an effect now", () => {
    const given = { SMTP_URL: "smtp://localhost", MAIL_FROM: "a@b.example" };
    assert.deepEqual(read(given).unknownSettings, []);
  });

  const servers = [
    {
      url: "smtp://mail.example",
      expect: { host: "mail.example", port: 587, secure: false, plain: false, auth: null },
    },
    {
      url: "smtps://user%40id.example:p%3Aw@mail.example",
      expect: {
        ...{ host: "mail.example", port: 465, secure: true, plain: false },
        auth: { user: "user@id.example", pass: "p:w" },
      },
    },
    {
      url: "smtp://localhost:2525/",
      expect: { host: "localhost", port: 2525, secure: false, plain: true, auth: null },
    },
    {
      url: "smtp://[::1]:25",
      expect: { host: "::1", port: 25, secure: false, plain: true, auth: null },
    },
    {
      url: "smtps://127.0.0.1",
      expect: { host: "127.0.0.1", port: 465, secure: true, plain: false, auth: null },
    },
  ];
  for (const { url, expect } of servers) {
    it(`read ${url}`, () => {
      const { from, ...server } =
        read({ SMTP_URL: url, MAIL_FROM: "Latchkey <a@b.example>" }).smtp ?? {};
      assert.deepEqual(server, expect);
      assert.deepEqual(from, { name: "Latchkey", address: "a@b.example" });
    });
  }

  it("take the address of the server, which may hold a password, from a file", () => {
    const file = path.join(dataDir, "smtp");
    writeFileSync(file, "smtps://u:hunter2@mail.example\n");
    assert.equal(read({ SMTP_URL_FILE: file }).smtp?.auth?.pass, "hunter2");
  });

  it("want a sender in production, and know one elsewhere", () => {
    const url = { SMTP_URL: "smtp://mail.example" };
    assert.match(problems({ ...PRODUCTION, ...url }), /MAIL_FROM: is needed with SMTP_URL/);
    assert.equal(problems({ ...PRODUCTION, ...url, MAIL_FROM: "a@b.example" }), "");
    assert.equal(
      read({ ...url, ISSUER: "https://id.example" }).smtp?.from.address,
      "no-reply@id.example",
    );
    assert.equal(
      read({ ...url, ISSUER: "http://[::1]:3000" }).smtp?.from.address,
      "no-reply@localhost",
    );
  });

  for (const url of [
    "mail.example",
    "http://mail.example",
    "smtp://",
    "smtp://mail.example/path",
    "smtps://u:hunter2@mail.example?tls.rejectUnauthorized=false",
    "smtp://:hunter2@mail.example",
    "smtp://u:hunter2%@mail.example",
  ]) {
    it(`refuse ${url}, and do not tell it`, () => {
      const said = problems({ SMTP_URL: url });
      assert.match(said, /SMTP_URL: must be smtp:\/\/HOST or smtps:\/\/HOST/);
      assert.ok(!said.includes("hunter2"), "the password is told");
    });
  }

  for (const sender of ["Latchkey", "a@b.example, c@d.example", "<a@b.example", "a@b\r\nX: 1"]) {
    it(`refuse to send as ${JSON.stringify(sender)}`, () => {
      assert.match(problems({ MAIL_FROM: sender }), /MAIL_FROM: must be one address/);
    });
  }

  it("send links for a forgotten password to verified addresses, unless they say otherwise", () => {
    assert.equal(recoveryPolicyOf(read({})), "verified");
    for (const RECOVERY of ["verified", "any", "off"] as const) {
      assert.equal(recoveryPolicyOf(read({ RECOVERY })), RECOVERY);
    }
    const wrong = problems({ RECOVERY: "everybody", MAIL_FROM: "nobody" });
    assert.match(wrong, /RECOVERY: must be verified, any or off/);
    assert.match(wrong, /MAIL_FROM/);
  });

  it("send no such link in production without a mail server", () => {
    const smtp = { SMTP_URL: "smtp://mail.example", MAIL_FROM: "a@b.example" };
    assert.equal(recoveryPolicyOf(read({ ...PRODUCTION, RECOVERY: "any" })), "off");
    assert.equal(recoveryPolicyOf(read({ ...PRODUCTION, ...smtp })), "verified");
  });
});
