// The file of the embedded store: whose it is, who may open it, and what a copy of it gives away.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { openSqliteStorage } from "../../src/adapters/sqlite/storage.ts";
import { numberKey } from "../../src/adapters/stored/number.ts";
import { sealJson } from "../../src/adapters/stored/sealed-json.ts";
import { NO_SENDS } from "../../src/domain/send-policy.ts";
import { UnavailableError } from "../../src/ports/errors.ts";
import type { Storage } from "../../src/ports/storage.ts";
import { race } from "../contract/opened-storage.ts";
import {
  A_NUMBER,
  aMail,
  anApplication,
  anAuditEvent,
  anInteractionState,
  aSigningKey,
  aUser,
  LIMITS,
  NOON,
} from "../support/builders.ts";
import { SECRETS, temporaryDirectory } from "../support/sqlite-files.ts";

const AUDIT = anAuditEvent();
const [OLD, NEW] = ["an-old-secret-of-at-least-32-bytes-", "a-new-secret-of-at-least-32-bytes-"];

describe("the file of sqlite storage", () => {
  let directory: string;
  let file: string;
  const opened: Storage[] = [];

  beforeEach(() => {
    directory = temporaryDirectory();
    file = `${directory}/data/latchkey.sqlite`;
  });
  afterEach(async () => {
    for (const storage of opened.splice(0)) await storage.close();
    rmSync(directory, { recursive: true });
  });

  async function open(secrets: readonly string[] = SECRETS): Promise<Storage> {
    const storage = await openSqliteStorage({ file, secrets });
    opened.push(storage);
    return storage;
  }

  // What another program does to the file.
  function tamper(work: (connection: DatabaseSync) => void): void {
    const connection = new DatabaseSync(file);
    work(connection);
    connection.close();
  }

  it("is made with its directory, for nobody else to read", async () => {
    await (await open()).users.create(aUser(), AUDIT);
    assert.equal(statSync(`${directory}/data`).mode & 0o777, 0o700);
    const names = readdirSync(`${directory}/data`);
    assert.ok(names.includes("latchkey.sqlite-wal"));
    for (const name of names)
      assert.equal(statSync(`${directory}/data/${name}`).mode & 0o777, 0o600);
  });

  it("keeps what was stored from one opening to the next", async () => {
    const first = await open();
    await first.users.create(aUser({ username: "alice" }), AUDIT);
    await first.close();
    const login = { kind: "username", value: "alice" } as const;
    assert.equal((await (await open()).users.findByLogin(login))?.id, "u1");
  });

  it("is refused under another secret, and not changed", async () => {
    await (await open([OLD])).close();
    await assert.rejects(open([NEW]), /sealed under another SECRET/);
    await (await open([OLD])).close();
  });

  it("gets no new data key in place of one that is lost (FLT-51)", async () => {
    const storage = await open();
    await storage.users.create(aUser(), AUDIT);
    await storage.close();
    tamper((connection) => connection.exec("DELETE FROM meta"));
    await assert.rejects(open(), /lost its data key/);
  });

  it("hands out the mails that an earlier version queued, which do not say that they are mails", async () => {
    const storage = await open();
    const { channel, ...mail } = aMail();
    const sealed = sealJson(storage.vault, mail, `mail:${mail.id}`);
    await storage.close();
    tamper((connection) => {
      for (const statement of [
        "DROP INDEX mails_by_due",
        "ALTER TABLE mails DROP COLUMN channel",
        "CREATE INDEX mails_by_due ON mails (not_before)",
        "ALTER TABLE interactions DROP COLUMN guesses",
        "DROP TABLE resources",
        "ALTER TABLE messages DROP COLUMN user_index",
        "ALTER TABLE messages DROP COLUMN network_index",
        "PRAGMA user_version = 4",
      ]) {
        connection.exec(statement);
      }
      connection
        .prepare("INSERT INTO mails VALUES (?, ?, 0, ?, NULL, ?)")
        .run(mail.id, sealed, NOON, NOON + 60_000);
    });
    const reopened = await open();
    assert.equal(await reopened.mails.claimText(NOON, 60), null);
    assert.deepEqual((await reopened.mails.claim(NOON, 60))?.mail, { ...mail, channel });
  });

  it("takes the texts that an earlier version counted for those of the number's holders", async () => {
    const storage = await open();
    const key = numberKey(storage.vault, A_NUMBER);
    await storage.close();
    const holders = { sentAt: [NOON], sinceSuccess: 1 };
    tamper((connection) => {
      connection
        .prepare("INSERT INTO numbers (key, history, expires_at) VALUES (?, ?, ?)")
        .run(key, JSON.stringify(holders), NOON + 60_000);
    });
    const { numbers } = await open();
    assert.deepEqual(await numbers.history(A_NUMBER), { ...NO_SENDS, holders });
  });

  it("changes over to a new secret, after which the old one is not needed", async () => {
    const before = await open([OLD]);
    await before.users.create(aUser(), AUDIT);
    await before.close();
    await (await open([NEW, OLD])).close();
    assert.deepEqual(await (await open([NEW])).users.find("u1"), aUser());
    await assert.rejects(open([OLD]), /sealed under another SECRET/);
  });

  it("is left as it is when it is another program's database", async () => {
    await (await open()).close();
    rmSync(file);
    tamper((connection) => connection.exec("CREATE TABLE precious (value)"));
    const before = readFileSync(file);
    await assert.rejects(open(), /database of another program/);
    assert.ok(readFileSync(file).equals(before));
  });

  it("is left as it is when it is no database at all", async () => {
    await (await open()).close();
    writeFileSync(file, "Dear diary, ".repeat(100));
    await assert.rejects(open(), /not an SQLite database/);
    assert.equal(readFileSync(file, "utf8"), "Dear diary, ".repeat(100));
  });

  it("is refused when a newer version wrote it", async () => {
    await (await open()).close();
    tamper((connection) => connection.exec("PRAGMA user_version = 999"));
    await assert.rejects(open(), /newer Latchkey/);
  });

  it("gives no secret and no personal data away, in the database or in its log", async () => {
    const storage = await open();
    const secrets = await storeSecrets(storage);
    const bytes = readdirSync(`${directory}/data`).map((name) =>
      readFileSync(`${directory}/data/${name}`),
    );
    assert.ok(Buffer.concat(bytes).includes("users_by_phone"), "the files are read as they are");
    const found = Object.entries(secrets).filter(([, text]) =>
      bytes.some((each) => each.includes(text)),
    );
    assert.deepEqual(found, []);
  });

  it("does not open a sealed row that was moved to another", async () => {
    const storage = await open();
    await storage.users.create(aUser({ id: "u1", passwordHash: "known" }), AUDIT);
    await storage.users.create(aUser({ id: "u2", passwordHash: "unknown" }), AUDIT);
    tamper((connection) =>
      connection.exec(
        "UPDATE users SET sealed = (SELECT sealed FROM users WHERE id = 'u1') WHERE id = 'u2'",
      ),
    );
    await assert.rejects(storage.users.find("u2"));
  });

  it("sweeps a sign-in that was left whose user cannot be read any more, and what is behind it", async () => {
    const storage = await open();
    await storage.users.create(aUser({ username: "alice" }), AUDIT);
    await storage.interactions.save("i1", {}, NOON + 1);
    await storage.interactions.move({
      ...{ uid: "i1", now: NOON, from: { version: 0 }, to: anInteractionState() },
      ...{ resetAttempts: true, effects: {} },
    });
    await storage.interactions.save("i2", {}, NOON + 2);
    tamper((connection) => connection.exec("UPDATE users SET sealed = x'00'"));
    const users: unknown[] = [];
    const swept = await storage.interactions.sweep(NOON + 2, 100, ({ user }) => {
      users.push(user);
      return { audit: [AUDIT] };
    });
    assert.equal(swept, 2);
    assert.deepEqual(users, [null]);
  });

  it("refuses any change of its audit log", async () => {
    await (await open()).audit.append([AUDIT]);
    tamper((connection) => {
      assert.throws(() => connection.exec("DELETE FROM audit"), /append-only/);
      assert.throws(() => connection.exec("UPDATE audit SET actor = 'nobody'"), /append-only/);
    });
  });

  it("never takes rules that cannot be read for rules that are off", async () => {
    const storage = await open();
    for (const rules of ["{", "{}", '{"mfa":{"sms":"no"}}']) {
      tamper((connection) =>
        connection.prepare("INSERT OR REPLACE INTO rules VALUES ('global', ?)").run(rules),
      );
      await assert.rejects(storage.rules.find("app1"), UnavailableError);
      await assert.rejects(storage.rules.find(null), UnavailableError);
    }
  });

  it("answers from memory for an application until anybody has written", async () => {
    const [here, there] = [await open(), await open()];
    await here.applications.create(anApplication(), AUDIT);
    const before = await here.applications.find("app1");
    const { reads } = here.statistics();
    assert.equal(await here.applications.find("app1"), before);
    assert.equal(here.statistics().reads, reads);

    await there.audit.append([AUDIT]);
    assert.equal(await here.applications.find("app1"), before, "the same object while unchanged");

    const after = anApplication({ consent: true, updatedAt: NOON + 1 });
    await there.applications.replace(anApplication(), after, AUDIT);
    assert.deepEqual(await here.applications.find("app1"), after);
    await there.applications.remove("app1", AUDIT);
    assert.equal(await here.applications.find("app1"), null);
  });

  it("gives an application to nobody who could change it for all", async () => {
    const storage = await open();
    await storage.applications.create(anApplication(), AUDIT);
    const found = await storage.applications.find("app1");
    assert.throws(() => Object.assign(found?.metadata ?? {}, { client_name: "x" }), TypeError);
  });

  it("undoes a write that fails, and none that shares its transaction", async () => {
    const storage = await open();
    const events = [anAuditEvent({ action: "good" }), anAuditEvent({ at: Number.NaN })];
    const outcomes = await Promise.allSettled([
      storage.users.create(aUser({ id: "a" }), AUDIT),
      storage.audit.append(events),
      storage.users.create(aUser({ id: "b" }), AUDIT),
    ]);
    assert.deepEqual(
      outcomes.map((each) => each.status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    assert.ok(outcomes[1]?.status === "rejected" && outcomes[1].reason instanceof UnavailableError);
    assert.deepEqual(await storage.audit.list({ limit: 9, action: "good" }), []);
    assert.equal((await storage.users.list({ limit: 9 })).length, 2);
  });

  it("waits for another program's lock without holding up the event loop", async () => {
    const storage = await open();
    const other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE");
    const writes = race(5, (i) => storage.users.create(aUser({ id: `u${i}` }), AUDIT));
    const began = performance.now();
    let slowest = 0;
    // Longer than SQLite itself waits, so that the batch has to be tried again.
    for (let last = began; performance.now() - began < 300; ) {
      await new Promise((resolve) => setImmediate(resolve));
      slowest = Math.max(slowest, performance.now() - last);
      last = performance.now();
    }
    other.exec("ROLLBACK");
    other.close();
    assert.deepEqual(await writes, Array(5).fill("created"));
    assert.ok(slowest < 150, `one turn took ${Math.round(slowest)} ms`);
  });

  it("reads while another program writes", async () => {
    const storage = await open();
    await storage.users.create(aUser(), AUDIT);
    const other = new DatabaseSync(file);
    other.exec("BEGIN IMMEDIATE");
    assert.deepEqual(await storage.users.find("u1"), aUser());
    other.exec("ROLLBACK");
    other.close();
  });

  it("is unavailable when its tables are gone", async () => {
    const storage = await open();
    tamper((connection) => connection.exec("DROP TABLE users"));
    await assert.rejects(storage.users.find("u1"), UnavailableError);
    await assert.rejects(storage.users.create(aUser(), AUDIT), UnavailableError);
  });
});

// Stores one of everything that is nobody's business, and says what it was.
async function storeSecrets(storage: Storage): Promise<Readonly<Record<string, string>>> {
  const secrets = {
    number: A_NUMBER,
    digits: A_NUMBER.slice(2),
    username: "alice-the-user",
    email: "alice@private.example",
    name: "Alice Privatissima",
    passwordHash: "$argon2id$v=19$the-hash",
    clientSecret: "the-client-secret",
    tokenId: "the-id-of-a-token",
    sessionId: "the-id-of-a-session",
    sessionUid: "the-uid-of-a-session",
    cookie: "the-cookie-of-a-session",
    interactionUid: "the-uid-of-an-interaction",
    userCode: "BCDF-GHJK",
    challengeId: "challenge-1",
    privateKey: "a-private-part-of-no-importance",
    attemptKey: "login:alice-at-192.0.2.1",
    details: "what the audit event was about",
    clientSecretOfBuilder: "a-client-secret-of-no-importance",
  };
  const { users, applications, interactions, records, signingKeys } = storage;
  const audit = anAuditEvent({ details: { text: secrets.details } });
  const user = aUser({
    username: secrets.username,
    email: secrets.email,
    loginPhone: A_NUMBER,
    phone: { number: A_NUMBER, status: "assigned", since: NOON },
    profile: { name: secrets.name },
    passwordHash: secrets.passwordHash,
  });
  await users.create(user, audit);
  const login = { kind: "username", value: secrets.username } as const;
  const policy = { kind: "window", max: 3, windowSeconds: 60 } as const;
  const budgets = [{ key: secrets.attemptKey, policy }];
  await users.beginPasswordAttempt({ login, budgets, now: NOON });

  const application = anApplication();
  const metadata = { ...application.metadata, client_secret: secrets.clientSecret };
  await applications.create({ ...application, metadata }, audit);
  await applications.create(anApplication({ id: "app2" }), audit);

  const uid = secrets.interactionUid;
  const session = { uid: secrets.sessionUid, cookie: secrets.cookie };
  const record = { jti: uid, returnTo: `/auth/${uid}`, session };
  const challenge = { sends: 0, lastSentAt: null, expiresAt: NOON + 1000 };
  await interactions.save(uid, record, NOON + 1000);
  await interactions.move({
    uid,
    now: NOON,
    from: { version: 0 },
    to: anInteractionState(),
    resetAttempts: true,
    effects: { send: { asker: "holder", number: A_NUMBER, limits: LIMITS, challenge } },
  });

  await signingKeys.add([aSigningKey()], null, audit);
  const save = (model: string, id: string, payload: Record<string, unknown>) =>
    records.save({ model, id, payload: { jti: id, ...payload }, expiresAt: null });
  await save("AccessToken", secrets.tokenId, { grantId: "g1", accountId: "u1" });
  await save("DeviceCode", "d1", { userCode: secrets.userCode });
  await save("Session", secrets.sessionId, { uid: secrets.sessionUid });
  await save("Session", `${secrets.sessionId}-2`, { uid: secrets.sessionUid });
  return secrets;
}
