import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { importUsers } from "../../src/admin/user-import.ts";
import { addUser, listUsers, showUser } from "../../src/admin/users.ts";
import { openRoom, type Room, refusal } from "./room.ts";

const ARGON2 =
  "$argon2id$v=19$m=19456,t=2,p=1$bGF0Y2hrZXlsYXRjaGtleQ$bGF0Y2hrZXlsYXRjaGtleWxhdGNoa2V5bGF0Y2hrZXk";
const BCRYPT = `$2b$10$${"a".repeat(53)}`;

describe("import of users", () => {
  let room: Room;
  beforeEach(async () => {
    room = await openRoom();
  });
  afterEach(() => room.storage.close());

  const importText = (text: string, dryRun = false) =>
    importUsers(room, Readable.from([text]), { dryRun });

  it("adds users with every column, in any order", async () => {
    const result = await importText(
      [
        "email,username,email_verified,phone,password_hash,name",
        `a@example.com,alice,true,+14155552671,"${ARGON2}","Alice, A."`,
        `,bob,,,${BCRYPT},`,
      ].join("\r\n"),
    );
    assert.deepEqual(result, {
      dryRun: false,
      added: 2,
      unchanged: 0,
      problemCount: 0,
      problems: [],
    });
    const alice = await showUser(room, "alice");
    assert.equal(alice.name, "Alice, A.");
    assert.equal(alice.emailVerified, true);
    assert.equal(alice.phoneStatus, "assigned");
    const user = await room.storage.users.find(alice.id);
    assert.equal(user?.passwordHash, ARGON2);
    assert.equal((await room.lastEvent()).action, "user-imported");
  });

  it("adds nothing the second time", async () => {
    const text = "username\nalice\nbob\n";
    assert.equal((await importText(text)).added, 2);
    assert.deepEqual(await importText(text), {
      dryRun: false,
      added: 0,
      unchanged: 2,
      problemCount: 0,
      problems: [],
    });
  });

  it("stores nothing in a dry run", async () => {
    assert.equal((await importText("username\nalice\n", true)).added, 1);
    assert.deepEqual(await listUsers(room, { limit: 10 }), []);
  });

  it("reports each bad line by its number, and adds the others", async () => {
    await addUser(room, { username: "taken" });
    const result = await importText(
      [
        "username,email,phone,password_hash,email_verified",
        "good1,,,,",
        ",,,,",
        "bad name,,,,",
        "nohash,,,plaintext,",
        "flag,,,,maybe",
        "taken,new@example.com,,,",
        "columns,are,missing",
        `dear,,,$2b$31$${"a".repeat(53)},`,
        "good2,,,,",
        "good2,,,,",
      ].join("\n"),
    );
    assert.equal(result.added, 2);
    assert.deepEqual(
      result.problems.map(({ line }) => line),
      [3, 4, 5, 6, 7, 8, 9, 11],
    );
    assert.equal(result.problemCount, 8);
  });

  it("refuses a file with columns that it does not know", async () => {
    const sentence = await refusal(importText("username,password\nalice,secret\n"), "usage");
    assert.match(sentence, /"password"/);
    assert.deepEqual(await listUsers(room, { limit: 10 }), []);
  });

  it("says that a file is not there", async () => {
    const { createReadStream } = await import("node:fs");
    await refusal(importUsers(room, createReadStream("/nowhere.csv"), { dryRun: false }), "usage");
  });

  it("reads a long file", async () => {
    const lines = Array.from({ length: 1000 }, (_, i) => `user${i}`);
    assert.equal((await importText(`username\n${lines.join("\n")}`)).added, 1000);
  });
});
