import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openStorage } from "../../src/store-access.ts";
import { tomorrow } from "../support/builders.ts";
import { type Latchkey, openLatchkey } from "./command.ts";

const SECRET = "kT3v9xQ2mW7pL5zR8nB4cY6hJ1fD0gAs";

describe("latchkey on an installation", () => {
  let latchkey: Latchkey;
  beforeEach(() => {
    latchkey = openLatchkey();
  });
  afterEach(() => latchkey.close());

  it("rotates and lists keys, never their private parts", async () => {
    const first = await latchkey.json("key", "rotate");
    assert.deepEqual(Object.keys(first.items[0]), ["kid", "alg", "state", "created", "signsFrom"]);
    await latchkey.json("key", "rotate");
    const { items } = await latchkey.json("key", "list");
    assert.equal(items.length, 4);
    await latchkey.refused(4, ["key", "rotate"]);
    await latchkey.refused(2, ["key", "rotate", "--forget-old"]);
    const forced = await latchkey.json("key", "rotate", "--now", "--forget-old");
    assert.equal(forced.items.length, 2);
  });

  it("lists who did what", async () => {
    await latchkey.json("mfa", "global", "on");
    await latchkey.json("user", "add", "--username", "alice");
    const { items } = await latchkey.json("audit", "list");
    assert.deepEqual(Object.keys(items[0]).toSorted(), [
      ...["action", "actor", "at", "because", "details", "id", "target"],
    ]);
    assert.match(items[0].actor, /^cli:./);
    const global = ["--action", "mfa-global-changed", "--target", "rules:global"];
    const filtered = await latchkey.json("audit", "list", ...global, "--limit", "1");
    assert.deepEqual(filtered.items[0].details, { before: { sms: false }, after: { sms: true } });
    await latchkey.refused(2, ["audit", "list", "--limit", "0"]);
  });

  it("finds nothing wrong with a fresh one, or with one in use", async () => {
    const checks = async () => (await latchkey.json("doctor")).items;
    assert.ok((await checks()).every(({ ok }: { ok: boolean }) => ok));
    await latchkey.json("key", "rotate");
    const names = (await checks()).map(({ check }: { check: string }) => check);
    assert.deepEqual(names, [
      ...["configuration", "data-directory", "secret-file", "store-file", "sms", "mail"],
      "recovery",
      ...["store", "integrity", "signing-keys", "clock", "demo-data", "texts", "test-numbers"],
    ]);
  });

  const failing = async (env: Record<string, string> = {}) => {
    const { code, stdout } = await latchkey.run(["doctor", "--json"], { env });
    assert.equal(code, 1);
    const items: { check: string; ok: boolean }[] = JSON.parse(stdout).items;
    return items.filter(({ ok }) => !ok).map(({ check }) => check);
  };

  it("finds files that others may read", async () => {
    await latchkey.json("key", "list");
    chmodSync(path.join(latchkey.dataDir, "secret"), 0o644);
    chmodSync(latchkey.dataDir, 0o755);
    assert.deepEqual(await failing(), ["data-directory", "secret-file"]);
  });

  it("finds a store of another secret, and one that is damaged", async () => {
    await latchkey.json("key", "list");
    assert.deepEqual(await failing({ SECRET }), ["store"]);
    writeFileSync(path.join(latchkey.dataDir, "latchkey.sqlite"), "no database at all ".repeat(99));
    assert.deepEqual(await failing(), ["store"]);
  });

  it("finds rules that cannot be read, and lists the other checks all the same", async () => {
    await latchkey.json("key", "list");
    const database = new DatabaseSync(path.join(latchkey.dataDir, "latchkey.sqlite"));
    database.exec("INSERT INTO rules VALUES ('global', '{}')");
    database.close();
    assert.deepEqual(await failing(), ["rules"]);
  });

  it("finds wrong settings, which stop every other command", async () => {
    assert.deepEqual(await failing({ PORT: "many" }), ["configuration"]);
    const ran = await latchkey.run(["key", "list", "--json"], { env: { PORT: "many" } });
    assert.equal(ran.code, 1);
    assert.match(JSON.parse(ran.stderr).error.message, /PORT/);
  });

  it("finds demo data in production, and warns of test numbers", async () => {
    await latchkey.run(["demo"], { env: { SECRET } });
    const vonage = { VONAGE_API_KEY: "k", VONAGE_API_SECRET: "s", VONAGE_FROM: "Latchkey" };
    const env = {
      ...{ NODE_ENV: "production", ISSUER: "https://id.example", SECRET, ...vonage },
      ...{ SMS_PROVIDERS: "vonage", SMS_COUNTRIES: "US" },
    };
    const number = ["test-number", "add", "+447700900123", "--name", "App review"];
    const added = [...number, "--until", tomorrow()];
    assert.equal((await latchkey.run(added, { env })).code, 0);
    assert.deepEqual(await failing(env), ["demo-data"]);
    const { stdout } = await latchkey.run(["doctor", "--json"], { env });
    const sentence = "1 is live: nothing is sent there, and each code is fixed.";
    assert.deepEqual(JSON.parse(stdout).items.at(-1), {
      check: "test-numbers",
      ok: true,
      sentence: `Warning: ${sentence} See test-number list.`,
    });
    assert.equal((await latchkey.run(["demo"], { env })).code, 2);
  });

  it("finds a rule that wants a mailed link where no mail is sent", async () => {
    await latchkey.run(["key", "list"], { env: { SECRET } });
    const rule = ["mfa", "rule", "binding", "mailed-link"];
    await latchkey.run(rule, { env: { SECRET } });
    const isWell = async (env: Record<string, string>) =>
      (await latchkey.run(["doctor"], { env })).code === 0;
    assert.ok(await isWell({ SECRET }));
    const vonage = { VONAGE_API_KEY: "k", VONAGE_API_SECRET: "s", VONAGE_FROM: "Latchkey" };
    const env = {
      ...{ NODE_ENV: "production", ISSUER: "https://id.example", SECRET, ...vonage },
      ...{ SMS_PROVIDERS: "vonage", SMS_COUNTRIES: "US" },
    };
    assert.deepEqual(await failing(env), ["mailed-links"]);
    const mail = { SMTP_URL: "smtp://mail.example", MAIL_FROM: "a@b.example" };
    assert.ok(await isWell({ ...env, ...mail }));
  });

  it("makes the demo once, and says afterwards where it is", async () => {
    const made = await latchkey.json("demo");
    assert.deepEqual(Object.keys(made), ["issuer", "demo", "login", "password"]);
    assert.equal(made.demo, `${made.issuer}/demo`);
    const { password: _password, ...rest } = made;
    assert.deepEqual(await latchkey.json("demo"), rest);
  });

  it("makes no demo where nobody could reach it", async () => {
    const { code } = await latchkey.run(["demo"], { env: { ISSUER: "https://id.example" } });
    assert.equal(code, 2);
  });

  it("makes no demo where there are users already", async () => {
    await latchkey.json("user", "add", "--username", "alice");
    await latchkey.refused(3, ["demo"]);
  });

  it("works while another process has the store open, and shows it what it did", async () => {
    const secrets = [SECRET];
    const storage = await openStorage({
      store: { kind: "sqlite", file: path.join(latchkey.dataDir, "latchkey.sqlite") },
      secrets,
    });
    try {
      const runs = await Promise.all(
        ["alice", "bob", "carol"].map((name) =>
          latchkey.run(["user", "add", "--username", name, "--json"], { env: { SECRET } }),
        ),
      );
      assert.deepEqual(
        runs.map(({ code }) => code),
        [0, 0, 0],
      );
      assert.equal((await storage.users.list({ limit: 10 })).length, 3);
    } finally {
      await storage.close();
    }
  });
});
