import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { A_NUMBER } from "../support/builders.ts";
import { type Latchkey, openLatchkey } from "./command.ts";

describe("latchkey user", () => {
  let latchkey: Latchkey;
  beforeEach(() => {
    latchkey = openLatchkey();
  });
  afterEach(() => latchkey.close());

  it("adds with a generated password, told once", async () => {
    const added = await latchkey.json("user", "add", "--username", "alice", "--phone", A_NUMBER);
    assert.deepEqual(Object.keys(added), ["id", "username", "email", "phone", "password"]);
    assert.equal(added.phone, A_NUMBER);
    assert.match(added.password, /^[0-9a-z]{5}(-[0-9a-z]{5}){3}$/);
    const shown = await latchkey.json("user", "show", "alice");
    assert.equal(shown.phone, "+1 ••• ••• 71");
    assert.equal(shown.phoneStatus, "assigned");
    assert.ok(!JSON.stringify(shown).includes(added.password));
    assert.deepEqual(await latchkey.json("user", "list"), { items: [shown] });
    const revealed = await latchkey.json("user", "show", A_NUMBER, "--reveal-phone");
    assert.equal(revealed.phone, A_NUMBER);
  });

  it("reads a password from standard input, and wants one there", async () => {
    const add = ["user", "add", "--username", "alice", "--password-stdin"];
    await latchkey.refused(2, add, "");
    await latchkey.refused(2, add, "too short\n");
    const ran = await latchkey.run([...add, "--json"], { stdin: "a long enough password\n" });
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal("password" in JSON.parse(ran.stdout), false);
  });

  it("takes no password as an argument", async () => {
    await latchkey.refused(2, ["user", "add", "--username", "alice", "--password", "x"]);
    await latchkey.refused(2, ["user", "update", "alice", "--password", "x"]);
  });

  it("adds a user without a password who signs in by phone", async () => {
    await latchkey.refused(2, ["user", "add", "--username", "alice", "--no-password"]);
    const added = await latchkey.json("user", "add", "--phone", A_NUMBER, "--no-password");
    assert.equal("password" in added, false);
    assert.equal((await latchkey.json("user", "show", added.id)).hasPassword, false);
  });

  it("changes what is given, takes away what is empty, and removes", async () => {
    const add = [
      "user",
      "add",
      "--username",
      "alice",
      "--email",
      "a@example.com",
      "--email-verified",
    ];
    const added = await latchkey.json(...add, "--phone", A_NUMBER, "--name", "Alice");
    const updated = await latchkey.json(
      ...["user", "update", "alice", "--username", "al", "--phone", "", "--name", ""],
      ...["--no-email-verified", "--disable", "--reset-password", "--unlock"],
    );
    assert.equal(updated.id, added.id);
    assert.equal(updated.username, "al");
    assert.equal(updated.phoneStatus, "none");
    assert.equal(updated.name, null);
    assert.equal(updated.emailVerified, false);
    assert.equal(updated.status, "disabled");
    assert.notEqual(updated.password, added.password);
    assert.equal((await latchkey.json("user", "update", "al", "--enable")).status, "active");
    assert.deepEqual(await latchkey.json("user", "remove", "al"), { id: added.id });
    await latchkey.refused(3, ["user", "remove", "al"]);
  });

  it("refuses what is wrong, taken or not there, each with its exit code", async () => {
    await latchkey.json("user", "add", "--username", "alice");
    await latchkey.refused(4, ["user", "add", "--username", "ALICE"]);
    await latchkey.refused(2, ["user", "add"]);
    await latchkey.refused(2, ["user", "add", "--username", "<img onerror>"]);
    await latchkey.refused(2, ["user", "add", "--username", "al\nice"]);
    await latchkey.refused(2, ["user", "update", "alice", "--enable", "--disable"]);
    await latchkey.refused(2, ["user", "list", "--limit", "many"]);
    await latchkey.refused(2, ["user", "list", "--limit", "1001"]);
    await latchkey.refused(3, ["user", "show", "bob"]);
    await latchkey.refused(3, ["user", "update", "bob", "--name", "x"]);
  });

  it("does not let a name act on the terminal", async () => {
    // U+202E turns what follows around; it is a format character and may stand in a name.
    await latchkey.json("user", "add", "--username", "alice", "--name", "Al\u202Eice");
    const { stdout } = await latchkey.run(["user", "show", "alice"]);
    assert.ok(stdout.includes("Al\\u{202e}ice"), stdout);
  });

  it("imports a file or standard input, and says what it could not", async () => {
    const file = path.join(latchkey.dataDir, "users.csv");
    writeFileSync(file, "username,email\nalice,a@example.com\n");
    const dry = await latchkey.json("user", "import", file, "--dry-run");
    assert.deepEqual({ dryRun: dry.dryRun, added: dry.added }, { dryRun: true, added: 1 });
    assert.equal((await latchkey.json("user", "import", file)).added, 1);
    assert.equal((await latchkey.json("user", "import", file)).unchanged, 1);

    const ran = await latchkey.run(["user", "import", "-", "--json"], {
      stdin: "username\nbad name\nbob\n",
    });
    assert.equal(ran.code, 1);
    const result = JSON.parse(ran.stdout);
    assert.equal(result.added, 1);
    assert.equal(result.problems[0].line, 2);
    assert.equal(JSON.parse(ran.stderr).error.code, "failed");
    await latchkey.refused(2, ["user", "import", "/nowhere.csv"]);
  });
});
