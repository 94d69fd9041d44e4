import assert from "node:assert/strict";
import { spawnLatchkey } from "../support/command-line.ts";
import { type Latchkey, openLatchkey } from "./command.ts";

const COMMANDS = [
  ...["client add", "client list", "client show", "client update", "client remove"],
  ...["client secret", "user add", "user list", "user show", "user update", "user remove"],
  ...["user import", "mfa show", "mfa global", "mfa source", "mfa client", "mfa explain"],
  ...["user recovery-codes", "client text", "mfa rule"],
  ...["test-number add", "test-number list", "test-number remove"],
  ...["key list", "key rotate", "audit list", "store backup", "store restored", "store copy"],
  ...["doctor", "demo"],
];

describe("latchkey usage", () => {
  let latchkey: Latchkey;
  before(() => {
    latchkey = openLatchkey();
  });
  after(() => latchkey.close());

  // Two at a time: that is how many cores there are.
  it("explains every command with examples, and has no secret among their arguments", async () => {
    const left = [...COMMANDS];
    const work = async () => {
      for (let command = left.pop(); command !== undefined; command = left.pop()) {
        const { code, stdout } = await latchkey.run([...command.split(" "), "--help"]);
        assert.equal(code, 0);
        assert.match(stdout, new RegExp(`Usage: latchkey ${command} `));
        assert.match(stdout, /Examples:\n {2}\$ npx latchkey /);
        assert.match(stdout, /--json/);
        assert.doesNotMatch(stdout, /^ {2}--\S*(password|secret|token|code) [<[]/m);
      }
    };
    await Promise.all([work(), work()]);
  });

  it("answers a bare call, and what it does not know, with exit code 2", async () => {
    const bare = await latchkey.run([]);
    assert.equal(bare.code, 2);
    assert.match(bare.stderr, /Usage: latchkey/);
    for (const args of [
      ["nope"],
      ["client", "nope"],
      ["user", "list", "--nope"],
      ["user", "show"],
    ]) {
      await latchkey.refused(2, args);
    }
    await latchkey.refused(2, []);
  });

  it("is a program whose exit code and streams say what came of it", async () => {
    const program = openLatchkey(spawnLatchkey);
    assert.deepEqual(await program.json("client", "list"), { items: [] });
    await program.refused(3, ["client", "show", "nobody"]);
    const added = ["user", "add", "--username", "alice", "--password-stdin", "--json"];
    const { code, stdout } = await program.run(added, { stdin: "long enough for anybody\n" });
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).password, undefined);
    program.close();
  });

  it("tells its version", async () => {
    assert.match((await latchkey.run(["--version"])).stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it("tells of an unknown option before it misses one, and of all that are missing", async () => {
    assert.match(await latchkey.refused(2, ["client", "add", "--nope"]), /unknown option '--nope'/);
    const missing = "--name <name> and --redirect-uri <uri> are needed.";
    assert.equal(await latchkey.refused(2, ["client", "add"]), missing);
    const explain = ["mfa", "explain", "--client", "shop"];
    assert.equal(await latchkey.refused(2, explain), "--user <user> is needed.");
  });

  it("says in sentences what is wrong with a value", async () => {
    const cases: [string[], string][] = [
      [["audit", "list", "--limit", "5000"], "The limit must be at most 1000."],
      [["audit", "list", "--action", "foo"], "The action is not one that is ever written down."],
      [
        ["user", "add", "--username", "a@b"],
        "The username must not have an @, which only an e-mail address has.",
      ],
      [
        ["user", "add", "--phone", "12"],
        "The phone must begin with + and the country's code, as +14155552671.",
      ],
      [["user", "add", "--email", "nope"], "The email is not an e-mail address."],
    ];
    for (const [args, sentence] of cases) assert.equal(await latchkey.refused(2, args), sentence);
  });

  it("shows a person no JSON and no seconds since 1970", async () => {
    const add = ["client", "add", "--id", "shop", "--name", "Shop"];
    await latchkey.run([...add, "--redirect-uri", "https://shop.example/callback"]);
    await latchkey.run(["user", "add", "--username", "alice"]);
    const commands = [
      "client show shop",
      "user show alice",
      "user list",
      "client list",
      "mfa show",
    ];
    for (const command of [...commands, "audit list", "mfa explain --client shop --user alice"]) {
      const { code, stdout } = await latchkey.run(command.split(" "));
      assert.equal(code, 0);
      assert.doesNotMatch(stdout, /[{}]|\b\d{10,13}\b/, command);
    }
  });

  it("says an error to a person in one line, without a stack", async () => {
    const { code, stdout, stderr } = await latchkey.run(["client", "show", "nobody"]);
    assert.equal(code, 3);
    assert.equal(stdout, "");
    assert.equal(stderr, 'Error: There is no application with the id "nobody".\n');
  });
});
