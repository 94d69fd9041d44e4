// Which providers send, in which order, and which settings of them are refused.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Config, readConfig } from "../../src/config.ts";

const TWILIO = {
  TWILIO_ACCOUNT_SID: "AC00000000000000000000000000000001",
  TWILIO_AUTH_TOKEN: "hunter2",
  TWILIO_FROM: "Latchkey",
};
const VONAGE = { VONAGE_API_KEY: "key", VONAGE_API_SECRET: "value", VONAGE_FROM: "Latchkey" };
const WEBHOOK = {
  SMS_WEBHOOK_URL: "https://gateway.example/texts?token=hunter2",
  SMS_WEBHOOK_SECRET: "hunter2-hunter2-hunter2-",
};

describe("settings of texts", () => {
  let dataDir: string;
  before(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), "latchkey-"));
  });
  after(() => rmSync(dataDir, { recursive: true }));

  const read = (environment: Record<string, string>): Config =>
    readConfig({ DATA_DIR: dataDir, ...environment });

  function problems(environment: Record<string, string>): string {
    try {
      read(environment);
      return "";
    } catch (error) {
      const said = String(error);
      assert.ok(!said.includes("hunter2"), "a secret is told");
      return said;
    }
  }

  it("are the outbox alone unless somebody says otherwise", () => {
    const { smsProviders, smsProvidersByCountry, twilio, webhook } = read({ ...TWILIO });
    assert.deepEqual(smsProviders, ["outbox"]);
    assert.deepEqual(smsProvidersByCountry, {});
    assert.deepEqual([twilio, webhook], [null, null]);
  });

  it("are what each provider needs, in the order that was given", () => {
    const given = { SMS_PROVIDERS: "webhook, twilio,vonage", ...TWILIO, ...VONAGE, ...WEBHOOK };
    const config = read(given);
    assert.deepEqual(config.smsProviders, ["webhook", "twilio", "vonage"]);
    assert.deepEqual(config.twilio, {
      accountSid: TWILIO.TWILIO_ACCOUNT_SID,
      authToken: "hunter2",
      from: "Latchkey",
      host: null,
    });
    assert.deepEqual(config.webhook, {
      url: WEBHOOK.SMS_WEBHOOK_URL,
      key: Buffer.from(WEBHOOK.SMS_WEBHOOK_SECRET),
    });
    assert.deepEqual(config.smsCountries, []);
    assert.deepEqual(config.unknownSettings, []);
  });

  it("take a country's own order, whose providers need their settings too", () => {
    const given = {
      SMS_PROVIDERS: "outbox",
      SMS_PROVIDERS_BY_COUNTRY: "de = twilio,vonage ; US=webhook;",
      SMS_COUNTRIES: "DE,US",
      ...{ ...TWILIO, ...VONAGE, ...WEBHOOK },
    };
    const config = read(given);
    assert.deepEqual(config.smsProvidersByCountry, { DE: ["twilio", "vonage"], US: ["webhook"] });
    assert.notEqual(config.vonage, null);
  });

  const wrongOrders: [value: string, said: RegExp][] = [
    ["DE=twillio", /must be a list of: vonage, twilio, webhook, outbox/],
    ["DE=", /must name at least one provider/],
    ["DE", /must be COUNTRY=PROVIDER/],
    ["Germany=outbox", /must be COUNTRY=PROVIDER/],
    ["DE=outbox=outbox", /after one =/],
    ["DE=outbox;de=outbox", /must name each country once/],
    ["DE=outbox;ZZ=outbox;XX=outbox", /there is no country ZZ, XX/],
  ];
  for (const [value, said] of wrongOrders) {
    it(`refuse the order ${value}`, () => {
      const told = problems({ SMS_PROVIDERS_BY_COUNTRY: value });
      assert.match(told, /- SMS_PROVIDERS_BY_COUNTRY: /);
      assert.match(told, said);
    });
  }

  it("tell everything that is missing at once, wherever a provider is named", () => {
    const told = problems({
      SMS_PROVIDERS: "vonage",
      SMS_PROVIDERS_BY_COUNTRY: "DE=twilio;US=webhook",
    });
    for (const name of [TWILIO, VONAGE, WEBHOOK].flatMap(Object.keys)) {
      assert.match(told, new RegExp(`- ${name}: is needed for the provider`));
    }
  });

  it("refuse the outbox in production, also for a single country", () => {
    const told = problems({
      NODE_ENV: "production",
      ...{ SMS_PROVIDERS: "twilio", SMS_PROVIDERS_BY_COUNTRY: "DE=outbox", ...TWILIO },
    });
    assert.match(told, /- SMS_PROVIDERS_BY_COUNTRY: the outbox/);
  });

  it("take each secret from a file", () => {
    const files: Record<string, string> = {};
    for (const [name, value] of Object.entries({ ...TWILIO, ...WEBHOOK })) {
      const file = path.join(dataDir, name);
      writeFileSync(file, `${value}\n`);
      if (name !== "TWILIO_FROM") files[`${name}_FILE`] = file;
    }
    const config = read({ SMS_PROVIDERS: "twilio,webhook", TWILIO_FROM: "Latchkey", ...files });
    assert.equal(config.twilio?.accountSid, TWILIO.TWILIO_ACCOUNT_SID);
    assert.equal(config.twilio?.authToken, "hunter2");
    assert.equal(config.webhook?.url, WEBHOOK.SMS_WEBHOOK_URL);
    assert.equal(config.webhook?.key.toString(), WEBHOOK.SMS_WEBHOOK_SECRET);
  });

  const addresses: [address: string, development: boolean, production: boolean][] = [
    ["https://gateway.example/texts", true, true],
    ["http://localhost:8080/", true, false],
    ["http://127.0.0.1:8080/", true, false],
    ["http://[::1]:8080/", true, false],
    ["http://gateway.example/", false, false],
    ["http://localhost.example/", false, false],
    ["ftp://localhost/", false, false],
    ["https://user:hunter2@gateway.example/", false, false],
    ["gateway.example", false, false],
  ];
  for (const [address, development, production] of addresses) {
    for (const [where, taken] of [
      ["development", development],
      ["production", production],
    ] as const) {
      it(`${taken ? "take" : "refuse"} a webhook at ${address} in ${where}`, () => {
        const given = { ...WEBHOOK, SMS_PROVIDERS: "webhook", SMS_WEBHOOK_URL: address };
        const told = problems({ ...given, NODE_ENV: where });
        assert.equal(!/- SMS_WEBHOOK_URL: /.test(told), taken, told);
      });
    }
  }

  const hosts: [host: string, taken: boolean][] = [
    ["https://api.provider.example", true],
    ["http://127.0.0.1:8080", true],
    ["http://api.provider.example", false],
    ["api.provider.example", false],
  ];
  for (const [host, taken] of hosts) {
    it(`${taken ? "take" : "refuse"} a Twilio or a Vonage at ${host}`, () => {
      const twilio = problems({ ...TWILIO, SMS_PROVIDERS: "twilio", TWILIO_HOST: host });
      assert.equal(!/- TWILIO_HOST: /.test(twilio), taken, twilio);
      const vonage = problems({ ...VONAGE, SMS_PROVIDERS: "vonage", VONAGE_HOST: host });
      assert.equal(!/- VONAGE_HOST: /.test(vonage), taken, vonage);
    });
  }

  const secrets: [it: string, secret: string, key: Buffer | null][] = [
    ["take a secret of 24 bytes", "x".repeat(24), Buffer.from("x".repeat(24))],
    ["refuse one of 23", "x".repeat(23), null],
    ["count bytes, not characters", "ü".repeat(12), Buffer.from("ü".repeat(12))],
    [
      "decode the standard's own form",
      `whsec_${Buffer.alloc(24, 7).toString("base64")}`,
      Buffer.alloc(24, 7),
    ],
    ["count what it decodes to", `whsec_${Buffer.alloc(23, 7).toString("base64")}`, null],
  ];
  for (const [name, secret, key] of secrets) {
    it(name, () => {
      const given = { ...WEBHOOK, SMS_PROVIDERS: "webhook", SMS_WEBHOOK_SECRET: secret };
      if (key === null) {
        assert.match(problems(given), /- SMS_WEBHOOK_SECRET: must have at least 24 bytes/);
      } else {
        assert.deepEqual(read(given).webhook?.key, key);
      }
    });
  }
});
